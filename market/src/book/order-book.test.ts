import { expect, test } from 'vitest';

import type { Level } from '../number/level.ts';
import { Random } from '../number/random.ts';
import { coalesce, type BookDelta } from './book-delta.ts';
import { OrderBook } from './order-book.ts';

const SEED = 7_041;

function delta(previous: number, bids: Level[], asks: Level[]): BookDelta {
  return {
    previous,
    sequence: previous + 1,
    eventTime: previous,
    receiveTime: previous,
    bids,
    asks,
  };
}

/** A reference book that is simple enough to be obviously correct. */
class PlainBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();

  apply(change: BookDelta): void {
    for (const [side, levels] of [
      [this.bids, change.bids],
      [this.asks, change.asks],
    ] as const) {
      for (const [price, size] of levels) {
        if (size === 0) side.delete(price);
        else side.set(price, size);
      }
    }
  }

  top(depth: number): { bids: Level[]; asks: Level[] } {
    return {
      bids: [...this.bids].sort((a, b) => b[0] - a[0]).slice(0, depth),
      asks: [...this.asks].sort((a, b) => a[0] - b[0]).slice(0, depth),
    };
  }
}

function randomLevels(random: Random, middle: number): Level[] {
  return Array.from({ length: random.integer(0, 6) }, (): Level => {
    const price = middle + Math.round(random.normal() * 30);
    return [price, random.chance(0.4) ? 0 : random.integer(1, 1_000)];
  });
}

test(`random deltas give the same book as the reference (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let round = 0; round < 60; round++) {
    const book = new OrderBook();
    const plain = new PlainBook();
    let middle = 10_000;
    for (let i = 0; i < 400; i++) {
      middle += random.integer(-2, 2);
      const change = delta(i, randomLevels(random, middle - 10), randomLevels(random, middle + 10));
      book.applyDelta(change);
      plain.apply(change);
      if (i % 20 !== 0) continue;
      expect(book.snapshot()).toMatchObject(plain.top(Number.POSITIVE_INFINITY));
      expect(book.snapshot(7)).toMatchObject(plain.top(7));
      for (const [price, size] of book.bids.top()) expect(book.bids.sizeOf(price)).toBe(size);
      expect(book.asks.sizeOf(1)).toBe(0);
    }
  }
});

test(`coalesce(a, b) has the effect of a then b (seed ${SEED})`, () => {
  const random = new Random(SEED + 1);
  for (let round = 0; round < 300; round++) {
    const start = delta(0, randomLevels(random, 90), randomLevels(random, 110));
    const a = delta(1, randomLevels(random, 90), randomLevels(random, 110));
    const b = delta(2, randomLevels(random, 90), randomLevels(random, 110));
    const stepwise = new OrderBook();
    const atOnce = new OrderBook();
    for (const each of [start, a, b]) stepwise.applyDelta(each);
    for (const each of [start, coalesce(a, b)]) atOnce.applyDelta(each);
    expect(atOnce.snapshot()).toEqual(stepwise.snapshot());
  }
});

test('coalescing across a gap throws', () => {
  expect(() => coalesce(delta(1, [], []), delta(3, [], []))).toThrow('does not follow');
});

test('P12: a snapshot replaces everything; P8: removing an unknown level is fine', () => {
  const book = new OrderBook();
  book.applyDelta(delta(0, [[10, 5]], [[12, 5]]));
  book.applySnapshot({
    sequence: 9,
    eventTime: 90,
    receiveTime: 91,
    bids: [
      [8, 1],
      [7, 2],
    ],
    asks: [[9, 3]],
  });
  book.applyDelta(delta(9, [[1, 0]], [[99, 0]]));
  expect(book.snapshot()).toEqual({
    sequence: 10,
    eventTime: 9,
    receiveTime: 9,
    bids: [
      [8, 1],
      [7, 2],
    ],
    asks: [[9, 3]],
  });
});

test('P15: crossed and locked books are detected and not repaired', () => {
  const book = new OrderBook();
  expect([book.crossed, book.locked]).toEqual([false, false]);
  book.applyDelta(delta(0, [[10, 1]], [[10, 1]]));
  expect([book.crossed, book.locked]).toEqual([false, true]);
  book.applyDelta(delta(1, [[11, 1]], []));
  expect([book.crossed, book.locked]).toEqual([true, false]);
  expect(book.bestBid).toEqual([11, 1]);
  expect(book.bestAsk).toEqual([10, 1]);
});

test(`setMany gives the same book as setting levels one by one (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const [one, many] = [new OrderBook(), new OrderBook()];
  for (let round = 0; round < 60; round++) {
    const count = random.integer(0, 900);
    const prices = Float64Array.from({ length: count + 2 }, () => random.integer(-40, 1_200));
    const sizes = prices.map(() => (random.chance(0.4) ? 0 : random.integer(1, 1_000)));
    for (const side of ['bids', 'asks'] as const) {
      many[side].setMany(prices, sizes, 1, count + 1);
      for (let i = 1; i <= count; i++) one[side].set(prices[i] ?? 0, sizes[i] ?? 0);
    }
    expect(many.snapshot()).toEqual(one.snapshot());
    expect(many.bids.sizeOf(prices[1] ?? 0)).toBe(one.bids.sizeOf(prices[1] ?? 0));
  }
});
