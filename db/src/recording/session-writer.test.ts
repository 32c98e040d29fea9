import { expect, test } from 'vitest';

import { OrderBook } from '@tapedeck/market/book/order-book';
import { Random } from '@tapedeck/market/number/random';
import { type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import { deriveCandles } from '@tapedeck/market/tape/candle-builder';

import { auditSession, holds } from '../check/session-audit.ts';
import { type History, openHistory } from '../history.ts';
import { RandomMarket } from '../test/random-market.ts';
import { INSTRUMENT, recordStep, START, SYMBOL } from '../test/test-recording.ts';
import { SessionWriter } from './session-writer.ts';

const BASE_SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 1_120);

function begin(
  history: History,
  now = START,
  brokenOff = history.sessions.closeBrokenOff(now),
): SessionWriter {
  const writer = SessionWriter.begin(
    history,
    { id: 'sim-1', label: 'test', source: 'sim', state: 'recording', origin: { seed: 7 }, now },
    brokenOff,
  );
  writer.addInstrument(INSTRUMENT);
  return writer;
}

function segmentHashes(history: History, session: string): readonly string[] {
  return history.connection
    .prepare<[string], Buffer>(
      `select hash from segment join session_symbol on session_symbol.id = segment.session_symbol
       where session = ? order by start_time, segment.id`,
    )
    .pluck()
    .all(session)
    .map((hash) => hash.toString('hex'));
}

test('P28, H2: the book after a seek equals the book after playing, whenever it was flushed', () => {
  for (let run = 0; run < 12; run++) {
    const random = new Random(BASE_SEED + run);
    const history = openHistory(':memory:');
    const writer = begin(history);
    const market = new RandomMarket({ random, startTime: START, meanStepMs: 40, snapshots: 0.002 });
    const played: { readonly time: number; readonly book: unknown }[] = [];
    for (let i = 0; i < 2_500; i++) {
      const step = market.next();
      recordStep(writer, step);
      if (step.type !== 'trade')
        played.push({ time: market.book.eventTime, book: market.book.snapshot() });
      if (random.chance(0.01)) writer.flush({ partial: random.chance(0.7), now: START });
    }
    writer.close(START);
    for (let check = 0; check < 150; check++) {
      const at = random.integer(START - 10, (played.at(-1)?.time ?? 0) + 1);
      const expected = played.findLast((state) => state.time < at)?.book;
      const found = history.books.at(SYMBOL, at, writer.id);
      expect(found?.book, `seed ${BASE_SEED + run}, at ${at}`).toEqual(expected);
    }
    const audits = auditSession(history, writer.id);
    expect(audits[0]?.candles.equal).toBe(audits[0]?.candles.compared);
    expect(audits[0]?.checksums.failed).toBe(0);
    history.close();
  }
});

test('H2: recording, replaying and recording again gives equal segments', () => {
  const random = new Random(BASE_SEED);
  const history = openHistory(':memory:');
  const first = begin(history);
  const market = new RandomMarket({ random, startTime: START, meanStepMs: 60, snapshots: 0.001 });
  for (let i = 0; i < 4_000; i++) {
    recordStep(first, market.next());
    if (i % 97 === 0) first.flush({ partial: true, now: START });
  }
  first.close(START);
  const second = begin(history);
  for (const segment of history.books.segmentsFrom(first.id, SYMBOL, 0)) {
    if (!segment.continues) second.snapshot(SYMBOL, segment.keyframe);
    for (const delta of segment.deltas) second.delta(SYMBOL, delta);
  }
  second.close(START);
  expect(segmentHashes(history, first.id).length).toBeGreaterThan(10);
  expect(segmentHashes(history, second.id)).toEqual(segmentHashes(history, first.id));
  history.close();
});

