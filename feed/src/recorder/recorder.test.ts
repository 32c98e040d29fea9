import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';
import { INSTRUMENT, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import type { BookDelta } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import { must } from '@tapedeck/market/number/assert';
import type { Level } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';

import { SystemClock } from '../machine/system-clock.ts';
import { Recorder } from './recorder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-recorder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function recorderOf(
  book: OrderBook,
  options: { mode?: 'raw' | '100ms'; maxQueuedValues?: number; retention?: { ageMs: number } },
): {
  recorder: Recorder;
  path: string;
} {
  const path = join(folder, 'history.db');
  const recorder = new Recorder({
    path,
    mode: options.mode ?? 'raw',
    clock: new SystemClock(),
    source: 'sim',
    origin: { seed: 7 },
    bookOf: () => book.snapshot(),
    maxQueuedValues: options.maxQueuedValues,
    retention: options.retention,
  });
  recorder.instrument(INSTRUMENT);
  return { recorder, path };
}

function randomDelta(random: Random, book: OrderBook, eventTime: number): BookDelta {
  const levels = (low: number): readonly Level[] =>
    [
      ...new Set(Array.from({ length: random.integer(0, 3) }, () => random.integer(low, low + 99))),
    ].map((price) => [price, random.chance(0.3) ? 0 : random.integer(1, 1_000)] as const);
  return {
    previous: book.sequence,
    sequence: book.sequence + 1,
    eventTime,
    receiveTime: eventTime + 1,
    bids: levels(900),
    asks: levels(1_000),
  };
}

/** A close waits a bounded time for the thread, which here starts from the sources and takes seconds. */
async function written(recorder: Recorder): Promise<void> {
  await expect
    .poll(() => recorder.stats().queue === 0 && recorder.stats().lastWriteAt !== null)
    .toBe(true);
}

const EMPTY = { sequence: 0, eventTime: START, receiveTime: START, bids: [], asks: [] };

test('H2: the recorded book equals the book the feed had, raw and conflated', async () => {
  for (const mode of ['raw', '100ms'] as const) {
    const book = new OrderBook();
    book.applySnapshot({ ...EMPTY, bids: [[950, 1]], asks: [[1_050, 2]] });
    const { recorder, path } = recorderOf(book, { mode });
    recorder.snapshot(SYMBOL, book.snapshot());
    const random = new Random(11);
    for (let i = 1; i <= 1_200; i++) {
      const delta = randomDelta(random, book, START + i * 20);
      book.applyDelta(delta);
      recorder.delta(SYMBOL, delta);
      if (i % 10 === 0)
        recorder.trade(SYMBOL, {
          sequence: i / 10,
          eventTime: START + i * 20,
          priceTicks: 1_000,
          sizeLots: 3,
          aggressor: 'buy',
        });
    }
    recorder.event({
      id: 'epoch:1',
      topic: 'news',
      body: { id: 'h', time: START + 5, source: 'wire', symbols: [SYMBOL], title: 'news' },
    });
    await written(recorder);
    await recorder.close();
    const history = openHistory(path);
    const [session] = history.sessions.list();
    expect(session).toMatchObject({ source: 'sim', open: false, gaps: [], coverage: 1 });
    expect(session?.counts).toMatchObject({ trades: 120, headlines: 1 });
    expect(history.books.at(SYMBOL, (session?.to ?? 0) + 1, session?.id)?.book.bids).toEqual(
      book.snapshot().bids,
    );
    expect(history.events.after('epoch', 0, ['news'], 5)).toHaveLength(1);
    history.close();
    rmSync(path, { force: true });
    rmSync(`${path}-wal`, { force: true });
    rmSync(`${path}-shm`, { force: true });
  }
});

test('H3: over the limit books are dropped first, and the loss is counted and a recorded gap', async () => {
  const book = new OrderBook();
  book.applySnapshot({ ...EMPTY, bids: [[950, 1]], asks: [[1_050, 2]] });
  const { recorder, path } = recorderOf(book, { maxQueuedValues: 400 });
  recorder.snapshot(SYMBOL, book.snapshot());
  const random = new Random(12);
  let at = START;
  const step = (): void => {
    at += 10;
    const delta = randomDelta(random, book, at);
    book.applyDelta(delta);
    recorder.delta(SYMBOL, delta);
  };
  for (let i = 0; i < 200; i++) step();
  recorder.trade(SYMBOL, {
    sequence: 1,
    eventTime: at,
    priceTicks: 1_000,
    sizeLots: 1,
    aggressor: 'buy',
  });
  expect(recorder.stats().dropped).toBeGreaterThan(0);
  expect(recorder.stats().state).toBe('behind');
  await written(recorder);
  // There is room again: the next update continues from a snapshot of the engine's book.
  step();
  step();
  await recorder.close();
  const history = openHistory(path);
  const session = history.sessions.list()[0];
  expect(session?.gaps).toMatchObject([{ symbol: SYMBOL, reason: 'overflow' }]);
  expect(session?.counts.trades).toBe(1);
  const last = history.books.at(SYMBOL, at + 1);
  expect(last?.book.asks).toEqual(book.snapshot().asks);
  expect(last?.gap).toBeUndefined();
  history.close();
});

