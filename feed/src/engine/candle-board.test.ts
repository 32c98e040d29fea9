/* Candles and 24-hour figures of a live market, continuing those in the history. */
import { expect, test } from 'vitest';

import type { Candle } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';

import { CandleBoard } from './candle-board.ts';

const GRID = { tickSize: '0.1', lotSize: '1' };
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const START = 20_000 * DAY;
let numbers = 0;

function trade(eventTime: number, priceTicks: number, sizeLots = 1): Trade {
  return { sequence: ++numbers, eventTime, priceTicks, sizeLots, aggressor: 'buy' };
}

function board(history: readonly Candle[] = []): CandleBoard {
  return new CandleBoard(GRID, (_, from, to) =>
    history.filter(({ openTime }) => openTime >= from && openTime < to),
  );
}

function row(openTime: number, open: number, volume: number): Candle {
  return { openTime, open, high: open, low: open, close: open, volume, buyVolume: 0, trades: 1 };
}

test('P25: a minute counts in the 24 hours even if the market reached the next one before its trades arrived', () => {
  const candles = board();
  candles.add(trade(START, 100, 5));
  // Its book is in the next minute already.
  expect(candles.day(START + MINUTE)).toEqual({ open24h: 100, volume24h: 5 });
  candles.add(trade(START + MINUTE + 1, 101, 7));
  expect(candles.day(START + MINUTE + 1)).toEqual({ open24h: 100, volume24h: 12 });
});

test('trades older than a day are not in the 24 hours', () => {
  const candles = board([row(START - DAY, 90, 1), row(START - MINUTE, 95, 2)]);
  candles.add(trade(START, 100, 5));
  expect(candles.day(START)).toEqual({ open24h: 90, volume24h: 8 });
  expect(candles.day(START + MINUTE)).toEqual({ open24h: 95, volume24h: 7 });
  expect(candles.day(START + DAY)).toEqual({ open24h: 100, volume24h: 5 });
  expect(candles.day(START + DAY + MINUTE)).toEqual({ open24h: undefined, volume24h: 0 });
});

test('a late trade corrects the candle of its bucket, however late, and not its close', () => {
  const candles = board();
  for (const [at, price] of [
    [0, 10],
    [2_000, 11],
    [90_000, 12],
  ] as const)
    candles.add(trade(START + at, price));
  expect(candles.day(START + 90_000).volume24h).toBe(3);
  candles.add(trade(START + 2_500, 20));
  candles.add(trade(START + 1_000, 5));
  expect(candles.candles('1s', START, START + DAY, 9)).toMatchObject([
    { openTime: START, trades: 1 },
    { openTime: START + 1_000, open: 5, close: 5, trades: 1 },
    { openTime: START + 2_000, high: 20, close: 11, trades: 2 },
    { openTime: START + 90_000 },
  ]);
  expect(candles.forming('1h')).toMatchObject({ open: 10, high: 20, low: 5, close: 12, trades: 5 });
  expect(candles.day(START + 90_000)).toEqual({ open24h: 10, volume24h: 5 });
});

test('P1a: on a finer grid candles and 24 hours continue exactly, with those from the history', () => {
  const candles = board([row(START - MINUTE, 950, 20)]);
  candles.add(trade(START, 100, 5));
  candles.regrid({ tickSize: '0.01', lotSize: '0.5' });
  candles.add(trade(START + 1, 1_003, 1));
  const minute = {
    openTime: START,
    open: 1_000,
    high: 1_003,
    low: 1_000,
    close: 1_003,
    volume: 11,
  };
  expect(candles.forming('1m')).toMatchObject(minute);
  expect(candles.day(START)).toEqual({ open24h: 950, volume24h: 31 });
});

test('P1a: on a coarser grid they are rounded to its nearest steps, and rounding errors do not add up', () => {
  const candles = board();
  for (let second = 0; second < 10; second++) candles.add(trade(START + second * 1_000, 103, 4));
  candles.regrid({ tickSize: '1', lotSize: '10' });
  candles.add(trade(START + 10_000, 11, 1));
  expect(candles.day(START)).toEqual({ open24h: 10, volume24h: 5 });
  expect(candles.forming('1m')).toMatchObject({
    open: 10,
    high: 11,
    close: 11,
    volume: 5,
    trades: 11,
  });
  // Exactly, on the grid that it needs.
  expect(candles.series('1m', START, START + DAY, 9)).toMatchObject({
    grid: GRID,
    candles: [{ open: 103, high: 110, close: 110, volume: 50 }],
  });
  // What fits is on the market's own grid.
  expect(candles.series('1s', START + 10_000, START + DAY, 9)).toMatchObject({
    grid: { tickSize: '1', lotSize: '10' },
    candles: [{ open: 11, volume: 1 }],
  });
});

test('numbers too large for a common grid are rounded to the market’s nearest steps', () => {
  const candles = board();
  candles.add(trade(START, 100, 6));
  candles.regrid({ tickSize: '0.1', lotSize: '10' });
  candles.add(trade(START + 1, 100, 2 ** 50));
  expect(candles.forming('1m')).toMatchObject({ volume: 2 ** 50 + 1, trades: 2 });
});
