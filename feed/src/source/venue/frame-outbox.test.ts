import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { FrameOutbox } from './frame-outbox.ts';
import type { WireSocket } from './wire/wire.ts';

const clock = new ManualClock();

function socketOf(sent: string[], name: string): WireSocket {
  return {
    send: (text) => void sent.push(`${name} ${text}`),
    ping: () => void sent.push(`${name} ping`),
    pong: () => void sent.push(`${name} pong`),
    end: () => undefined,
  };
}

test('V10: a socket at its limit of subscriptions waits; other sockets and pings do not', () => {
  const sent: string[] = [];
  const [a, b] = [socketOf(sent, 'a'), socketOf(sent, 'b')];
  const outbox = new FrameOutbox({
    clock,
    messages: { count: 100, perMs: 1_000 },
    subscribesPerSocket: { count: 2, perMs: 10_000 },
    banMs: () => 0,
  });
  for (const text of ['1', '2', '3', '4']) outbox.send(a, text);
  outbox.ping(a);
  outbox.send(b, '1');
  expect(sent).toEqual(['a 1', 'a 2', 'a ping', 'b 1']);
  clock.advance(10_200);
  expect(sent.slice(4)).toEqual(['a 3', 'a 4']);
});

test('V10: duties and pongs go first, also during a ban, and within the rate', () => {
  const sent: string[] = [];
  const a = socketOf(sent, 'a');
  let banMs = 3_000;
  const outbox = new FrameOutbox({
    clock,
    messages: { count: 2, perMs: 1_000 },
    subscribesPerSocket: undefined,
    banMs: () => banMs,
  });
  outbox.send(a, 'subscribe');
  outbox.duty(a, 'test');
  outbox.pong(a, new Uint8Array());
  outbox.duty(a, 'ping of its own');
  expect(sent).toEqual(['a test', 'a pong']);
  clock.advance(1_100);
  expect(sent.slice(2)).toEqual(['a ping of its own']);
  banMs = 0;
  clock.advance(3_000);
  expect(sent.slice(3)).toEqual(['a subscribe']);
});
