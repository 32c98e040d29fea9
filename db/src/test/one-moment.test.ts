/* Several records of one time: two books, and gaps that are reported again (P13, P28, P28c). */
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { History } from '../history.ts';
import { TestHistory } from './test-history.ts';
import { beginRecording, START, SYMBOL } from './test-recording.ts';

let disk: TestHistory;
let history: History;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});

afterEach(() => disk.close());

test('P28: of two books at one time the later one counts, even at the start of its epoch', () => {
  const writer = beginRecording(history);
  const book = (sequence: number, price: number, time: number) =>
    writer.snapshot(SYMBOL, {
      sequence,
      eventTime: time,
      receiveTime: time,
      bids: [[price, 1]],
      asks: [[price + 1, 1]],
    });
  const bidAt = (at: number) => history.books.at(SYMBOL, at)?.book.bids[0]?.[0];
  book(40, 100, START);
  book(43, 200, START + 5);
  book(1, 300, START + 5);
  for (const partial of [true, false]) {
    writer.flush({ partial, now: START + 5 });
    expect(bidAt(START + 3)).toBe(100);
    expect(bidAt(START + 6)).toBe(300);
  }
  book(2, 400, START + 20);
  writer.close(START + 30);
  expect(bidAt(START + 6)).toBe(300);
  const played = [...history.books.segmentsFrom(writer.id, SYMBOL, 0)];
  expect(played.map(({ startSequence }) => startSequence)).toEqual([40, 43, 1, 2]);
});

test('a gap that is reported again is the same gap, and disappears if its length is zero', () => {
  const writer = beginRecording(history);
  const told = (to: number, from = START): void => {
    writer.gap({ symbol: SYMBOL, from, to, reason: 'upstream-silent' }, false);
    writer.flush({ partial: true, now: START });
  };
  const ends = () => history.sessions.gaps(writer.id).map(({ from, to }) => [from, to]);
  told(START + 6_000);
  told(START + 7_000);
  told(START + 60_000, START + 50_000);
  expect(ends()).toEqual([
    [START, START + 7_000],
    [START + 50_000, START + 60_000],
  ]);
  told(START + 3_000);
  told(START + 50_000, START + 50_000);
  expect(ends()).toEqual([[START, START + 3_000]]);
  // A gap of length zero hides nothing, but is recorded.
  told(START + 80_000, START + 80_000);
  expect(ends().at(-1)).toEqual([START + 80_000, START + 80_000]);
});
