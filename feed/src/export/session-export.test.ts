/* H2: what is exported and imported again is the same session. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sessionDigest } from '@tapedeck/db/check/session-digest';
import { type History, openHistory } from '@tapedeck/db/history';
import { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { RandomMarket } from '@tapedeck/db/test/random-market';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { START } from '@tapedeck/db/test/test-recording';
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { Gap } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import { decodeDown } from '@tapedeck/market/wire/codec/codec';

import { importRecordings } from '../import/session/recording-import.ts';
import { exportCsv } from './csv-export.ts';
import { exportNdjson } from './ndjson-export.ts';
import { OutputExists, OutputFile } from './output-file.ts';
import { exportTape } from './tape-export.ts';

const SYMBOLS = ['BTC-USD@sim', 'ETH/EUR@kraken'] as const;
const clock = new ManualClock();

let disk: TestHistory;
let history: History;
let other: History;
beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
  other = openHistory(join(disk.folder, 'other.db'));
});
afterEach(() => {
  other.close();
  disk.close();
});

/** Two generated markets of some minutes, with gaps where the options cause new snapshots. */
function record(seed: number, snapshots: number): string {
  const writer = SessionWriter.begin(history, {
    id: `random-${seed}`,
    label: 'random',
    source: 'sim',
    state: 'recording',
    origin: { seed },
    now: START,
  });
  for (const [i, symbol] of SYMBOLS.entries()) {
    const [, venue = ''] = symbol.split('@');
    const steps = { tickSize: '0.01', lotSize: '0.0001' };
    writer.addInstrument({ symbol, venue, base: 'B', quote: 'Q', ...steps });
    const random = new Random(seed + i);
    const options = { random, startTime: START, meanStepMs: 40, snapshots, lateTrades: 0.05 };
    const market = new RandomMarket(options);
    let last = START;
    for (let n = 0; n < 3_000; n++) {
      const step = market.next();
      if (step.type === 'trade') writer.trade(symbol, step.trade);
      else if (step.type === 'delta') writer.delta(symbol, step.delta);
      else {
        const { snapshot } = step;
        if (n > 0)
          writer.gap({ symbol, from: last, to: snapshot.eventTime, reason: 'upstream-gap' }, true);
        writer.snapshot(symbol, snapshot);
      }
      if (step.type !== 'trade') last = market.book.eventTime;
      if (n % 500 === 0) writer.flush({ partial: true, now: START });
    }
  }
  const title = 'Something happened';
  const symbols = [SYMBOLS[0]];
  const body = {
    type: 'headline',
    id: 'h1',
    time: START + 1_000,
    source: 'wire',
    symbols,
    title,
  } as const;
  writer.event({ id: 'epoch:1', topic: 'news', body });
  writer.close(START);
  return writer.id;
}

describe('.tape', () => {
  test.each([1, 2, 3])('seed %i: the same session, once, with the same segments', async (seed) => {
    const session = record(seed, 0.002);
    const path = join(disk.folder, 'session.tape');
    exportTape(history, session, path, { now: START });
    expect(readdirSync(disk.folder).filter((name) => name.startsWith('session'))).toEqual([
      'session.tape',
    ]);
    const files = [path];
    const [imported] = await importRecordings({ history: other, clock, files });
    expect(imported).toMatchObject({ session, already: false });
    const hashes = (from: History): unknown =>
      from.connection.prepare('select hash, keyframe, deltas from segment order by id').all();
    expect(hashes(other)).toEqual(hashes(history));
    expect(sessionDigest(other, session)).toBe(sessionDigest(history, session));
    expect(other.sessions.get(session)).toEqual(history.sessions.get(session));
    const again = await importRecordings({ history: other, clock, files });
    expect(again).toMatchObject([{ session, already: true }]);
    // In its own history it is recognised by its content.
    const home = await importRecordings({ history, clock, files });
    expect(home).toMatchObject([{ session, already: true }]);
    expect(() => exportTape(history, session, path, { now: START })).toThrow(OutputExists);
  });

  test('exported, imported and exported again it is the same file, whatever machine wrote it and when', async () => {
    const session = record(6, 0.002);
    const paths = ['one', 'two'].map((name) => join(disk.folder, `${name}.tape`));
    const [one = '', two = ''] = paths;
    exportTape(history, session, one, { now: START });
    await importRecordings({ history: other, clock: new ManualClock(START + 9), files: [one] });
    exportTape(other, session, two, { now: START + 99_000 });
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
  });

  test('a damaged segment is refused, and nothing is left behind', async () => {
    const session = record(4, 0);
    const path = join(disk.folder, 'session.tape');
    exportTape(history, session, path, { now: START });
    const tape = openHistory(path);
    tape.connection.exec('update segment set deltas = zeroblob(40) where id = 3');
    tape.close();
    const importing = importRecordings({ history: other, clock, files: [path] });
    await expect(importing).rejects.toThrow(/segment/);
    for (const table of ['session', 'segment', 'trade', 'session_symbol'])
      expect(other.connection.prepare(`select count(*) from ${table}`).pluck().get()).toBe(0);
  });

  test('a session that lacks its end cannot become a tape, and the error says what is possible instead', () => {
    const session = record(4, 0);
    history.connection.exec('delete from segment where id = (select max(id) from segment)');
    const path = join(disk.folder, 'session.tape');
    expect(() => exportTape(history, session, path, { now: START })).toThrow(
      /are missing.*; no tape can be made of it; csv and ndjson have what is left/,
    );
    expect(readdirSync(disk.folder).filter((name) => name.includes('tape'))).toEqual([]);
  });

  test('an aborted copy leaves nothing behind', async () => {
    const path = join(disk.folder, 'session.tape');
    exportTape(history, record(5, 0), path, { now: START });
    const stopping = new AbortController();
    const onProgress = (): void => stopping.abort(new Error('interrupted'));
    const options = { history: other, clock, files: [path], signal: stopping.signal, onProgress };
    await expect(importRecordings(options)).rejects.toThrow('interrupted');
    expect(other.connection.prepare('select count(*) from session').pluck().get()).toBe(0);
  });
});

