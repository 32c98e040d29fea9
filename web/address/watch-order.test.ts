import { expect, test } from 'vitest';

import type { TickerView, View } from '../live/live.ts';
import { sortFrom, sortSymbols, sortText, spreadBasisPoints } from './watch-order.ts';

const instrument = {
  symbol: 'A@sim',
  venue: 'sim',
  base: 'A',
  quote: 'USD',
  tickSize: '0.1',
  lotSize: '1',
};
const ticker = (symbol: string, last: number | undefined, open24h = 100): View<TickerView> => ({
  state: { kind: 'live', ageMs: 0 },
  value: {
    symbol,
    instrument,
    last,
    bid: 999,
    ask: 1_000,
    open24h,
    volume24h: 1,
    eventTime: 0,
    direction: 0,
  },
});
const tickers = new Map([
  ['A@sim', ticker('A@sim', 110)],
  ['B@sim', ticker('B@sim', undefined)],
  ['C@sim', ticker('C@sim', 90)],
]);
const symbols = ['C@sim', 'B@sim', 'A@sim'];

test('a symbol without a value goes last in both directions', () => {
  const sorted = (descending: boolean) =>
    sortSymbols(symbols, tickers, { column: 'change', descending });
  expect(sorted(true)).toEqual(['A@sim', 'C@sim', 'B@sim']);
  expect(sorted(false)).toEqual(['C@sim', 'A@sim', 'B@sim']);
});

test('equal keys stay alphabetical', () => {
  expect(sortSymbols(symbols, tickers, { column: 'spread', descending: true })).toEqual([
    'A@sim',
    'B@sim',
    'C@sim',
  ]);
});

test('the spread in basis points needs both sides', () => {
  expect(spreadBasisPoints(ticker('A@sim', 1).value)).toBeCloseTo(10.01, 2);
  expect(spreadBasisPoints(undefined)).toBeUndefined();
});

test('a sort survives the address; an invalid one gives null', () => {
  for (const text of ['symbol', '-change', 'age', '-volume']) {
    const sort = sortFrom(text);
    expect(sort === null ? null : sortText(sort)).toBe(text);
  }
  for (const text of ['', '-', 'price', '--last', 'Last']) expect(sortFrom(text)).toBe(null);
});
