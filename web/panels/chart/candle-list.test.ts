import { expect, test } from 'vitest';

import { prependCandles, placeOf, type ChartCandle } from './candle-list.ts';

const candle = (openTime: number, close = 1): ChartCandle => ({
  openTime,
  open: 1,
  high: 1,
  low: 1,
  close,
  volume: 1,
  buyVolume: 0,
  trades: 1,
  state: 'closed',
});

test('an overlapping older chunk adds only what is older', () => {
  const joined = prependCandles([candle(1), candle(2, 7)], [candle(2, 9), candle(3)], 10);
  expect(joined.map((one) => [one.openTime, one.close])).toEqual([
    [1, 1],
    [2, 9],
    [3, 1],
  ]);
});

test('beyond the limit the oldest go', () => {
  const joined = prependCandles([candle(1), candle(2)], [candle(3)], 2);
  expect(joined.map((one) => one.openTime)).toEqual([2, 3]);
  expect(prependCandles([candle(1)], [], 5)).toHaveLength(1);
});

test('a live candle replaces the last one, follows it, or is kept from the chart', () => {
  const list = [candle(1), candle(2)];
  expect(placeOf(list, candle(2))).toBe('replace');
  expect(placeOf(list, candle(3))).toBe('append');
  expect(placeOf(list, candle(1))).toBe('older');
  expect(placeOf([], candle(1))).toBe('append');
});