test.each([11, 12, 13])('CSV, seed %i: the same books at any time, and trades', async (seed) => {
  const session = record(seed, 0);
  const files = exportCsv(history, session, join(disk.folder, 'csv'));
  expect(files).toHaveLength(4);
  const results = await importRecordings({ history: other, clock, files });
  expect(results.map((result) => [result.symbol, result.problemCounts])).toEqual(
    SYMBOLS.map((symbol) => [symbol, {}]),
  );
  const random = new Random(seed);
  for (const { session: copy, symbol } of results) {
    // Each market is a session of its own here, and ends with its own last event.
    const to = other.sessions.endOf(copy);
    const tradesOf = (from: History, id: string): unknown => [
      ...from.trades.inSequence(id, symbol),
    ];
    expect(tradesOf(other, copy)).toEqual(tradesOf(history, session));
    for (let n = 0; n < 40; n++) {
      const at = random.integer(START + 200, to);
      const [one, two] = [history.books.at(symbol, at, session), other.books.at(symbol, at, copy)];
      expect([two?.book.bids, two?.book.asks], `seed ${seed}, ${symbol} at ${at}`).toEqual([
        one?.book.bids,
        one?.book.asks,
      ]);
    }
  }
});

test('CSV: exported, imported and exported again it is the same text, without empty files', async () => {
  const writer = SessionWriter.begin(history, {
    id: 'one',
    label: 'one',
    source: 'sim',
    state: 'recording',
    origin: {},
    now: START,
  });
  const steps = { tickSize: '0.01', lotSize: '0.0001', base: 'B', quote: 'Q' };
  for (const symbol of ['BOOK-USD@binance', 'TAPE-USD@binance', 'NONE-USD@binance'])
    writer.addInstrument({ symbol, venue: 'binance', ...steps });
  const times = { eventTime: START, receiveTime: START };
  writer.snapshot('BOOK-USD@binance', { sequence: 1, ...times, bids: [[99, 1]], asks: [[101, 2]] });
  // Some change nothing that the recording has: a hidden execution, a level beyond its depth.
  for (let n = 1; n < 40; n++) {
    const bids = n % 3 === 0 ? [] : [[99, n + 1] as const];
    const sequence = { previous: n, sequence: n + 1 };
    writer.delta('BOOK-USD@binance', { ...sequence, ...times, bids, asks: [] });
  }
  const trade = { sequence: 1, eventTime: START, priceTicks: 100, sizeLots: 1 };
  writer.trade('TAPE-USD@binance', { ...trade, aggressor: 'buy' });
  writer.close(START);
  const files = exportCsv(history, 'one', join(disk.folder, 'csv'));
  expect(files.map((file) => basename(file).slice(0, 12))).toEqual([
    'binance_incr',
    'binance_trad',
  ]);
  const sessions = await importRecordings({ history: other, clock, files });
  const again = sessions.flatMap(({ session }) =>
    exportCsv(other, session, join(disk.folder, `csv-${session}`)),
  );
  expect(again.map((file) => basename(file))).toEqual(files.map((file) => basename(file)));
  for (const [i, file] of again.entries())
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(files[i] ?? '', 'utf8'));
});

