/* One response, one grid (P1): recordings with different tick and lot sizes, joined by reads that name no session. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';

import type { History } from '@tapedeck/db/history';
import { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { bookChecksum } from '@tapedeck/market/book/checksum';
import type { Grid } from '@tapedeck/market/grid/grid';
import { ManualClock } from '@tapedeck/market/time/clock';
import {
  bookSchema,
  candlesSchema,
  instrumentsSchema,
  tradesBodySchema,
} from '@tapedeck/market/wire/http';

import { seedMarket } from '../desk/market-seed.ts';
import { MarketEngine } from '../engine/market-engine.ts';
import { ReplayRooms } from '../replay/replay-rooms.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { marketRoutes } from './market-routes.ts';

const DAY_MS = 86_400_000;
const START = 1_760_054_400_000;
const SYMBOL = 'FOOUSDT@binance';
const COARSE: Grid = { tickSize: '0.1', lotSize: '1' };
const FINE: Grid = { tickSize: '0.01', lotSize: '0.001' };
let disk: TestHistory;
let history: History;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});

afterEach(() => {
  disk.close();
});

const instrument = (grid: Grid) => ({
  symbol: SYMBOL,
  venue: 'binance',
  base: 'FOO',
  quote: 'USDT',
  ...grid,
});

/** A recording with one trade and, with `withBook`, a book of one level. */
function record(
  id: string,
  grid: Grid,
  time: number,
  [priceTicks, sizeLots]: readonly [number, number],
  withBook = false,
): void {
  const writer = SessionWriter.begin(history, {
    id,
    label: id,
    source: 'import',
    state: 'importing',
    origin: {},
    now: time,
  });
  writer.addInstrument(instrument(grid));
  const ask = priceTicks + 1;
  if (withBook) {
    writer.snapshot(SYMBOL, {
      sequence: 1,
      eventTime: time,
      receiveTime: time,
      bids: [[priceTicks, sizeLots]],
      asks: [[ask, sizeLots]],
    });
  }
  writer.trade(SYMBOL, {
    sequence: 1,
    eventTime: time + 1,
    priceTicks,
    sizeLots,
    aggressor: 'buy',
  });
  if (withBook) {
    const delta = { previous: 1, sequence: 2, eventTime: time + 60_000, receiveTime: time };
    writer.delta(SYMBOL, { ...delta, bids: [], asks: [[ask, 7]] });
  }
  writer.close(time);
}

function feed(live?: Grid) {
  const clock = new ManualClock(START + 3 * DAY_MS);
  const engine = new MarketEngine({
    clock,
    nextEpoch: () => 'life',
    candles: (symbol, interval, from, to, grid) =>
      history.candles.nearest({ symbol, interval, from, to, limit: 1_000 }, grid),
  });
  engine.listen({ instrument: (market) => seedMarket(market, history) });
  if (live !== undefined) engine.setInstrument(instrument(live));
  const ids = new ChannelIds();
  const rooms = new ReplayRooms({ history, clock, ids, newId: () => 'r', workNow: () => 0 });
  const routes = marketRoutes({ engine, history, rooms, clock, workNow: () => 0 });
  const get = async <T extends z.ZodType>(schema: T, path: string): Promise<z.infer<T>> => {
    const response = await routes.request(path);
    expect(response.status, path).toBe(200);
    return schema.parse(await response.json());
  };
  return { engine, clock, get };
}

const query = `symbol=${SYMBOL}&from=${START}&to=${START + 2 * DAY_MS}`;
const told = (grid: Grid) => ({ symbol: SYMBOL, ...grid });

