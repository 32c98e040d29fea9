import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { TakeLag } from './take-lag.ts';

const mono = (ms: number) => ms as MonotonicMs;

test('P22: the time counts while bytes wait and none is taken, however many are added', () => {
  const lag = new TakeLag();
  lag.sent(100);
  expect(lag.lagMs(100, mono(1_000))).toBe(0);
  lag.sent(50);
  expect(lag.lagMs(150, mono(4_000))).toBe(3_000);
  expect(lag.lagMs(150, mono(16_000))).toBe(15_000);
});

test('P22: one byte taken restarts the time', () => {
  const lag = new TakeLag();
  lag.sent(100);
  lag.lagMs(100, mono(0));
  lag.sent(100);
  expect(lag.lagMs(199, mono(9_000))).toBe(0);
  expect(lag.lagMs(199, mono(10_000))).toBe(1_000);
});

test('P22: a client that took everything is not behind, and was not while nothing waited', () => {
  const lag = new TakeLag();
  lag.sent(100);
  lag.lagMs(100, mono(0));
  expect(lag.lagMs(0, mono(5_000))).toBe(0);
  lag.sent(10);
  expect(lag.lagMs(10, mono(90_000))).toBe(0);
  expect(lag.lagMs(10, mono(91_000))).toBe(1_000);
});

test('P22: a stall of this process is forgiven', () => {
  const lag = new TakeLag();
  lag.sent(100);
  lag.lagMs(100, mono(0));
  lag.forgive(mono(8_000));
  expect(lag.lagMs(100, mono(9_000))).toBe(1_000);
});
