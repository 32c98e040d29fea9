import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { type Flow, flowLevel, type FlowLevel, levelOf } from './flow-level.ts';

const mono = (ms: number) => ms as MonotonicMs;

const KIB = 1_024;
const MIB = 1_024 * KIB;

test.each<readonly [bytes: number, lagMs: number, level: FlowLevel]>([
  [0, 0, 0],
  [256 * KIB - 1, 1_999, 0],
  [256 * KIB, 0, 1],
  [0, 2_000, 1],
  [MIB - 1, 4_999, 1],
  [MIB, 0, 2],
  [0, 5_000, 2],
  [4 * MIB, 15_000, 2],
  [4 * MIB + 1, 0, 3],
  [0, 15_001, 3],
])('P22: %i bytes and %s ms behind alone are level %i', (bufferedBytes, lagMs, level) => {
  expect(levelOf({ bufferedBytes, lagMs })).toBe(level);
});

const CLEAN = { bufferedBytes: 0, lagMs: 0 };
const at = (lagMs: number) => ({ bufferedBytes: 0, lagMs });

test.each<readonly [Flow, number, number, Flow]>([
  // Down at once, however many levels.
  [{ level: 0, cleanSince: undefined }, 2_000, 5, { level: 1, cleanSince: undefined }],
  [{ level: 0, cleanSince: undefined }, 5_000, 5, { level: 2, cleanSince: undefined }],
  [{ level: 1, cleanSince: mono(3) }, 15_001, 5, { level: 3, cleanSince: undefined }],
  // The clean time starts, and a relapse ends it.
  [{ level: 2, cleanSince: undefined }, 0, 5, { level: 2, cleanSince: mono(5) }],
  [{ level: 2, cleanSince: undefined }, 4_999, 5, { level: 2, cleanSince: mono(5) }],
  [{ level: 2, cleanSince: mono(5) }, 5_000, 9_000, { level: 2, cleanSince: undefined }],
  // 10 s, not less, and one level only: the next 10 s count from there, if it is better still.
  [{ level: 2, cleanSince: mono(5) }, 0, 10_004, { level: 2, cleanSince: mono(5) }],
  [{ level: 2, cleanSince: mono(5) }, 0, 10_005, { level: 1, cleanSince: mono(10_005) }],
  [{ level: 2, cleanSince: mono(5) }, 2_000, 10_005, { level: 1, cleanSince: undefined }],
  [{ level: 1, cleanSince: mono(5) }, 0, 10_005, { level: 0, cleanSince: undefined }],
])('P22: from %j, %i ms behind at %i: %j', (previous, lagMs, now, next) => {
  expect(flowLevel(previous, at(lagMs), mono(now))).toEqual(next);
});

test('P22: a healthy connection keeps the very same object', () => {
  const flow: Flow = { level: 0, cleanSince: undefined };
  expect(flowLevel(flow, CLEAN, mono(99))).toBe(flow);
});
