import { expect, test } from 'vitest';

import {
  indexAt,
  placeAt,
  placeOf,
  prependCandles,
  seamOf,
  type ChartCandle,
} from './candle-list.ts';

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

test('a time is placed between the bars around it, whatever the time between them', () => {
  const list = [candle(100), candle(200), candle(600)];
  expect([50, 100, 199, 200, 700].map((time) => indexAt(list, time))).toEqual([-1, 0, 0, 1, 2]);
  const places = [50, 100, 150, 300, 600, 750].map((time) => placeAt(list, time, 100, false));
  expect(places).toEqual([0, 0, 0.5, 1.25, 2, 2]);
  // What has not ended goes on in the empty room after the newest bar.
  expect(placeAt(list, 750, 100, true)).toBe(3.5);
  expect(placeAt([], 100, 100, true)).toBeUndefined();
});

test('the seam is at the first candle of the feed after the last of the venue', () => {
  const told = (openTime: number): ChartCandle => ({ ...candle(openTime), source: 'venue' });
  expect(seamOf([told(1), told(2), candle(3), candle(4)])).toBe(3);
  expect(seamOf([told(1), told(2)])).toBeUndefined();
  expect(seamOf([candle(3)])).toBeUndefined();
});
