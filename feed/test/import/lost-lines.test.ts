/*
 * P16: a lost line may have been a change of the book. Venues that number their changes reveal that one is missing;
 * with other venues the book is a hole until the next whole one, never wrong and ok.
 */
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';
import { OrderBook } from '@tapedeck/market/book/order-book';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import { TestImport } from './test-import.ts';

const SEED = Number(process.env['SEED'] ?? 1 + Math.floor(Math.random() * 1e6));
const START = 1_723_161_255_000;
let rig: TestImport;
let history: History;
beforeEach(() => {
  rig = new TestImport();
  history = rig.history;
});
afterEach(() => rig.close());

type Row = {
  readonly at: number;
  readonly isSnapshot: boolean;
  readonly side: 'bid' | 'ask';
  readonly price: number;
  readonly size: number;
};

/** Changes a second apart, and whole books now and then. */
function rowsOf(random: Random): readonly Row[] {
  const rows: Row[] = [];
  const book = new OrderBook();
  book.bids.set(100, 5);
  book.asks.set(110, 5);
  for (let n = 0; n < 120; n++) {
    const at = START + n * 1_000;
    if (n % 30 === 0) {
      const { bids, asks } = book.snapshot();
      for (const [price, size] of bids)
        rows.push({ at, isSnapshot: true, side: 'bid', price, size });
      for (const [price, size] of asks)
        rows.push({ at, isSnapshot: true, side: 'ask', price, size });
      continue;
    }
    const side = random.chance(0.5) ? 'bid' : 'ask';
    const price = side === 'bid' ? random.integer(90, 100) : random.integer(110, 120);
    const size = random.integer(0, 9);
    (side === 'bid' ? book.bids : book.asks).set(price, size);
    rows.push({ at, isSnapshot: false, side, price, size });
  }
  return rows;
}

/** The book before a time. A whole book replaces the previous one. */
function bookBefore(rows: readonly Row[], at: number) {
  let book = new OrderBook();
  let whole = -1;
  for (const row of rows) {
    if (row.at >= at) break;
    if (row.isSnapshot && row.at !== whole) book = new OrderBook();
    whole = row.isSnapshot ? row.at : -1;
    (row.side === 'bid' ? book.bids : book.asks).set(row.price, row.size);
  }
  const { bids, asks } = book.snapshot();
  return { bids, asks };
}

const HEADER = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount';
const textOf = ({ at, isSnapshot, side, price, size }: Row): string =>
  `coinbase,BTC-USD,${at}000,${at}000,${String(isSnapshot)},${side},${price},${size}`;

test.each<[string, (line: string) => string]>([
  ['has no price', (line) => line.replace(/,\d+,(\d+)$/, ',,$1')],
  ['has a price between the ticks', (line) => line.replace(/,(\d+),(\d+)$/, ',$1.5,$2')],
  ['is cut', (line) => line.slice(0, 30)],
  [
    'was received before the previous one',
    (line) => line.replace(/(\d{13})000,(true|false)/, '1000000000000000,$2'),
  ],
])(
  `P16: Tardis books with a line that %s: an ok book is the true one (seed ${SEED})`,
  async (_, spoil) => {
    const random = new Random(SEED);
    const rows = rowsOf(random);
    for (let round = 0; round < 8; round++) {
      const lines = [HEADER, ...rows.map(textOf)];
      const hit = round === 0 ? 3 : random.integer(1, lines.length - 1);
      lines[hit] = spoil(must(lines[hit], 'a line'));
      const path = rig.file(`coinbase_incremental_book_L2_${round}.csv`, [...lines, '']);
      const { session, symbol } = await rig.of([path], { tickSize: '1', lotSize: '1' });
      let whole = 0;
      for (let at = START + 1; at < START + 120_000; at += 500) {
        const recorded = history.books.at(symbol, at, session);
        if (recorded === undefined || recorded.gap !== undefined) continue;
        whole++;
        const { bids, asks } = recorded.book;
        expect({ hit: lines[hit], at, bids, asks }).toEqual({
          hit: lines[hit],
          at,
          ...bookBefore(rows, at),
        });
      }
      // The next whole book ends the hole.
      expect(whole).toBeGreaterThan(100);
    }
  },
);

test('a lost trade does not affect the book', async () => {
  const rows = rowsOf(new Random(1));
  const lines = [HEADER, ...rows.map(textOf), ''];
  const book = rig.file('coinbase_incremental_book_L2_1.csv', lines);
  const header = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount';
  const trade = `coinbase,BTC-USD,${START + 5_000}000,${START + 5_000}000,7,buy,101`;
  const tape = rig.file('coinbase_trades_1.csv', [header, `${trade},2`, `${trade},many`, '']);
  const { session, problemCounts } = await rig.of([book, tape]);
  expect(problemCounts).toEqual({ 'bad-line': 1 });
  expect(history.sessions.gaps(session)).toEqual([]);
});

test('P16: after a cut of its file a book is not ok, even if the tape goes on', async () => {
  const rows = rowsOf(new Random(2));
  const bytes = gzipSync(`${[HEADER, ...rows.map(textOf)].join('\n')}\n`);
  const cut = bytes.subarray(0, Math.floor(bytes.length * 0.6));
  const book = rig.file('coinbase_incremental_book_L2_1.csv.gz', cut);
  const header = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount';
  const end = START + 300_000;
  const trade = `coinbase,BTC-USD,${end}000,${end}000,7,buy,101,2`;
  const tape = rig.file('coinbase_trades_1.csv', [header, trade, '']);
  const { session, symbol, problemCounts } = await rig.of([book, tape]);
  expect(problemCounts).toMatchObject({ 'cut-file': 1 });
  const last = history.books.at(symbol, end, session);
  expect(last?.gap).toMatchObject({ from: last?.book.eventTime, to: end + 1 });
  expect(history.books.at(symbol, last?.book.eventTime ?? 0, session)?.gap).toBeUndefined();
});

test('P16: LOBSTER restarts with the row after a lost one', async () => {
  const file = (kind: string, lines: readonly string[]): string =>
    rig.file(`ZZZ_2012-06-21_34200000_57600000_${kind}_1.csv`, [...lines, '']);
  const messages = [1, 2, 3, 4, 5].map((n) => `3420${n}.1,1,${n},10,${1_000_000 + n},1`);
  const rows = [1, 2, 3, 4, 5].map((n) => `1020000,5,${1_000_000 + n},10`);
  rows[2] = 'spoilt';
  const files = [file('message', messages), file('orderbook', rows)];
  const { session, symbol, problemCounts } = await rig.of(files);
  expect(problemCounts).toEqual({ 'bad-line': 1, 'book-gap': 1 });
  const [gap] = history.sessions.gaps(session);
  expect(gap).toMatchObject({ reason: 'upstream-gap' });
  expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBe(2_000);
  const end = history.sessions.endOf(session) + 1;
  expect(history.books.at(symbol, end, session)?.book.bids).toEqual([[1_000_005, 10]]);
  expect(history.books.at(symbol, end, session)?.gap).toBeUndefined();
});
