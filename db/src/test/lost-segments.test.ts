/* P16: whichever segments of a recording are missing or damaged, no wrong book is returned as `ok`. */
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import { noteDamage } from '../check/damaged-stretches.ts';
import { auditSession, holds } from '../check/session-audit.ts';
import { copySession } from '../check/session-copy.ts';
import { type History, openHistory } from '../history.ts';
import { Retention } from '../recording/retention.ts';
import type { SessionWriter } from '../recording/session-writer.ts';
import { RandomMarket } from './random-market.ts';
import { TestHistory } from './test-history.ts';
import { beginRecording, recordStep, START, SYMBOL } from './test-recording.ts';

/** Trades continue after the book's last change. */
const TAPE_MS = 60_000;
let disk: TestHistory;
let history: History;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});

afterEach(() => {
  disk.close();
});

type Truth = {
  /** Each book with the time from which it is valid, in order. */
  readonly books: readonly BookSnapshot[];
  readonly writer: SessionWriter;
  readonly bookEnd: number;
  readonly end: number;
};

/**
 * Some minutes with resets (`snapshots`: their probability), the last without a change after it; each flush is a
 * commit.
 */
function record(seed: number, snapshots = 0.004): Truth {
  const random = new Random(seed);
  const market = new RandomMarket({ random, startTime: START, meanStepMs: 300, snapshots });
  const writer = beginRecording(history);
  const book = new OrderBook();
  const books: BookSnapshot[] = [];
  const take = (step: ReturnType<RandomMarket['next']>): void => {
    if (step.type === 'trade') return;
    if (step.type === 'snapshot') book.applySnapshot(step.snapshot);
    else book.applyDelta(step.delta);
    books.push(book.snapshot());
    recordStep(writer, step);
  };
  for (let i = 0; i < 900; i++) {
    take(market.next());
    if (i % 100 === 99) writer.flush({ partial: true, now: START });
  }
  const last = must(books.at(-1), 'a book');
  if (snapshots > 0) {
    const snapshot = { ...last, sequence: last.sequence + 7, eventTime: last.eventTime + 50 };
    take({ type: 'snapshot', snapshot: { ...snapshot, bids: last.bids.slice(1) } });
  }
  const bookEnd = must(books.at(-1), 'a book').eventTime;
  const end = bookEnd + TAPE_MS;
  writer.trade(SYMBOL, {
    sequence: 1e6,
    eventTime: end,
    priceTicks: 5,
    sizeLots: 1,
    aggressor: 'buy',
  });
  return { books, writer, bookEnd, end };
}

/** Reads the book at many times; returns how many were returned without a gap. */
function checkBooks({ books, end }: Truth, random: Random): number {
  let whole = 0;
  // There is no book before the first one.
  const from = must(books[0], 'a book').eventTime + 1;
  for (let i = 0; i < 250; i++) {
    const at = i === 0 ? end : random.integer(from, end + 1);
    const recorded = history.books.at(SYMBOL, at);
    if (recorded === undefined || recorded.gap !== undefined) continue;
    whole++;
    const { bids, asks } = must(
      books.findLast(({ eventTime }) => eventTime < at),
      `a book before ${at}`,
    );
    expect({ at, bids: recorded.book.bids, asks: recorded.book.asks }).toEqual({ at, bids, asks });
  }
  return whole;
}

const idsOf = (): readonly number[] =>
  history.connection
    .prepare<[], number>('select id from segment order by start_time, id')
    .pluck()
    .all();
const remove = (id: number | undefined): void =>
  void history.connection.prepare('delete from segment where id = ?').run(id);
const spoil = (id: number | undefined): void =>
  void history.connection.prepare("update segment set deltas = x'01' where id = ?").run(id);

test.each(['missing', 'damaged'] as const)(
  'P16, P28c: if the last segments are %s, the book is stale from there to the end, and verify reports it',
  (how) => {
    const truth = record(3, 0);
    truth.writer.close(START);
    const ids = idsOf();
    for (const id of ids.slice(-2)) {
      if (how === 'missing') remove(id);
      else spoil(id);
    }
    const left = must(
      [...history.books.soundFrom('one', SYMBOL, 0)].findLast((each) => each.damage === undefined),
      'one',
    );
    const from = left.damage === undefined ? left.segment.endTime : 0;
    const gap = { symbol: SYMBOL, from, to: truth.end + 1, reason: 'damaged' };
    expect(history.books.at(SYMBOL, from)?.gap).toBeUndefined();
    for (const at of [from + 1, truth.bookEnd, truth.bookEnd + 1, truth.end, truth.end + 1])
      expect(history.books.at(SYMBOL, at)).toMatchObject({ gap, book: { eventTime: from } });
    const audit = must(auditSession(history, 'one')[0], 'an audit');
    expect(audit).toMatchObject({ gaps: 1, damaged: [gap] });
    expect(holds(audit)).toBe(false);
    expect(noteDamage(history.path)).toBe(1);
    expect(noteDamage(history.path)).toBe(0);
    expect(history.books.at(SYMBOL, truth.end)?.gap).toEqual(gap);
    expect(checkBooks(truth, new Random(4))).toBeGreaterThan(20);
  },
);

