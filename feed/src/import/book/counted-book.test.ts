/* P16: a book with a size that cannot be counted in lots is never recorded as ok. */

import { afterEach, beforeEach, expect, test } from 'vitest';

import { auditSession, holds } from '@tapedeck/db/check/session-audit';
import type { History } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/number/assert';

import { TestImport } from '../../../test/import/test-import.ts';

const SYMBOL = 'BTC-USDT@okx';
const T = 1_783_786_800_000;
const HUGE = '112716000.00000000';
type Levels = readonly (readonly [price: string, size: string])[];

let rig: TestImport;
let history: History;
beforeEach(() => {
  rig = new TestImport();
  history = rig.history;
});
afterEach(() => rig.close());

const HEAD = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount';

/** Bids of one message in Tardis format. */
function rows(at: number, isSnapshot: boolean, bids: Levels): readonly string[] {
  const time = `${T + at}000`;
  return bids.map(
    ([price, size]) => `okex,BTC-USDT,${time},${time},${isSnapshot},bid,${price},${size}`,
  );
}

function importBids(...moments: readonly (readonly [at: number, bids: Levels])[]) {
  const lines = moments.flatMap(([at, bids], i) => rows(at, i === 0, bids));
  return rig.of([rig.file('book.csv', [HEAD, ...lines, ''])]);
}

const EXACT = '1.00000001';

/** Sizes at a time, or `undefined` if the book is not known. */
function bidsAt(at: number): readonly (readonly number[])[] | undefined {
  const recorded = history.books.at(SYMBOL, T + at);
  return recorded?.gap === undefined ? recorded?.book.bids : undefined;
}

test('a level that appears, changes and goes is a hole while it is there, followed by the whole book', async () => {
  const { session, problemCounts } = await importBids(
    [
      0,
      [
        ['10', EXACT],
        ['9', '2'],
      ],
    ],
    [1_000, [['10', '3']]],
    [2_000, [['8', HUGE]]],
    [3_000, [['10', '4']]],
    [4_000, [['7', '5']]],
    [5_000, [['8', '6']]],
    [6_000, [['9', '0']]],
  );
  expect(problemCounts).toEqual({ 'too-large': 1 });
  const gap = { symbol: SYMBOL, from: T + 2_000, to: T + 5_000, reason: 'too-large' };
  expect(history.sessions.get(session)?.gaps).toEqual([gap]);
  const lots = (size: number): number => size * 1e8;
  expect(bidsAt(2_000)).toEqual([
    [10, lots(3)],
    [9, lots(2)],
  ]);
  for (const at of [2_001, 3_500, 4_500, 5_000]) expect(bidsAt(at)).toBeUndefined();
  const after = [
    [10, lots(4)],
    [9, lots(2)],
    [8, lots(6)],
    [7, lots(5)],
  ];
  expect(bidsAt(5_001)).toEqual(after);
  expect(bidsAt(6_001)).toEqual(after.filter(([price]) => price !== 9));
  const audit = must(auditSession(history, session)[0], 'the audit');
  expect(audit).toMatchObject({ gaps: 1, segmentChecks: { failed: 0 }, problems: [] });
  expect(holds(audit)).toBe(false);
});

test('such a level in the first book that stays: no book is ok until the end', async () => {
  const { session } = await importBids(
    [
      0,
      [
        ['10', EXACT],
        ['9', HUGE],
      ],
    ],
    [1_000, [['10', '3']]],
    [2_000, [['10', '4']]],
  );
  expect(history.sessions.gaps(session)).toEqual([
    { symbol: SYMBOL, from: T, to: T + 2_001, reason: 'too-large' },
  ]);
  for (const at of [1, 1_500, 2_000, 2_001]) expect(bidsAt(at)).toBeUndefined();
  expect(holds(must(auditSession(history, session)[0], 'the audit'))).toBe(false);
});

test('such a level that appears late and stays: the hole lasts until the end', async () => {
  await importBids([0, [['10', EXACT]]], [1_000, [['9', HUGE]]], [2_000, [['10', '4']]]);
  expect(bidsAt(1)).toEqual([[10, 100_000_001]]);
  for (const at of [1_001, 2_000, 2_001])
    expect(history.books.at(SYMBOL, T + at)).toMatchObject({
      book: { bids: [[10, 100_000_001]] },
      gap: { from: T + 1_000, to: T + 2_001, reason: 'too-large' },
    });
});

test('two such levels are a hole until both are gone', async () => {
  await importBids(
    [0, [['10', EXACT]]],
    [
      1_000,
      [
        ['9', HUGE],
        ['8', HUGE],
      ],
    ],
    [2_000, [['9', '0']]],
    [3_000, [['8', '1']]],
    [4_000, [['10', '1']]],
  );
  expect(bidsAt(3_000)).toBeUndefined();
  expect(bidsAt(3_001)).toEqual([
    [10, 100_000_001],
    [8, 1e8],
  ]);
});
