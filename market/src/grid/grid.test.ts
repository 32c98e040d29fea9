import { expect, test } from 'vitest';

import { DecimalScale } from '../number/decimal.ts';
import { Random } from '../number/random.ts';
import {
  coarserCandles,
  commonGrid,
  GridError,
  gridFactors,
  isSameGrid,
  regridTrade,
} from './grid.ts';

const SEED = 1_201;
const TRADE = {
  sequence: 1,
  eventTime: 5,
  priceTicks: 1001,
  sizeLots: 2,
  aggressor: 'buy',
} as const;

test.each([
  ['0.1', '0.01', '0.01'],
  ['0.5', '0.2', '0.1'],
  ['1', '5', '1'],
  ['0.05', '0.02', '0.01'],
  ['0.10', '0.1', '0.10'],
  ['10', '2.5', '2.5'],
  ['0.00000001', '1', '0.00000001'],
])('steps of %s and %s are whole numbers of %s', (a, b, common) => {
  const first = { tickSize: a, lotSize: '1' };
  const second = { tickSize: b, lotSize: '1' };
  expect(commonGrid([first, second])).toEqual({ tickSize: common, lotSize: '1' });
  expect(gridFactors(first, commonGrid([first, second]))).toBeDefined();
  expect(gridFactors(second, commonGrid([first, second]))).toBeDefined();
});

test('a grid off the steps of another cannot be converted to it', () => {
  const fine = { tickSize: '0.01', lotSize: '1' };
  const coarse = { tickSize: '0.1', lotSize: '1' };
  expect(gridFactors(coarse, fine)).toEqual({ price: 10, size: 1 });
  expect(gridFactors(fine, coarse)).toBeUndefined();
  expect(isSameGrid(coarse, { tickSize: '0.10', lotSize: '1.0' })).toBe(true);
  expect(isSameGrid(coarse, fine)).toBe(false);
});

test(`a trade keeps its price and size in the common grid (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const steps = ['0.1', '0.05', '0.2', '0.01', '1', '2.5', '0.001'];
  for (let i = 0; i < 300; i++) {
    const from = { tickSize: random.pick(steps), lotSize: random.pick(steps) };
    const other = { tickSize: random.pick(steps), lotSize: random.pick(steps) };
    const common = commonGrid([other, from]);
    const factors = gridFactors(from, common);
    if (factors === undefined) throw new Error('the common grid fits both');
    const trade = {
      ...TRADE,
      priceTicks: random.integer(-900, 90_000),
      sizeLots: random.integer(1, 9_000),
    };
    const said = regridTrade(trade, factors);
    const text = (step: string, units: number): string => new DecimalScale(step).toPlainText(units);
    expect(text(common.tickSize, said.priceTicks)).toBe(text(from.tickSize, trade.priceTicks));
    expect(text(common.lotSize, said.sizeLots)).toBe(text(from.lotSize, trade.sizeLots));
  }
});

test('candles convert to a coarser grid exactly or not at all, and no number leaves the safe integers', () => {
  const candle = {
    openTime: 0,
    open: 10,
    high: 30,
    low: 10,
    close: 20,
    volume: 5,
    buyVolume: 5,
    trades: 2,
  };
  const factors = { price: 10, size: 1 };
  expect(coarserCandles([candle], factors)).toMatchObject([
    { open: 1, high: 3, low: 1, close: 2, volume: 5 },
  ]);
  expect(coarserCandles([candle, { ...candle, low: 5 }], factors)).toBeUndefined();
  expect(() => regridTrade({ ...TRADE, sizeLots: 2 ** 52 }, { price: 1, size: 10 })).toThrow(
    GridError,
  );
});