const SEED = Number(process.env['SEED'] ?? 1_700 + Math.floor(Math.random() * 1e6));
test(`P16: whichever segments are missing or damaged, every book without a gap is correct (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const truth = record(SEED);
  // Also while it grows: its marks are those of its last commit.
  truth.writer.flush({ partial: true, now: START });
  const isOpen = random.chance(0.3);
  if (!isOpen) truth.writer.close(START);
  expect(checkBooks(truth, random)).toBe(250);
  for (let round = 0; round < 12; round++) {
    history.connection.exec('savepoint s');
    const ids = idsOf();
    const first = random.integer(0, ids.length - 1);
    for (const id of ids.slice(first, first + random.integer(1, 4))) {
      if (random.chance(0.7)) remove(id);
      else spoil(id);
    }
    checkBooks(truth, random);
    history.connection.exec('rollback to s; release s');
  }
  if (isOpen) truth.writer.close(START);
});

test('an older file without marks is checked against its count of changes', () => {
  const truth = record(8);
  truth.writer.close(START);
  history.connection.exec("update session_symbol set messages = '{}'");
  remove(idsOf().at(-3));
  expect(history.books.at(SYMBOL, truth.end)?.gap?.reason).toBe('damaged');
  checkBooks(truth, new Random(1));
});

test('data deleted by retention does not count as missing, in a growing or a closed recording', () => {
  const truth = record(11);
  truth.writer.flush({ partial: true, now: START });
  const retention = new Retention(history.connection, { ageMs: 60_000 });
  const forget = (now: number): void => {
    for (let step = retention.step(now); step !== undefined; step = retention.step(now))
      truth.writer.forget(step);
  };
  forget(START + 180_000);
  expect(idsOf().length).toBeGreaterThan(5);
  expect(checkBooks(truth, new Random(2))).toBeGreaterThan(50);
  truth.writer.close(START);
  expect(auditSession(history, 'one')[0]).toMatchObject({ damaged: [] });
  remove(idsOf().at(-1));
  expect(history.books.at(SYMBOL, truth.end)?.gap?.reason).toBe('damaged');
  forget(truth.end + 1_000_000);
  expect(idsOf()).toEqual([]);
  expect([...history.books.scan('one', SYMBOL)]).toEqual([]);
});

test('a copy detects missing segments like its source, and an incomplete source is not copied', () => {
  const truth = record(5);
  truth.writer.close(START);
  const path = join(disk.folder, 'copy.tape');
  const tape = openHistory(path);
  copySession(history, 'one', tape, { now: START });
  expect(tape.books.at(SYMBOL, truth.end)?.gap).toBeUndefined();
  tape.connection.exec('delete from segment where id = (select max(id) from segment)');
  expect(tape.books.at(SYMBOL, truth.end)?.gap?.reason).toBe('damaged');
  const target = openHistory(join(disk.folder, 'target.db'));
  expect(() => copySession(tape, 'one', target, { now: START })).toThrow(/are missing/);
  expect(target.sessions.list()).toEqual([]);
  target.close();
  tape.close();
});

test('a gap in the trades does not hide the book, a gap in everything does', () => {
  const truth = record(9);
  truth.writer.close(START);
  const hole = { symbol: SYMBOL, from: truth.bookEnd, to: truth.end };
  history.sessions.addGap('one', { ...hole, reason: 'trades-missing' });
  history.sessions.addGap('one', { ...hole, reason: 'trades-overflow' });
  expect(history.books.at(SYMBOL, truth.end)?.gap).toBeUndefined();
  history.sessions.addGap('one', { ...hole, reason: 'upstream-gap' });
  expect(history.books.at(SYMBOL, truth.end)?.gap).toMatchObject({ reason: 'upstream-gap' });
});
