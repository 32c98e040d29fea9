/* HTTP queries of a replayed market (P28a, P28b), from the session that a first start generates. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import type { EpochMs, Level } from '@tapedeck/market/number/level';
import type { Candle } from '@tapedeck/market/tape/candle';
import type { TradeTuple } from '@tapedeck/market/wire/tape';

import { TestFeed } from './test-feed.ts';

const SYMBOL = 'BTC-USD@sim';

type Book = { eventTime: EpochMs; sequence: number; bids: Level[]; asks: Level[] };
type SessionRow = {
  id: string;
  symbols: string[];
  from: number;
  to: number;
  counts: { segments: number };
};

let feed: TestFeed;
let session: SessionRow;
let at: EpochMs;
let replay: string;

const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await feed.get(path);
  expect(status, `${path}: ${JSON.stringify(body).slice(0, 200)}`).toBe(200);
  return body as T;
};

beforeAll(async () => {
  feed = await TestFeed.start();
  const { sessions } = await get<{ sessions: SessionRow[] }>('/v1/sessions');
  session = must(
    sessions.find(({ counts, symbols }) => counts.segments > 100 && symbols.includes(SYMBOL)),
    'a recorded session',
  );
  at = Math.floor((session.from + session.to) / 2);
  const made = await feed.post('/v1/replays', { session: session.id, at, symbols: [SYMBOL] });
  expect(made.status).toBe(201);
  replay = (made.body as { id: string }).id;
}, 60_000);

afterAll(() => feed.close());

test('P28b: a paused replay answers for its clock, and has nothing later', async () => {
  const { instruments } = await get<{ instruments: { symbol: string }[] }>(
    `/v1/instruments?replay=${replay}`,
  );
  expect(instruments.map(({ symbol }) => symbol)).toEqual([SYMBOL]);

  const { trades } = await get<{ trades: TradeTuple[] }>(
    `/v1/trades?symbol=${SYMBOL}&replay=${replay}&limit=1000`,
  );
  expect(trades.length).toBeGreaterThan(0);
  expect(Math.max(...trades.map(([, eventTime]) => eventTime))).toBeLessThan(at);

  const { candles } = await get<{ candles: Candle[] }>(
    `/v1/candles?symbol=${SYMBOL}&interval=1s&replay=${replay}&limit=1000`,
  );
  expect(candles.length).toBeGreaterThan(0);
  expect(must(candles.at(-1), 'candle').openTime).toBeLessThan(at);

  const { headlines } = await get<{ headlines: { time: EpochMs }[] }>(
    `/v1/news?replay=${replay}&limit=100`,
  );
  for (const { time } of headlines) expect(time).toBeLessThanOrEqual(at);

  const later = await feed.get(`/v1/book?symbol=${SYMBOL}&replay=${replay}&at=${at + 60_000}`);
  expect(later.status).toBe(400);
  expect(later.body).toMatchObject({ error: { code: 107 } });
});

test('P28a: the book at the clock is the state before it, in a replay and by `at` alike', async () => {
  const replayed = await get<Book>(`/v1/book?symbol=${SYMBOL}&depth=0&replay=${replay}`);
  const sought = await get<Book>(
    `/v1/book?symbol=${SYMBOL}&depth=0&at=${at}&session=${session.id}`,
  );
  expect(replayed.eventTime).toBeLessThan(at);
  expect(replayed.bids).toEqual(sought.bids);
  expect(replayed.asks).toEqual(sought.asks);
  // At the time of a change it has not happened yet; a millisecond later it has.
  const before = await get<Book>(
    `/v1/book?symbol=${SYMBOL}&depth=0&at=${sought.eventTime}&session=${session.id}`,
  );
  expect(before.eventTime).toBeLessThan(sought.eventTime);
  const after = await get<Book>(
    `/v1/book?symbol=${SYMBOL}&depth=0&at=${sought.eventTime + 1}&session=${session.id}`,
  );
  expect(after.eventTime).toBe(sought.eventTime);
});

test('P28b: a replay answers for its own symbols and its own session only', async () => {
  for (const path of ['book?depth=10', 'trades?limit=10', 'candles?interval=1m']) {
    const other = await feed.get(`/v1/${path}&symbol=ETH-USD@sim&replay=${replay}`);
    expect(other.status, path).toBe(404);
    expect(other.body).toMatchObject({ error: { code: 102 } });
    const both = await feed.get(
      `/v1/${path}&symbol=${SYMBOL}&replay=${replay}&session=${session.id}`,
    );
    expect(both.status, path).toBe(400);
    expect(JSON.stringify(both.body)).toContain('session: ');
  }
});

test('P28b: an unknown query field is error 107 that names it', async () => {
  const { status, body } = await feed.get(`/v1/trades?symbol=${SYMBOL}&sesion=${session.id}`);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain('sesion');
});
