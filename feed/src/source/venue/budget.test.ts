import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

import { backOffMs } from './back-off.ts';
import { Budget } from './budget.ts';

test('V10: no window holds more than the rate allows, wherever it begins', () => {
  const random = new Random(3);
  const budget = new Budget({ count: 5, perMs: 1_000 });
  const sent: number[] = [];
  let now = 1_000 as MonotonicMs;
  for (let i = 0; i < 500; i++) {
    const waitMs = budget.waitMs(now);
    if (waitMs === 0) {
      budget.spend(now);
      sent.push(now);
    }
    now = later(now, random.chance(0.5) ? waitMs : random.integer(0, 40));
  }
  for (const from of sent)
    expect(sent.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(5);
  expect(sent.length).toBeGreaterThan(50);
});

test('V10: a heavier request waits longer, but never indefinitely', () => {
  const budget = new Budget({ count: 10, perMs: 1_000 });
  const now = 5_000 as MonotonicMs;
  budget.spend(now, 8);
  expect(budget.waitMs(now, 2)).toBe(0);
  expect(budget.waitMs(now, 3)).toBeGreaterThan(1_000);
  expect(budget.waitMs(later(now, 1_200), 50)).toBe(0);
});

test('V10: back-off has full jitter, doubles from 0.5 s to 30 s, and is short after a short outage', () => {
  const random = new Random(1);
  const most = (attempt: number, downMs: number): number =>
    Math.max(...Array.from({ length: 400 }, () => backOffMs(attempt, downMs, random)));
  expect(most(1, 0)).toBeLessThanOrEqual(500);
  expect(most(3, 600_000)).toBeLessThanOrEqual(2_000);
  expect(most(20, 600_000)).toBeLessThanOrEqual(30_000);
  expect(most(20, 600_000)).toBeGreaterThan(25_000);
  expect(most(20, 8_000)).toBeLessThanOrEqual(2_000);
});
