import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/clock';
import { LinkChannel } from '@tapedeck/market/link/link-channel';

import { ChannelRecord } from './channel-record.ts';

test('how long a market was silent while it was not ok is no rhythm of its own', () => {
  const channel = new LinkChannel('ticker:BTC-USD@sim', { kind: 'ticker', symbol: 'BTC-USD@sim' });
  channel.subscription = 'open';
  channel.hasValue = true;
  let now = 1_000 as MonotonicMs;
  const record = new ChannelRecord(channel, now);
  const pass = (ms: number) => (now = (now + ms) as MonotonicMs);
  const arrive = () => {
    for (let message = 0; message < 40; message++) record.arrived(pass(100), now);
  };
  arrive();
  channel.declared = 'stale';
  record.refresh(pass(5_000));
  channel.declared = 'ok';
  record.refresh(pass(15_000));
  arrive();
  expect(record.health().p99Ms).toBeCloseTo(100);
});
