import { expect, test } from 'vitest';

import { changesBetween, WholeBook } from './whole-book.ts';

const WHOLE = {
  time: 100,
  bids: [
    [99, 5],
    [98, 6],
    [97, 7],
  ],
  asks: [
    [101, 5],
    [102, 6],
  ],
} as const;
const top = (time: number, bid: number, ask: number) =>
  ({ time, bids: [[bid, 1]], asks: [[ask, 2]] }) as const;

function bookOf(): WholeBook {
  const book = new WholeBook();
  book.whole(WHOLE);
  return book;
}

test('V6: newer best levels replace those of the whole book, and better ones are gone', () => {
  const book = bookOf();
  expect(book.top(top(110, 98, 100))).toBe(true);
  expect(book.levels).toMatchObject({
    bids: [
      [98, 1],
      [97, 7],
    ],
    asks: [
      [100, 2],
      [101, 5],
      [102, 6],
    ],
  });
  // Nothing of the best levels before remains.
  book.top(top(120, 99, 101));
  expect(book.levels).toMatchObject({
    bids: [
      [99, 1],
      [98, 6],
      [97, 7],
    ],
    asks: [
      [101, 2],
      [102, 6],
    ],
  });
});

test('V6: what is not newer than the last of its kind changes nothing', () => {
  const book = bookOf();
  expect(book.whole({ ...WHOLE, bids: [] })).toBe(false);
  expect(book.whole({ ...WHOLE, time: 99, bids: [] })).toBe(false);
  book.top(top(110, 98, 100));
  expect(book.top(top(110, 97, 103))).toBe(false);
  expect(book.top(top(105, 97, 103))).toBe(false);
  expect(book.levels.bids).toEqual([
    [98, 1],
    [97, 7],
  ]);
});

test('V6: a whole book that is older than the best levels does not undo them; a newer one does', () => {
  const book = bookOf();
  book.top(top(110, 98, 100));
  expect(book.whole({ ...WHOLE, time: 109, asks: [[103, 9]] })).toBe(true);
  expect(book.levels).toMatchObject({
    bids: [
      [98, 1],
      [97, 7],
    ],
    asks: [
      [100, 2],
      [103, 9],
    ],
  });
  book.whole({ ...WHOLE, time: 110 });
  expect(book.levels).toMatchObject({ bids: WHOLE.bids, asks: WHOLE.asks });
});

test('a side without a best level is empty; there is no book before the first whole one', () => {
  const book = new WholeBook();
  book.top({ time: 5, bids: [], asks: [[101, 1]] });
  expect(book.levels).toEqual({ bids: [], asks: [] });
  book.whole({ ...WHOLE, time: 4 });
  expect(book.levels).toEqual({
    bids: [],
    asks: [
      [101, 1],
      [102, 6],
    ],
  });
});

test('P8: a change has each changed price once, with size 0 if it is gone', () => {
  const after = {
    bids: [
      [99, 5],
      [98, 8],
    ],
    asks: [[100, 1]],
  } as const;
  expect(changesBetween(WHOLE, after)).toEqual({
    bids: [
      [98, 8],
      [97, 0],
    ].toSorted(([a = 0], [b = 0]) => b - a),
    asks: [
      [101, 0],
      [102, 0],
      [100, 1],
    ],
  });
});
