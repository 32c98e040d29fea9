import { expect, test } from 'vitest';

import { percentileOf } from './percentile.ts';

const HUNDRED = Array.from({ length: 100 }, (_, index) => index + 1);

test('a percentile is the smallest value that is at least as large as that share of the values', () => {
  expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentileOf(HUNDRED, share))).toEqual([
    1, 50, 95, 99, 100,
  ]);
  expect(percentileOf([1, 2, 3], 0.5)).toBe(2);
  expect(percentileOf([7], 0.99)).toBe(7);
});

test('an empty list has no percentile', () => {
  expect(percentileOf([], 0.5)).toBeUndefined();
});
