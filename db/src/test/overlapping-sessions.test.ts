/*
 * Overlapping sessions of one market: without `session`, each time belongs to one of them, and nothing is returned
 * twice.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { bucketStart, type Candle, type CandleInterval } from '@tapedeck/market/tape/candle';
import { candleOf, deriveCandles, foldTrade } from '@tapedeck/market/tape/candle-builder';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { Headline } from '@tapedeck/market/wire/event';

import { type History, openHistory } from '../history.ts';
import { beginRecording, START, SYMBOL } from './test-recording.ts';

const SEED = Number(process.env['SEED'] ?? 1 + Math.floor(Math.random() * 1e6));
const MINUTE_MS = 60_000;
let history: History;

beforeEach(() => {
  history = openHistory(':memory:');
});
afterEach(() => history.close());

type Recorded = {
  readonly trades: readonly Trade[];
  readonly isImport?: boolean;
  readonly holes?: readonly { readonly from: number; readonly to: number }[];
  /** Time of the first book. */
  readonly bookFrom?: number;
  readonly headlines?: readonly Headline[];
};

function write(
  id: string,
  { trades, isImport = true, holes = [], bookFrom, headlines = [] }: Recorded,
): void {
  const writer = beginRecording(history, { id, fingerprint: isImport ? id : undefined });
  if (bookFrom !== undefined) {
    const times = { eventTime: bookFrom, receiveTime: bookFrom };
    writer.snapshot(SYMBOL, { sequence: 1, ...times, bids: [[4, 1]], asks: [[6, 1]] });
    const last = { previous: 1, sequence: 2, eventTime: bookFrom + 9 * MINUTE_MS };
    writer.delta(SYMBOL, { ...last, receiveTime: bookFrom, bids: [[4, 2]], asks: [] });
  }
  for (const trade of trades) writer.trade(SYMBOL, trade);
  for (const body of headlines) writer.event({ id: '', topic: 'news', body });
  for (const { from, to } of holes)
    writer.gap({ symbol: SYMBOL, from, to, reason: 'upstream-gap' }, true);
  writer.close(START);
}

/** Trades whose price identifies their session. */
function tape(random: Random, price: number, from: number, to: number): readonly Trade[] {
  const trades: Trade[] = [];
  for (let time = from; time <= to; time += random.integer(0, 5_000)) {
    const aggressor = random.chance(0.5) ? ('buy' as const) : ('sell' as const);
    const sizeLots = random.integer(1, 9);
    trades.push({
      sequence: trades.length + 1,
      eventTime: time,
      priceTicks: price + random.integer(0, 9),
      sizeLots,
      aggressor,
    });
  }
  return trades;
}

function pagesOf(limit: number, from = 0): readonly Trade[] {
  const trades: Trade[] = [];
  let cursor: string | undefined;
  do {
    const page = history.trades.page({ symbol: SYMBOL, from, limit, cursor });
    trades.push(...page.trades);
    cursor = page.next;
  } while (cursor !== undefined);
  return trades;
}

function candlesOf(trades: readonly Trade[], interval: CandleInterval): readonly Candle[] {
  const made = new Map<number, Candle>();
  for (const trade of trades) {
    const openTime = bucketStart(trade.eventTime, interval);
    const before = made.get(openTime);
    made.set(openTime, before === undefined ? candleOf(openTime, trade) : foldTrade(before, trade));
  }
  return [...made.values()];
}

const range = (trades: readonly Trade[]) => ({
  from: trades[0]?.eventTime ?? 0,
  to: trades.at(-1)?.eventTime ?? 0,
});

test('two imports of one night return each trade once: in trades, candles and headline moves', () => {
  const night = tape(new Random(1), 10_000, START, START + 20 * MINUTE_MS);
  write('one', { trades: night });
  write('two', { trades: night });
  const alone = openHistory(':memory:');
  const both = history;
  history = alone;
  write('one', { trades: night });
  const time = START + 5 * MINUTE_MS;
  const headline = { id: 'h', time, source: 's', symbols: [SYMBOL], title: 't' };
  const told = (of: History) => ({
    minutes: of.candles.range({ symbol: SYMBOL, interval: '5m', limit: 100 }),
    seconds: of.candles.series({ symbol: SYMBOL, interval: '1s', limit: 9_000, from: START })
      .candles,
    impact: of.impacts.of([headline], { now: START + 1e9 }),
    newest: of.trades.newest(SYMBOL, START + 1e9, 50),
  });
  expect(told(both)).toEqual(told(alone));
  alone.close();
  history = both;
  expect(pagesOf(7)).toEqual(night);
});

