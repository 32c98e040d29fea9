import { expect, test } from 'vitest';

import type { ChannelEvent } from '@tapedeck/market/link/channel-state';
import { LinkChannel } from '@tapedeck/market/link/link-channel';
import { Random } from '@tapedeck/market/number/random';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { ChannelRecord } from './channel-record.ts';

test('pauses of a market that is not ok are not part of its rhythm', () => {
  const channel = new LinkChannel('ticker:BTC-USD@sim', { kind: 'ticker', symbol: 'BTC-USD@sim' });
  let now = 1_000 as MonotonicMs;
  const step = (event: ChannelEvent) => channel.step(event, now, new Random(1));
  const say = (state: 'ok' | 'stale') =>
    step({ type: 'declared', state, reason: 'upstream-silent', since: 1 });
  step({ type: 'subscribed', id: 1 });
  step({ type: 'value' });
  const record = new ChannelRecord(channel, now);
  const pass = (ms: number) => (now = (now + ms) as MonotonicMs);
  const arrive = () => {
    for (let message = 0; message < 40; message++) record.arrived(pass(100), now);
  };
  arrive();
  say('stale');
  record.refresh(pass(5_000));
  // A trade now and then, while the book is awaited.
  for (let message = 0; message < 4; message++) record.arrived(pass(8_000), now);
  say('ok');
  record.refresh(pass(15_000));
  arrive();
  expect(record.health().p99Ms).toBeCloseTo(100);
});
