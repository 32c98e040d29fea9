import { expect, test } from 'vitest';

import { candlesIn, chartGrid } from './chart-grid.ts';

const COARSE = { tickSize: '1', lotSize: '0.1' };
const FINE = { tickSize: '0.1', lotSize: '0.1' };
const CANDLE = {
  openTime: 0,
  open: 7,
  high: 9,
  low: 6,
  close: 8,
  volume: 5,
  buyVolume: 2,
  trades: 3,
};

test('a chart uses the live grid, until a response for its symbol needs a finer one', () => {
  expect(chartGrid('A@sim', COARSE, undefined)).toEqual(COARSE);
  expect(chartGrid('A@sim', COARSE, { symbol: 'A@sim', ...FINE })).toEqual(FINE);
  expect(chartGrid('B@sim', COARSE, { symbol: 'A@sim', ...FINE })).toEqual(COARSE);
});

test('candles of a coarser grid keep their price in a finer one; in a coarser one they are not drawn', () => {
  expect(candlesIn([CANDLE], COARSE, COARSE)).toEqual([CANDLE]);
  expect(candlesIn([CANDLE], COARSE, FINE)).toEqual([
    { ...CANDLE, open: 70, high: 90, low: 60, close: 80 },
  ]);
  expect(candlesIn([CANDLE], FINE, COARSE)).toBeUndefined();
});
