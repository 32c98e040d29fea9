import { expect, test } from 'vitest';

import { sweep } from './sweep.ts';

const GRID = { tickSize: '0.1', lotSize: '0.001' };
const ASKS = [
  { priceTicks: 1_001, sizeLots: 100 },
  { priceTicks: 1_002, sizeLots: 300 },
  { priceTicks: 1_010, sizeLots: 600 },
];

test('a sweep of the best row costs the best price', () => {
  expect(sweep(ASKS, 0, 1_000, GRID)).toEqual({
    rows: 1,
    sizeLots: 100,
    notional: expect.closeTo(10.01, 9),
    averageTicks: 1_001,
    slippageBasisPoints: expect.closeTo(10, 9),
  });
});

test('a deeper sweep is weighted by size', () => {
  const result = sweep(ASKS, 2, 1_000, GRID);
  expect(result?.sizeLots).toBe(1_000);
  expect(result?.averageTicks).toBeCloseTo(1_006.7, 9);
  expect(result?.slippageBasisPoints).toBeCloseTo(67, 9);
});

test('bids slip downwards by the same measure', () => {
  const bids = [{ priceTicks: 999, sizeLots: 10 }];
  expect(sweep(bids, 0, 1_000, GRID)?.slippageBasisPoints).toBeCloseTo(10, 9);
});

test('outside the rows and without a mid the result is undefined', () => {
  expect(sweep(ASKS, 3, 1_000, GRID)).toBeUndefined();
  expect(sweep(ASKS, -1, 1_000, GRID)).toBeUndefined();
  expect(sweep(ASKS, 0, undefined, GRID)?.slippageBasisPoints).toBeUndefined();
  expect(sweep([{ priceTicks: 1, sizeLots: 0 }], 0, 1, GRID)).toBeUndefined();
});