test('H2: candles of every interval match the trades, including late ones', () => {
  const random = new Random(BASE_SEED + 1);
  const history = openHistory(':memory:');
  const writer = begin(history);
  const market = new RandomMarket({ random, startTime: START, meanStepMs: 400, lateTrades: 0.05 });
  for (let i = 0; i < 12_000; i++) {
    recordStep(writer, market.next());
    if (i % 61 === 0) writer.flush({ partial: true, now: START });
  }
  writer.close(START);
  const audit = auditSession(history, writer.id)[0];
  expect(audit?.candles.compared).toBeGreaterThan(100);
  expect(audit?.candles.equal).toBe(audit?.candles.compared);
  const limit = 100_000;
  const query = { symbol: SYMBOL, session: writer.id, limit };
  const volume = (interval: CandleInterval): number =>
    history.candles.range({ ...query, interval }).reduce((sum, candle) => sum + candle.volume, 0);
  const trades = [...history.trades.tradesFrom(writer.id, SYMBOL, 0)];
  const total = trades.reduce((sum, trade) => sum + trade.sizeLots, 0);
  for (const interval of Object.keys(INTERVAL_MS) as CandleInterval[])
    expect(volume(interval), interval).toBe(total);
  const minutes = history.candles.range({ ...query, interval: '1m' });
  for (const interval of ['5m', '15m', '1h'] as const)
    expect(history.candles.range({ ...query, interval })).toEqual([
      ...deriveCandles(minutes, interval),
    ]);
  // The newest candles, and a page from the start, are cut at bucket boundaries.
  const fives = history.candles.range({ ...query, interval: '5m' });
  expect(history.candles.range({ ...query, interval: '5m', limit: 3 })).toEqual(fives.slice(-3));
  const from = (fives[1]?.openTime ?? 0) - 10_000;
  expect(history.candles.range({ ...query, interval: '5m', limit: 2, from })).toEqual(
    fives.slice(1, 3),
  );
  history.close();
});

test('a delta out of sequence is a gap until the next snapshot, and an old one is ignored', () => {
  const history = openHistory(':memory:');
  const writer = begin(history);
  const at = { eventTime: START, receiveTime: START };
  const none = { bids: [], asks: [] };
  expect(writer.delta(SYMBOL, { previous: 0, sequence: 1, ...at, ...none })).toBe('gap');
  writer.snapshot(SYMBOL, { sequence: 10, ...at, bids: [[5, 1]], asks: [] });
  expect(writer.delta(SYMBOL, { previous: 8, sequence: 9, ...at, ...none })).toBe('old');
  expect(writer.delta(SYMBOL, { previous: 10, sequence: 11, ...at, ...none })).toBe('apply');
  expect(writer.delta(SYMBOL, { previous: 12, sequence: 13, ...at, ...none })).toBe('gap');
  expect(writer.delta(SYMBOL, { previous: 11, sequence: 12, ...at, ...none })).toBe('gap');
  writer.snapshot(SYMBOL, { sequence: 20, ...at, bids: [[6, 1]], asks: [] });
  expect(writer.delta(SYMBOL, { previous: 20, sequence: 21, ...at, ...none })).toBe('apply');
  writer.close(START);
  expect(history.sessions.get(writer.id)?.counts).toMatchObject({ deltas: 2, segments: 2 });
  // The chain breaks between them without a recorded gap, which the audit reports.
  expect(auditSession(history, writer.id)[0]).toMatchObject({ gaps: 1 });
  history.close();
});