test('CSV: a session of candles only has none, and the error says so', () => {
  const writer = SessionWriter.begin(history, {
    id: 'candles',
    label: 'candles',
    source: 'import',
    state: 'recording',
    origin: {},
    now: START,
  });
  const steps = { tickSize: '0.01', lotSize: '0.0001' };
  const symbol = 'BTC-USD@sim';
  writer.addInstrument({ symbol, venue: 'sim', base: 'B', quote: 'Q', ...steps });
  const prices = { open: 1, high: 2, low: 1, close: 2 };
  const candle = { openTime: START, ...prices, volume: 5, buyVolume: 2, trades: 3 };
  writer.candle(symbol, '1m', candle);
  writer.close(START);
  expect(() => exportCsv(history, 'candles', join(disk.folder, 'csv'))).toThrow(
    /no books or trades/,
  );
  expect(readdirSync(disk.folder)).not.toContain('csv');
});

test('NDJSON: protocol messages that rebuild the books, including checksums', () => {
  const session = record(21, 0.001);
  const file = new OutputFile(join(disk.folder, 'session.ndjson'));
  exportNdjson(history, session, file);
  file.finish();
  const books = SYMBOLS.map(() => new OrderBook());
  const messages = decodeDown(readFileSync(file.path, 'utf8'));
  expect(messages[0]).toMatchObject({ type: 'subscribed' });
  let checked = 0;
  for (const message of messages) {
    if (message.type !== 'book-snapshot' && message.type !== 'book-delta') continue;
    const book = books[message.channel / 2] ?? new OrderBook();
    if (message.type === 'book-snapshot') book.applySnapshot(message);
    else {
      expect(message.previous).toBe(book.sequence);
      book.applyDelta({ ...message, receiveTime: 0 });
    }
    if (message.checksum === undefined) continue;
    checked++;
    expect(book.checksum()).toBe(message.checksum);
  }
  expect(checked).toBeGreaterThan(50);
  for (const [i, symbol] of SYMBOLS.entries()) {
    const { to } = history.sessions.get(session) ?? { to: 0 };
    const last = history.books.at(symbol, to + 1, session)?.book;
    expect([books[i]?.bids.top(), books[i]?.asks.top()]).toEqual([last?.bids, last?.asks]);
  }
  const trades = messages.flatMap((message) => (message.type === 'trades' ? message.trades : []));
  expect(trades).toHaveLength(history.sessions.get(session)?.counts.trades ?? -1);
});

/** The ways to lose a segment. */
const LOSSES = [
  'update segment set deltas = substr(deltas, 1, 7) where id = ?',
  'delete from segment where id = ?',
] as const;

/** A session with one segment lost in the middle, and where that is. */
function spoiled(
  symbol: string,
  loss: (typeof LOSSES)[number],
): { readonly session: string; readonly hole: Gap } {
  const session = record(31, 0);
  const hit = must([...history.books.segmentsFrom(session, symbol, 0)][4], 'a segment');
  history.connection.prepare(loss).run(hit.id);
  const hole = must(history.books.at(symbol, hit.startTime + 1, session)?.gap, 'a hole');
  return { session, hole };
}

test.each(LOSSES)(
  'a damaged session becomes NDJSON with a reset at the damage, and a whole book after it: %s',
  (loss) => {
    const [symbol] = SYMBOLS;
    const { session } = spoiled(symbol, loss);
    const file = new OutputFile(join(disk.folder, 'session.ndjson'));
    exportNdjson(history, session, file);
    file.finish();
    const book = new OrderBook();
    const marks: string[] = [];
    for (const message of decodeDown(readFileSync(file.path, 'utf8'))) {
      if (!('channel' in message) || message.channel !== 0) continue;
      if (message.type === 'reset') marks.push(message.reason);
      if (message.type === 'book-snapshot') {
        marks.push('snapshot');
        book.applySnapshot(message);
      }
      if (message.type !== 'book-delta') continue;
      expect(message.previous).toBe(book.sequence);
      book.applyDelta({ ...message, receiveTime: 0 });
    }
    expect(marks).toEqual(['snapshot', 'upstream-gap', 'snapshot']);
    const end = history.sessions.endOf(session);
    const last = must(history.books.at(symbol, end + 1, session), 'the last book');
    expect(last.gap).toBeUndefined();
    expect([book.bids.top(), book.asks.top()]).toEqual([last.book.bids, last.book.asks]);
  },
);

test.each(LOSSES)(
  'a damaged session becomes CSV that is right before and after the damage: %s',
  async (loss) => {
    const [symbol] = SYMBOLS;
    const { session, hole } = spoiled(symbol, loss);
    const files = exportCsv(history, session, join(disk.folder, 'csv'));
    const [copy] = await importRecordings({ history: other, clock, files });
    const bookAt = (from: History, at: number, id: string | undefined) => {
      const { bids, asks } = must(from.books.at(symbol, at, id), `a book at ${at}`).book;
      return [bids, asks];
    };
    for (const at of [hole.from, hole.to + 1, hole.to + 5_000])
      expect(bookAt(other, at, copy?.session), `at ${at}`).toEqual(bookAt(history, at, session));
  },
);