test.each([
  ['the finer one last', [COARSE, FINE]],
  ['the coarser one last', [FINE, COARSE]],
] as const)(
  'P1: two imports of one symbol, %s, are one tape in one named grid',
  async (_, [one, two]) => {
    const values = (grid: Grid): [number, number] => (grid === FINE ? [10_005, 2_001] : [1_001, 2]);
    record('one', one, START, values(one));
    record('two', two, START + DAY_MS, values(two));
    const { get } = feed();
    const inFine = (grid: Grid): [number, number] =>
      grid === FINE ? [10_005, 2_001] : [10_010, 2_000];

    const { instruments } = await get(instrumentsSchema, '/v1/instruments');
    expect(instruments).toMatchObject([{ ...FINE, state: 'recorded' }]);
    const tape = await get(tradesBodySchema, `/v1/trades?${query}`);
    expect(tape.instrument).toEqual(told(FINE));
    expect(tape.trades.map(([, , price, size]) => [price, size])).toEqual([
      inFine(one),
      inFine(two),
    ]);
    // All pages of one tape are in one grid, whichever session each page shows.
    const first = await get(tradesBodySchema, `/v1/trades?${query}&limit=1`);
    expect([first.instrument, first.trades]).toEqual([told(FINE), tape.trades.slice(0, 1)]);
    const next = await get(tradesBodySchema, `/v1/trades?${query}&limit=1&cursor=${first.next}`);
    expect([next.instrument, next.trades]).toEqual([told(FINE), tape.trades.slice(1)]);
    const newest = await get(tradesBodySchema, `/v1/trades?symbol=${SYMBOL}`);
    expect([newest.instrument, newest.trades]).toEqual([told(FINE), tape.trades.slice(1)]);

    const candles = await get(candlesSchema, `/v1/candles?${query}&interval=1d`);
    expect(candles.instrument).toEqual(told(FINE));
    expect(candles.candles.map(({ close, volume }) => [close, volume])).toEqual([
      inFine(one),
      inFine(two),
    ]);

    // A single session is read in its own grid, named by its instruments.
    for (const [id, grid] of [
      ['one', one],
      ['two', two],
    ] as const) {
      const own = await get(tradesBodySchema, `/v1/trades?${query}&session=${id}`);
      expect(own.instrument).toEqual(told(grid));
      expect(own.trades.map(([, , price, size]) => [price, size])).toEqual([values(grid)]);
      const listed = await get(instrumentsSchema, `/v1/instruments?session=${id}`);
      expect(listed.instruments).toEqual([{ ...instrument(grid), state: 'recorded' }]);
    }
  },
);

test('P1, P1a: a recorded book is in the grid of its instrument, whichever grid it was recorded in', async () => {
  record('one', COARSE, START, [1_001, 2], true);
  record('two', FINE, START + DAY_MS, [10_005, 2_001], true);
  const { get } = feed();
  const early = await get(bookSchema, `/v1/book?symbol=${SYMBOL}&at=${START + 2_000}`);
  expect(early).toMatchObject({ instrument: told(FINE), session: 'one' });
  expect([early.bids, early.asks]).toEqual([[[10_010, 2_000]], [[10_020, 2_000]]]);
  expect(early.checksum).toBe(bookChecksum(early.asks, early.bids));
  const late = await get(bookSchema, `/v1/book?symbol=${SYMBOL}&at=${START + DAY_MS + 2_000}`);
  expect([late.instrument, late.bids]).toEqual([told(FINE), [[10_005, 2_001]]]);
  const own = await get(bookSchema, `/v1/book?symbol=${SYMBOL}&at=${START + 2_000}&session=one`);
  expect([own.instrument, own.bids]).toEqual([told(COARSE), [[1_001, 2]]]);
});