test('P13: a change of tick size begins a session, and the other markets lose nothing', async () => {
  const other = 'ETH-USD@sim';
  const [book, otherBook] = [new OrderBook(), new OrderBook()];
  const sides = { bids: [[950, 1]], asks: [[1_050, 2]] } as const;
  for (const each of [book, otherBook]) each.applySnapshot({ ...EMPTY, ...sides });
  const { recorder, path } = recorderOf(book, {});
  recorder.instrument({ ...INSTRUMENT, symbol: other, base: 'ETH' });
  recorder.snapshot(SYMBOL, book.snapshot());
  recorder.snapshot(other, otherBook.snapshot());
  const random = new Random(15);
  let at = START;
  const step = (): void => {
    at += 250;
    const delta = randomDelta(random, otherBook, at);
    otherBook.applyDelta(delta);
    recorder.delta(other, delta);
    const trade = { sequence: at, eventTime: at, priceTicks: 1_000, sizeLots: 1 } as const;
    recorder.trade(other, { ...trade, aggressor: 'buy' });
  };
  for (let i = 0; i < 30; i++) step();
  await expect.poll(() => recorder.stats().lastWriteAt).not.toBeNull();
  for (let i = 0; i < 7; i++) step();
  const cutAt = at;
  const cut = otherBook.snapshot();
  recorder.instrument({ ...INSTRUMENT, tickSize: '0.01' });
  for (let i = 0; i < 7; i++) step();
  const finer = { sequence: 1, eventTime: at, receiveTime: at } as const;
  recorder.snapshot(SYMBOL, { ...finer, bids: [[9_500, 1]], asks: [[10_500, 2]] });
  for (let i = 0; i < 30; i++) step();
  await recorder.close();
  const history = openHistory(path);
  const [second, first] = history.sessions.list();
  expect([second, first]).toMatchObject([{ gaps: [] }, { gaps: [] }]);
  const steps = [second, first].map((each) => history.instruments.get(SYMBOL, each?.id)?.tickSize);
  expect(steps).toEqual(['0.01', '0.1']);
  expect(history.books.at(SYMBOL, at + 1)?.book.bids).toEqual([[9_500, 1]]);
  // Every change of the other market is in one of the two.
  const deltas = [second, first].map((each) => must(each, 'a session').counts.deltas);
  expect(deltas.reduce((sum, count) => sum + count, 0)).toBe(74);
  const atCut = history.books.at(other, cutAt + 1)?.book;
  expect([atCut?.bids, atCut?.asks]).toEqual([cut.bids, cut.asks]);
  const end = history.books.at(other, at + 1)?.book;
  expect(end).toEqual(otherBook.snapshot());
  const volume = history.candles
    .range({ symbol: other, interval: '1m', limit: 10 })
    .reduce((sum, candle) => sum + candle.volume, 0);
  expect(volume).toBe(74);
  history.close();
});

test('the recorder of an in-memory history is off', async () => {
  const recorder = new Recorder({
    path: ':memory:',
    mode: '100ms',
    clock: new SystemClock(),
    source: 'sim',
    origin: {},
    bookOf: () => undefined,
  });
  recorder.instrument(INSTRUMENT);
  expect(recorder.stats()).toMatchObject({ state: 'off', session: null });
  await recorder.close();
});

test('H3: an unwritable history is reported, and recording resumes by itself', async () => {
  const path = join(folder, 'history.db');
  const blocker = openHistory(path);
  const troubles: (string | undefined)[] = [];
  const book = new OrderBook();
  book.applySnapshot({ ...EMPTY, bids: [[950, 1]], asks: [[1_050, 2]] });
  const recorder = new Recorder({
    path,
    mode: 'raw',
    clock: new SystemClock(),
    source: 'sim',
    origin: {},
    bookOf: () => book.snapshot(),
    onTrouble: (message) => troubles.push(message),
  });
  blocker.connection.exec('begin immediate');
  recorder.instrument(INSTRUMENT);
  recorder.snapshot(SYMBOL, book.snapshot());
  await expect.poll(() => recorder.stats().state).toBe('failed');
  expect(recorder.stats().message).toContain('holds the lock');
  blocker.connection.exec('rollback');
  await expect.poll(() => recorder.stats().lastWriteAt !== null).toBe(true);
  expect(recorder.stats()).toMatchObject({ state: 'ok', dropped: 0 });
  expect(troubles.at(-1)).toBeUndefined();
  await recorder.close();
  expect(blocker.books.at(SYMBOL, START + 1)?.book.bids).toEqual([[950, 1]]);
  blocker.close();
});

test('H4: old data is deleted while the recorder writes, candles and the open segment stay', async () => {
  const book = new OrderBook();
  book.applySnapshot({ ...EMPTY, bids: [[950, 1]], asks: [[1_050, 2]] });
  const { recorder, path } = recorderOf(book, { retention: { ageMs: 60_000 } });
  recorder.snapshot(SYMBOL, book.snapshot());
  const random = new Random(12);
  for (let i = 1; i <= 1_200; i++) {
    const delta = randomDelta(random, book, START + i);
    book.applyDelta(delta);
    recorder.delta(SYMBOL, delta);
  }
  let sequence = 0;
  const trade = (eventTime: number): void =>
    recorder.trade(SYMBOL, {
      sequence: ++sequence,
      eventTime,
      priceTicks: 1_000,
      sizeLots: 3,
      aggressor: 'buy',
    });
  for (let i = 0; i < 100; i++) trade(START + i);
  await expect.poll(() => recorder.stats().lastWriteAt).not.toBeNull();
  const history = openHistory(path, { readonly: true });
  const count = (what: string): unknown =>
    history.connection.prepare(`select count(*) from ${what}`).pluck().get();
  // Commits continue, each with a step of retention.
  await expect
    .poll(
      () => {
        trade(Date.now());
        return [count('segment'), count(`trade where event_time < ${START + 1_000}`)];
      },
      { timeout: 20_000 },
    )
    .toEqual([1, 0]);
  expect(count('candle')).toBeGreaterThan(1);
  expect(recorder.stats()).toMatchObject({ state: 'ok', dropped: 0 });
  history.close();
  await recorder.close();
});
