import { expect, test } from 'vitest';

import type { Level } from '../number/level.ts';
import {
  groupPrice,
  GROUPINGS,
  imbalance,
  groupedLevels,
  micropriceTicks,
  midTicks,
  spreadTicks,
} from './ladder.ts';
import { OrderBook } from './order-book.ts';

function bookOf(bids: Level[], asks: Level[]): OrderBook {
  const book = new OrderBook();
  book.applySnapshot({ sequence: 1, eventTime: 0, receiveTime: 0, bids, asks });
  return book;
}

const BOOK = bookOf(
  [
    [1_009, 10],
    [1_007, 20],
    [1_001, 30],
  ],
  [
    [1_011, 5],
    [1_020, 15],
    [1_021, 25],
  ],
);

test('bids round down and asks up, so that no row shows a better price than its orders', () => {
  expect(groupedLevels(BOOK.bids, 5, 10)).toEqual([
    { priceTicks: 1_005, sizeLots: 30, cumulativeLots: 30 },
    { priceTicks: 1_000, sizeLots: 30, cumulativeLots: 60 },
  ]);
  expect(groupedLevels(BOOK.asks, 5, 10)).toEqual([
    { priceTicks: 1_015, sizeLots: 5, cumulativeLots: 5 },
    { priceTicks: 1_020, sizeLots: 15, cumulativeLots: 20 },
    { priceTicks: 1_025, sizeLots: 25, cumulativeLots: 45 },
  ]);
  for (const group of GROUPINGS) {
    for (let price = -205; price < 205; price += 7) {
      expect(groupPrice('bid', price, group)).toBeLessThanOrEqual(price);
      expect(groupPrice('ask', price, group)).toBeGreaterThanOrEqual(price);
    }
  }
});

test('grouping by one tick gives the book, limited to the requested rows', () => {
  expect(groupedLevels(BOOK.bids, 1, 2).map((row) => [row.priceTicks, row.sizeLots])).toEqual([
    [1_009, 10],
    [1_007, 20],
  ]);
  expect(groupedLevels(new OrderBook().bids, 1, 5)).toEqual([]);
});

test('spread, mid, microprice and imbalance come from the best levels', () => {
  expect(spreadTicks(BOOK)).toBe(2);
  expect(midTicks(BOOK)).toBe(1_010);
  expect(micropriceTicks(BOOK)).toBeCloseTo((1_009 * 5 + 1_011 * 10) / 15);
  expect(imbalance(BOOK, 1)).toBeCloseTo(5 / 15);
  expect(imbalance(BOOK, 20)).toBeCloseTo(15 / 105);
  const oneSided = bookOf([[5, 1]], []);
  expect([spreadTicks(oneSided), midTicks(oneSided), imbalance(oneSided, 5)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