test('P1, P1a: a live symbol keeps its grid if the recordings fit it, and names a finer one if they do not', async () => {
  record('one', COARSE, START, [1_001, 2], true);
  const trade = (sequence: number, priceTicks: number, sizeLots: number) =>
    ({
      sequence,
      eventTime: START + 2 * DAY_MS + 5,
      priceTicks,
      sizeLots,
      aggressor: 'sell',
    }) as const;
  const range = `symbol=${SYMBOL}&from=${START}&to=${START + 3 * DAY_MS}`;

  const fine = feed(FINE);
  fine.engine.addTrade(fine.engine.markets()[0] as never, trade(2, 10_007, 3_000));
  const joined = await fine.get(candlesSchema, `/v1/candles?${range}&interval=1d`);
  expect(joined).toMatchObject({ instrument: told(FINE), asOfSequence: 2 });
  expect(joined.candles.map(({ close }) => close)).toEqual([10_010, 10_007]);

  const coarse = feed(COARSE);
  coarse.engine.addTrade(coarse.engine.markets()[0] as never, trade(2, 1_002, 3));
  const same = await coarse.get(tradesBodySchema, `/v1/trades?${range}`);
  expect(same.instrument).toEqual(told(COARSE));
  expect(same.trades.map(([, , price, size]) => [price, size])).toEqual([
    [1_001, 2],
    [1_002, 3],
  ]);

  record('two', FINE, START + DAY_MS, [10_005, 2_001]);
  const mixed = feed(COARSE);
  mixed.engine.addTrade(mixed.engine.markets()[0] as never, trade(2, 1_002, 3));
  const tape = await mixed.get(tradesBodySchema, `/v1/trades?${range}`);
  expect(tape.instrument).toEqual(told(FINE));
  expect(tape.trades.map(([, , price, size]) => [price, size])).toEqual([
    [10_010, 2_000],
    [10_005, 2_001],
    [10_020, 3_000],
  ]);
  const days = await mixed.get(candlesSchema, `/v1/candles?${range}&interval=1d`);
  expect(days.instrument).toEqual(told(FINE));
  expect(days.candles.map(({ close }) => close)).toEqual([10_010, 10_005, 10_020]);
  // The stream continues in the live grid, so this does too.
  const last = await mixed.get(candlesSchema, `/v1/candles?symbol=${SYMBOL}&interval=1m&limit=1`);
  expect([last.instrument, last.candles.map(({ close }) => close)]).toEqual([
    told(COARSE),
    [1_002],
  ]);
});

test('a candle and a day in which the market changed to coarser steps keep what came before', async () => {
  const today = START + 2 * DAY_MS;
  record('fine', FINE, today + 3_600_000, [10_016, 2_001]);
  const { engine, get } = feed(COARSE);
  const market = engine.markets()[0] as never;
  const eventTime = today + 10 * 3_600_000;
  engine.addTrade(market, {
    sequence: 2,
    eventTime,
    priceTicks: 990,
    sizeLots: 3,
    aggressor: 'buy',
  });
  const days = await get(candlesSchema, `/v1/candles?symbol=${SYMBOL}&interval=1d`);
  expect(days.instrument).toEqual(told(FINE));
  expect(days.candles).toMatchObject([
    { open: 10_016, low: 9_900, close: 9_900, volume: 5_001, trades: 2 },
  ]);
  // A stream continues in its own grid: 100.16 is sent as 100.2, and 5.001 as 5.
  const forming = engine.markets()[0]?.candles.forming('1d');
  expect(forming).toMatchObject({ open: 1_002, close: 990, volume: 5 });
  expect(engine.markets()[0]?.candles.day(eventTime)).toEqual({ open24h: 1_002, volume24h: 5 });
  // A candle that is no longer forming keeps its exact values.
  const hours = await get(candlesSchema, `/v1/candles?symbol=${SYMBOL}&interval=1h`);
  expect(hours.instrument).toEqual(told(FINE));
  expect(hours.candles.map(({ close, volume }) => [close, volume])).toEqual([
    [10_016, 2_001],
    [9_900, 3_000],
  ]);
});

test('a book is found although a tape without books overlaps it, and not taken from a hole if another session has it', async () => {
  record('books', FINE, START, [10_005, 2_001], true);
  record('tape', COARSE, START + 1_000, [1_001, 2]);
  record('tape-2', COARSE, START + 50_000, [1_001, 2]);
  const { get } = feed();
  const at = START + 1_002;
  const book = await get(bookSchema, `/v1/book?symbol=${SYMBOL}&depth=0&at=${at}`);
  expect(book).toEqual(
    await get(bookSchema, `/v1/book?symbol=${SYMBOL}&depth=0&at=${at}&session=books`),
  );
  expect(book).toMatchObject({ session: 'books', bids: [[10_005, 2_001]], state: 'ok' });

  record('holed', FINE, START + 500, [9_999, 5], true);
  expect((await get(bookSchema, `/v1/book?symbol=${SYMBOL}&at=${at}`)).session).toBe('holed');
  history.sessions.addGap('holed', {
    symbol: SYMBOL,
    from: START + 501,
    to: START + 9_000,
    reason: 'restart',
  });
  expect(await get(bookSchema, `/v1/book?symbol=${SYMBOL}&at=${at}`)).toMatchObject({
    session: 'books',
  });
});