test('H3: a killed session is closed at its last data, and the next one records the gap', () => {
  const history = openHistory(':memory:');
  const killed = begin(history);
  killed.snapshot(SYMBOL, {
    sequence: 1,
    eventTime: START,
    receiveTime: START,
    bids: [[5, 1]],
    asks: [],
  });
  killed.flush({ partial: true, now: START });
  killed.snapshot(SYMBOL, {
    sequence: 2,
    eventTime: START + 9,
    receiveTime: START,
    bids: [[6, 1]],
    asks: [],
  });

  const next = begin(history, START + 5_000);
  next.snapshot(SYMBOL, {
    sequence: 1,
    eventTime: START + 6_000,
    receiveTime: START,
    bids: [[7, 1]],
    asks: [],
  });
  next.close(START + 7_000);
  expect(history.sessions.get(killed.id)).toMatchObject({ open: false, from: START, to: START });
  expect(history.sessions.get(next.id)?.gaps).toEqual([
    { symbol: SYMBOL, from: START, to: START + 6_000, reason: 'restart' },
  ]);
  expect(next.id).toBe('sim-1-2');
  // A time before the restart belongs to the killed session, as far as it was written.
  expect(history.books.at(SYMBOL, START + 1)).toMatchObject({
    session: killed.id,
    book: { bids: [[5, 1]] },
  });
  const [hole] = history.sessions.get(next.id)?.gaps ?? [];
  for (const at of [START + 2, START + 3_000, START + 6_000])
    expect(history.books.at(SYMBOL, at)).toMatchObject({
      session: killed.id,
      book: { bids: [[5, 1]] },
      gap: hole,
    });
  expect(history.books.at(SYMBOL, START + 6_001)?.gap).toBeUndefined();
  expect(history.books.at(SYMBOL, START)).toBeUndefined();
  expect(history.books.at(SYMBOL, START + 3_000, next.id)).toBeUndefined();
  // The gap is reported, but not as one within the session's own recording.
  const [audit] = auditSession(history, next.id);
  expect(audit).toMatchObject({ gaps: 0, gapsBefore: 1, problems: [] });
  expect(audit !== undefined && holds(audit)).toBe(true);
  expect(history.sessions.get(next.id)?.coverage).toBe(1);
  history.close();
});

test('P15: a crossed book is counted, and does not fail verification', () => {
  const history = openHistory(':memory:');
  const writer = begin(history);
  const times = { eventTime: START, receiveTime: START };
  writer.snapshot(SYMBOL, { sequence: 1, ...times, bids: [[6, 1]], asks: [[5, 1]] });
  writer.close(START);
  const [audit] = auditSession(history, writer.id);
  expect(audit).toMatchObject({ crossed: 1, firstCrossedTime: START, problems: [] });
  expect(audit !== undefined && holds(audit)).toBe(true);
  history.close();
});

test('a failed flush loses nothing: the next one writes it', () => {
  const history = openHistory(':memory:');
  const writer = begin(history);
  const random = new Random(BASE_SEED + 2);
  const market = new RandomMarket({ random, startTime: START, meanStepMs: 40 });
  history.connection.exec(
    `create temp trigger full before insert on trade begin select raise(abort, 'disk full'); end`,
  );
  for (let i = 0; i < 1_500; i++) {
    recordStep(writer, market.next());
    if (i % 100 === 99)
      expect(() => writer.flush({ partial: true, now: START })).toThrow(/disk full/);
  }
  expect(history.connection.prepare('select count(*) from segment').pluck().get()).toBe(0);
  history.connection.exec('drop trigger full');
  writer.close(START);
  const [audit] = auditSession(history, writer.id);
  expect(audit !== undefined && audit.checksums.failed === 0 && audit.gaps === 0).toBe(true);
  expect(history.books.at(SYMBOL, market.book.eventTime + 1)?.book).toEqual(market.book.snapshot());
  history.close();
});

test('recorded candles take precedence; backfilled candles only fill empty buckets', () => {
  const history = openHistory(':memory:');
  const writer = begin(history);
  const minute = Math.ceil(START / 60_000) * 60_000;
  const candle = (openTime: number, price: number) =>
    ({
      openTime,
      open: price,
      high: price,
      low: price,
      close: price,
      volume: 1,
      buyVolume: 0,
      trades: 1,
    }) as const;
  expect(writer.backfill(SYMBOL, '1m', [candle(minute - 60_000, 1), candle(minute, 2)])).toBe(2);
  expect(writer.backfill(SYMBOL, '1m', [candle(minute, 9), candle(minute + 60_000, 3)])).toBe(1);
  writer.trade(SYMBOL, {
    sequence: 1,
    eventTime: minute + 70_000,
    priceTicks: 50,
    sizeLots: 4,
    aggressor: 'buy',
  });
  writer.close(START);
  const candles = history.candles.range({ symbol: SYMBOL, interval: '1m', limit: 10 });
  expect(candles.map((row) => [row.open, row.high, row.volume])).toEqual([
    [1, 1, 1],
    [2, 2, 1],
    [3, 50, 5],
  ]);
  expect(holds(auditSession(history, writer.id)[0] ?? never())).toBe(true);
  history.close();
});

