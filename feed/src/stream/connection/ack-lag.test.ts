import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { AckLag } from './ack-lag.ts';

const mono = (ms: number) => ms as MonotonicMs;

test('P22: a client that never acknowledges has no lag', () => {
  const acks = new AckLag();
  acks.sent(1_000, mono(1_000));
  expect(acks.lagMs(mono(60_000))).toBeUndefined();
});

test('P22: lag counts from the first unacknowledged send, and silence is no lag', () => {
  const acks = new AckLag();
  acks.sent(1_000, mono(1_000));
  acks.acked(1_000);
  expect(acks.lagMs(mono(90_000))).toBe(0);
  acks.sent(90_000, mono(90_000));
  acks.sent(91_000, mono(91_000));
  expect(acks.lagMs(mono(92_000))).toBe(2_000);
  acks.acked(90_000);
  expect(acks.lagMs(mono(92_000))).toBe(1_000);
  acks.acked(91_000);
  expect(acks.lagMs(mono(99_000))).toBe(0);
});

test('sends within one grain are judged by the first, and the last of them is not forgotten', () => {
  const acks = new AckLag();
  acks.sent(1_000, mono(1_000));
  acks.acked(1_000);
  acks.sent(2_000, mono(2_000));
  acks.sent(2_100, mono(2_100));
  acks.acked(2_000);
  expect(acks.lagMs(mono(5_100))).toBe(3_000);
});

test('P22: an ack from the far future acknowledges what was sent, and hides no later lag', () => {
  const acks = new AckLag();
  acks.sent(1_000, mono(1_000));
  acks.acked(1e15);
  expect(acks.lagMs(mono(3_000))).toBe(0);
  acks.sent(4_000, mono(4_000));
  expect(acks.lagMs(mono(9_000))).toBe(5_000);
});

test('an older ack changes nothing, one from the future acknowledges all', () => {
  const acks = new AckLag();
  acks.sent(1_000, mono(1_000));
  acks.acked(1_000);
  acks.sent(2_000, mono(2_000));
  acks.acked(500);
  expect(acks.lagMs(mono(3_000))).toBe(1_000);
  acks.acked(1e15);
  expect(acks.lagMs(mono(3_000))).toBe(0);
});

test('what is still in transit on an unsubscribed channel causes no lag', () => {
  const acks = new AckLag();
  acks.sent(1_000, mono(1_000));
  acks.acked(1_000);
  acks.sent(2_000, mono(2_000));
  acks.forgive();
  expect(acks.lagMs(mono(9_000))).toBe(0);
  acks.sent(9_000, mono(9_000));
  expect(acks.lagMs(mono(9_500))).toBe(500);
});

test('P22: a message written late counts from then, whatever its sendTime', () => {
  const acks = new AckLag();
  acks.sent(1_000, mono(1_000));
  acks.acked(1_000);
  acks.sent(2_000, mono(22_000));
  expect(acks.lagMs(mono(22_500))).toBe(500);
  acks.acked(2_000);
  expect(acks.lagMs(mono(22_500))).toBe(0);
});
