import { expect, test } from 'vitest';

import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

import { LifeSigns } from './life-signs.ts';

const START = 1_000 as MonotonicMs;

/** Signs at intervals of `pauses`; returns the time of the last one. */
function live(signs: LifeSigns, pauses: readonly number[], start = START): MonotonicMs {
  let now = start;
  signs.sign(now);
  for (const pause of pauses) signs.sign((now = later(now, pause)));
  return now;
}

function repeat(times: number, ...pauses: readonly number[]): number[] {
  return Array.from({ length: times }, () => pauses).flat();
}

/** For how long after its last sign a source counts as heard. */
function patienceOf(pauses: readonly number[]): number {
  const signs = new LifeSigns();
  const last = live(signs, pauses);
  let ms = 0;
  while (ms < 60_000 && signs.ageAt(later(last, ms)) !== undefined) ms += 100;
  return ms;
}

test('P20b: a source counts as heard for twice its usual pause, a busy one for a second', () => {
  expect(patienceOf([])).toBeLessThanOrEqual(1_100);
  expect(patienceOf(repeat(200, 100))).toBeLessThanOrEqual(1_100);
  const slow = patienceOf(repeat(300, 3_000));
  expect(slow).toBeGreaterThan(5_500);
  expect(slow).toBeLessThanOrEqual(6_100);
});

test('P20b: bursts with lulls between them count as slow as their lulls', () => {
  const ms = patienceOf(repeat(100, ...repeat(9, 10), 3_000));
  expect(ms).toBeGreaterThan(3_000);
  expect(ms).toBeLessThan(6_500);
});

test('P20b: one lull of a busy source is forgotten with the next few dozen signs', () => {
  const busy = repeat(500, 100);
  expect(patienceOf([...busy, 4_000, ...repeat(20, 100)])).toBeGreaterThan(1_100);
  expect(patienceOf([...busy, 4_000, ...repeat(400, 100)])).toBeLessThanOrEqual(1_100);
});

test('P20b: an interrupted pause proves nothing, and does not count as a usual one', () => {
  const signs = new LifeSigns();
  const last = live(signs, repeat(200, 100));
  signs.interrupt();
  expect(signs.ageAt(last)).toBe(undefined);
  const again = live(signs, repeat(5, 100), later(last, 60_000));
  expect(signs.ageAt(later(again, 900))).toBe(900);
  expect(signs.ageAt(later(again, 1_200))).toBe(undefined);
});