test('the two halves of a minute split by a restart are one candle', () => {
  const history = openHistory(':memory:');
  const minute = Math.ceil(START / 60_000) * 60_000;
  const trade = (sequence: number, eventTime: number, priceTicks: number) =>
    ({ sequence, eventTime, priceTicks, sizeLots: 1, aggressor: 'sell' }) as const;
  const first = begin(history);
  first.trade(SYMBOL, trade(1, minute + 1_000, 10));
  first.flush({ partial: true, now: START });
  const second = begin(history);
  second.trade(SYMBOL, trade(1, minute + 30_000, 20));
  second.close(START);
  expect(history.candles.range({ symbol: SYMBOL, interval: '1m', limit: 10 })).toMatchObject([
    { open: 10, high: 20, close: 20, volume: 2, trades: 2 },
  ]);
  const page = history.trades.page({ symbol: SYMBOL, limit: 1 });
  expect(page.trades).toMatchObject([{ priceTicks: 10 }]);
  const rest = history.trades.page({ symbol: SYMBOL, limit: 5, cursor: page.next });
  expect(rest.trades).toEqual([trade(1, minute + 30_000, 20)]);
  expect(rest.next).toBeUndefined();
  history.close();
});

test('deleting a session deletes all of its data', () => {
  const history = openHistory(':memory:');
  const writer = begin(history);
  const market = new RandomMarket({ random: new Random(3), startTime: START, meanStepMs: 40 });
  for (let i = 0; i < 600; i++) recordStep(writer, market.next());
  writer.gap({ symbol: SYMBOL, from: START, to: START + 1, reason: 'slow' }, false);
  writer.close(START);
  expect(history.sessions.delete(writer.id)).toBe(true);
  expect(history.sessions.delete(writer.id)).toBe(false);
  for (const table of ['session', 'session_symbol', 'segment', 'trade', 'candle', 'gap'])
    expect(history.connection.prepare(`select count(*) from ${table}`).pluck().get()).toBe(0);
  history.close();
});

test('levels out of order are sorted in the writer’s own copy, not in the caller’s', () => {
  const history = openHistory(':memory:');
  const writer = begin(history);
  const at = { eventTime: START, receiveTime: START };
  writer.snapshot(SYMBOL, { sequence: 1, ...at, bids: [[5, 1]], asks: [[9, 1]] });
  const delta = {
    previous: 1,
    sequence: 2,
    ...at,
    bids: [
      [1, 1],
      [4, 1],
    ],
    asks: [
      [12, 1],
      [10, 1],
    ],
  } as const;
  writer.delta(SYMBOL, delta);
  writer.close(START);
  const [segment] = history.books.segmentsFrom(writer.id, SYMBOL, 0);
  expect(segment?.deltas[0]).toMatchObject({
    bids: [
      [4, 1],
      [1, 1],
    ],
    asks: [
      [10, 1],
      [12, 1],
    ],
  });
  const book = new OrderBook();
  book.applySnapshot({ sequence: 1, ...at, bids: [[5, 1]], asks: [[9, 1]] });
  book.applyDelta(delta);
  expect(history.books.at(SYMBOL, START + 1)?.book).toEqual(book.snapshot());
  history.close();
});

function never(): never {
  throw new Error('the session has no market');
}

test('the gap of an orderly stop is as long as the missing data, however late the next feed starts to record', () => {
  const gapsAfter = (lateMs: number, wasKilled: boolean): number => {
    const history = openHistory(':memory:');
    const brokenOff = [{ session: 'before', symbol: SYMBOL, lastTime: START - lateMs, wasKilled }];
    // The feed starts recording a minute late; its market was simulated on from where it had stopped.
    const writer = begin(history, START + 60_000, brokenOff);
    const levels = { bids: [[1, 1]], asks: [[2, 1]] } as const;
    writer.snapshot(SYMBOL, { sequence: 1, eventTime: START, receiveTime: START, ...levels });
    writer.close(START + 60_000);
    return history.sessions.get('sim-1')?.gaps.length ?? -1;
  };
  expect(gapsAfter(1, false)).toBe(0);
  expect(gapsAfter(4_999, false)).toBe(0);
  expect(gapsAfter(5_000, false)).toBe(1);
  expect(gapsAfter(1, true)).toBe(1);
});