test(`each time belongs to one session, and candles match its trades, page by page (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const tapes = new Map<string, Recorded>();
  const count = random.integer(2, 5);
  for (let i = 0; i < count; i++) {
    const from = START + random.integer(0, 12 * MINUTE_MS);
    const trades = tape(random, 1_000 * (i + 1), from, from + random.integer(1, 30) * MINUTE_MS);
    const hole = from + random.integer(0, 10 * MINUTE_MS);
    const holes = random.chance(0.4) ? [{ from: hole, to: hole + random.integer(2, 200_000) }] : [];
    tapes.set(`s${i}`, { trades, holes });
  }
  for (const [id, recorded] of tapes) write(id, recorded);
  // Newest first: by first event, then by order of import.
  const newestFirst = [...tapes.values()]
    .map((recorded, i) => ({ ...recorded, i, ...range(recorded.trades) }))
    .toSorted((a, b) => b.from - a.from || b.i - a.i);
  const ownerAt = (at: number) => {
    const covering = newestFirst.filter(({ from, to }) => from <= at && at <= to);
    const isHole = ({ holes = [] }: Recorded) =>
      holes.some((hole) => hole.from < at && at < hole.to);
    return covering.find((each) => !isHole(each)) ?? covering[0];
  };
  const all = [...tapes.values()].flatMap((recorded, i) =>
    recorded.trades.filter(({ eventTime }) => ownerAt(eventTime)?.i === i),
  );
  const expected = all.toSorted((a, b) => a.eventTime - b.eventTime || a.sequence - b.sequence);
  const got = pagesOf(random.integer(1, 40));
  expect(got).toEqual(expected);
  expect(pagesOf(500)).toEqual(expected);
  const from = START + random.integer(0, 50 * MINUTE_MS);
  expect(pagesOf(9, from)).toEqual(expected.filter(({ eventTime }) => eventTime >= from));
  for (const interval of ['1s', '15s', '1m', '5m'] as const) {
    const base = interval === '1s' || interval === '15s' ? '1s' : '1m';
    const made = [...deriveCandles(candlesOf(expected, base), interval)];
    const query = { symbol: SYMBOL, interval, limit: 9_999 };
    expect(history.candles.range({ ...query, from: 0 })).toEqual(made);
    expect(history.candles.range(query)).toEqual(made);
    expect(history.candles.range({ ...query, limit: 10 })).toEqual(made.slice(-10));
  }
});

test('the headlines of two recordings of one night are returned once, on any page', () => {
  const night = tape(new Random(4), 1_000, START, START + 10 * MINUTE_MS);
  const headlines = Array.from({ length: 20 }, (_, i) => ({
    id: `h${i % 12}`,
    time: START + i * 9_000,
    source: 's',
    symbols: [SYMBOL],
    title: 't',
  }));
  // The same id at another time is another headline, of another session.
  write('one', { trades: night, headlines: headlines.slice(0, 12) });
  write('two', { trades: night, headlines: headlines.slice(4, 12) });
  write('three', { trades: night, headlines: headlines.slice(12) });
  for (const limit of [3, 500]) {
    const told: Headline[] = [];
    let cursor: string | undefined;
    do {
      const page = history.events.headlines({ limit, cursor, symbols: [SYMBOL] });
      told.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    expect(told.toReversed()).toEqual(headlines);
  }
  expect(history.events.headlines({ session: 'two', limit: 99 }).items).toHaveLength(8);
});

test('consecutive sessions of a feed are one tape, including a late trade', () => {
  const random = new Random(2);
  const first = tape(random, 1_000, START, START + 3 * MINUTE_MS);
  const end = range(first).to;
  const late = { ...(first[0] as Trade), sequence: 900, eventTime: end - 40_000 };
  const second = [late, ...tape(random, 2_000, end + 10, end + 3 * MINUTE_MS)];
  write('one', { trades: first, isImport: false });
  write('two', { trades: second, isImport: false });
  expect(pagesOf(11)).toHaveLength(first.length + second.length);
  const minutes = history.candles.range({ symbol: SYMBOL, interval: '1m', limit: 99 });
  const sum = minutes.reduce((total, candle) => total + candle.trades, 0);
  expect(sum).toBe(first.length + second.length);
});

test('a feed continues from its own end, not from the end of an imported tape', () => {
  write('own', { trades: tape(new Random(5), 1_000, START, START + MINUTE_MS), isImport: false });
  write('tape', { trades: tape(new Random(6), 2_000, START, START + 5 * MINUTE_MS) });
  const ends = history.sessions.closeBrokenOff(START + 1e9);
  expect(ends.map(({ session }) => session)).toEqual(['own']);
});

test('a recording of only books does not hide trades or headlines of another', () => {
  const night = tape(new Random(3), 1_000, START, START + 10 * MINUTE_MS);
  write('tape', { trades: night });
  write('books', { trades: [], bookFrom: START + 1_000 });
  expect(pagesOf(50)).toEqual(night);
  expect(history.trades.newest(SYMBOL, START + 1e9, 5)).toEqual(night.slice(-5));
  const time = START + 4 * MINUTE_MS;
  const headline = { id: 'h', time, source: 's', symbols: [SYMBOL], title: 't' };
  const [impact] = history.impacts.of([headline], { now: START + 1e9 })[0] ?? [];
  expect(impact?.moves['1m'].state).toBe('ok');
});
