import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import type { RecordedBook } from '@tapedeck/db/book-store';
import type { History } from '@tapedeck/db/history';
import { isCursor } from '@tapedeck/db/trade-store';
import {
  bucketStart,
  type Candle,
  CANDLE_INTERVALS,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/candle';
import { bookChecksum } from '@tapedeck/market/checksum';
import type { Clock } from '@tapedeck/market/clock';
import type { Instrument } from '@tapedeck/market/instrument';
import type { EpochMs } from '@tapedeck/market/level';
import type { Session } from '@tapedeck/market/session';
import type { Trade } from '@tapedeck/market/trade';
import {
  type BookBody,
  bookSchema,
  type CandlesBody,
  candlesSchema,
  type InstrumentBody,
  instrumentsSchema,
  type TradesBody,
  tradesBodySchema,
} from '@tapedeck/market/wire/http';

import { grainOf } from '../engine/candle-board.ts';
import type { MarketEngine } from '../engine/market-engine.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { ReplayRooms } from '../replay/replay-rooms.ts';
import {
  ApiError,
  createRouter,
  ERROR_RESPONSES,
  json,
  symbolParam,
  timeParam,
  tokenParam,
  wholeNumber,
} from './api.ts';

export type MarketRouteDeps = {
  readonly engine: MarketEngine;
  readonly history: History;
  readonly rooms: ReplayRooms;
  readonly clock: Clock;
};

const DEFAULT_DEPTH = 50;
const MAX_DEPTH = 10_000;
const DEFAULT_CANDLES = 500;
const MAX_CANDLES = 10_000;
const DEFAULT_TRADES = 500;
const MAX_TRADES = 5_000;
const idParam = z.string().max(120).optional();
const intervalParam = z.enum(CANDLE_INTERVALS);

const instruments = createRoute({
  method: 'get',
  path: '/v1/instruments',
  summary: 'Instruments with their grids, live and recorded',
  request: { query: z.strictObject({ replay: idParam, token: tokenParam }) },
  responses: { 200: json(instrumentsSchema, 'All instruments'), ...ERROR_RESPONSES },
});
const bookQuery = z.strictObject({
  symbol: symbolParam,
  depth: wholeNumber(0, MAX_DEPTH).optional(),
  at: timeParam,
  session: idParam,
  replay: idParam,
  token: tokenParam,
});
const book = createRoute({
  method: 'get',
  path: '/v1/book',
  summary: 'One book, now or at a recorded moment (the state before `at`)',
  request: {
    query: bookQuery,
  },
  responses: { 200: json(bookSchema, 'The book; depth 0 gives all levels'), ...ERROR_RESPONSES },
});
const candles = createRoute({
  method: 'get',
  path: '/v1/candles',
  summary: 'OHLCV, oldest first: from `from` on, or the newest before `to`',
  request: {
    query: z.strictObject({
      symbol: symbolParam,
      interval: intervalParam,
      from: timeParam,
      to: timeParam,
      limit: wholeNumber(1, MAX_CANDLES).optional(),
      session: idParam,
      replay: idParam,
      token: tokenParam,
    }),
  },
  responses: { 200: json(candlesSchema, 'Candles'), ...ERROR_RESPONSES },
});
const trades = createRoute({
  method: 'get',
  path: '/v1/trades',
  summary: 'The tape, oldest first: pages from `from` on, or the newest trades',
  request: {
    query: z.strictObject({
      symbol: symbolParam,
      from: timeParam,
      to: timeParam,
      limit: wholeNumber(1, MAX_TRADES).optional(),
      cursor: z.string().max(60).optional(),
      session: idParam,
      replay: idParam,
      token: tokenParam,
    }),
  },
  responses: { 200: json(tradesBodySchema, 'Trades'), ...ERROR_RESPONSES },
});

/** `/v1/instruments`, `/v1/book`, `/v1/candles`, `/v1/trades`: the market, live, recorded or in a replay. */
export function marketRoutes(deps: MarketRouteDeps): OpenAPIHono {
  const { history, clock } = deps;
  const router = createRouter();

  router.openapi(instruments, (c) => {
    const { replay } = c.req.valid('query');
    const { engine } = worldOf(deps, replay);
    const live = engine.markets().map((market) => instrumentBody(market.instrument, market.state));
    if (replay !== undefined) return c.json({ instruments: live }, 200);
    const known = new Set(live.map((each) => each.symbol));
    const recorded = history.instruments
      .recorded()
      .filter((symbol) => !known.has(symbol))
      .flatMap((symbol) => history.instruments.get(symbol) ?? [])
      .map((instrument) => instrumentBody(instrument, 'recorded'));
    return c.json({ instruments: [...live, ...recorded] }, 200);
  });

  router.openapi(book, (c) => c.json(bookBody(deps, c.req.valid('query')), 200));

  router.openapi(candles, (c) => {
    const query = c.req.valid('query');
    const { symbol, interval, session, replay, limit = DEFAULT_CANDLES } = query;
    checkRange(query.from, query.to);
    checkSession(history, session, symbol);
    const { engine, time } = worldOf(deps, replay);
    const market = session === undefined ? engine.market(symbol) : undefined;
    const now = time ?? clock.now();
    if (market === undefined && history.instruments.get(symbol, session) === undefined)
      throw unknownSymbol(history, symbol);
    const rows =
      market === undefined
        ? history.candles.range({ ...query, limit })
        : marketCandles(deps, market, { ...query, limit, within: replaySession(deps, replay) });
    const body: CandlesBody = {
      symbol,
      interval,
      candles: rows.map((row) => ({
        ...row,
        state: row.openTime + INTERVAL_MS[interval] > now ? 'forming' : 'closed',
      })),
      asOfSequence: market?.tradeSequence ?? 0,
      epoch: market?.epoch ?? session ?? 'history',
    };
    return c.json(body, 200);
  });

  router.openapi(trades, (c) => {
    const query = c.req.valid('query');
    const { symbol, session, replay, cursor, limit = DEFAULT_TRADES } = query;
    checkRange(query.from, query.to);
    if (cursor !== undefined && !isCursor(cursor))
      throw new ApiError('badRequest', `cursor: "${cursor}" is not a cursor of this feed`);
    checkSession(history, session, symbol);
    const { engine, time } = worldOf(deps, replay);
    const market = session === undefined ? engine.market(symbol) : undefined;
    if (market === undefined && history.instruments.get(symbol, session) === undefined)
      throw unknownSymbol(history, symbol);
    if (query.from === undefined && query.to === undefined && cursor === undefined) {
      const newest =
        market === undefined
          ? history.trades.newest(symbol, Number.MAX_SAFE_INTEGER, limit, session)
          : market.trades.tail(limit);
      return c.json(tradesBody(symbol, newest), 200);
    }
    const within = session ?? replaySession(deps, replay);
    const to = time === undefined ? query.to : Math.min(query.to ?? time - 1, time - 1);
    const page = history.trades.page({
      symbol,
      session: within,
      from: query.from,
      to,
      limit,
      cursor,
    });
    const fresh =
      page.next === undefined && market !== undefined && within === undefined
        ? unwritten(market, page.trades.at(-1)?.eventTime, { from: query.from, to })
        : [];
    const rows = [...page.trades, ...fresh].slice(0, limit);
    return c.json(tradesBody(symbol, rows, page.next), 200);
  });

  return router;
}

/** Trades that the recorder has not written yet, or never will where nothing is kept. */
function unwritten(
  market: SymbolMarket,
  written: EpochMs | undefined,
  range: { readonly from: EpochMs | undefined; readonly to: EpochMs | undefined },
): readonly Trade[] {
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = range;
  return market.trades
    .tail()
    .filter(({ eventTime }) => eventTime >= from && eventTime <= to)
    .filter(({ eventTime }) => written === undefined || eventTime > written);
}

type BookQuery = z.output<typeof bookQuery>;

function bookBody(deps: MarketRouteDeps, query: BookQuery): BookBody {
  const { history, clock } = deps;
  const { symbol, depth = DEFAULT_DEPTH, at, session, replay } = query;
  checkSession(history, session, symbol);
  const { engine, time } = worldOf(deps, replay);
  const market = session === undefined ? engine.market(symbol) : undefined;
  if (at === undefined && session === undefined) {
    if (market === undefined) throw unknownSymbol(history, symbol);
    return liveBook(market, depth);
  }
  if (time !== undefined && at !== undefined && at > time)
    throw new ApiError('badRequest', `at: ${at} is later than the replay's clock, ${time}`);
  const moment = at ?? requireSession(history, session).to + 1;
  const within = session ?? replaySession(deps, replay);
  const recorded = recordedBook(history, symbol, moment, within);
  if (recorded !== undefined) return recordedBody(symbol, recorded, depth);
  // What the recorder has not written yet is still here: nothing has happened since.
  const isLatest = market?.ready === true && market.book.eventTime < moment;
  if (isLatest && moment <= clock.now() + 1) return liveBook(market, depth);
  if (market === undefined && history.instruments.get(symbol) === undefined)
    throw unknownSymbol(history, symbol);
  throw new ApiError('unknown', `at: nothing is recorded of ${symbol} at ${moment}`);
}

function recordedBody(symbol: string, recorded: RecordedBook, depth: number): BookBody {
  const { bids, asks, sequence, eventTime } = recorded.book;
  return {
    symbol,
    epoch: recorded.session,
    sequence,
    eventTime,
    bids: depth === 0 ? bids : bids.slice(0, depth),
    asks: depth === 0 ? asks : asks.slice(0, depth),
    checksum: bookChecksum(asks, bids),
    state: recorded.gap === undefined ? 'ok' : 'stale',
    session: recorded.session,
  };
}

/**
 * The state before `at`. The moment of the very last change of a finished recording stands for its end: nothing later
 * could be asked for by a time that is in the recording.
 */
function recordedBook(
  history: History,
  symbol: string,
  at: EpochMs,
  session: string | undefined,
): RecordedBook | undefined {
  const recorded = history.books.at(symbol, at, session);
  return recorded !== undefined && history.books.endOf(recorded.session, symbol) === at
    ? history.books.at(symbol, at + 1, recorded.session)
    : recorded;
}

/** The engine that answers: the live one, or that of a replay with the time it has reached. */
function worldOf(
  deps: MarketRouteDeps,
  replay: string | undefined,
): { readonly engine: MarketEngine; readonly time?: EpochMs } {
  if (replay === undefined) return { engine: deps.engine };
  const room = deps.rooms.get(replay);
  if (room === undefined) throw new ApiError('unknown', `replay: unknown replay ${replay}`);
  return { engine: room.engine, time: room.time };
}

function replaySession(deps: MarketRouteDeps, replay: string | undefined): string | undefined {
  return replay === undefined ? undefined : deps.rooms.get(replay)?.session.id;
}

type CandleRequest = {
  readonly interval: CandleInterval;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** The one session of a replay. */
  readonly within: string | undefined;
};

/** History up to where the market's own board begins, then the board: one seam, at a whole bucket (P18). */
function marketCandles(
  { history }: MarketRouteDeps,
  market: SymbolMarket,
  { interval, from, to = Number.MAX_SAFE_INTEGER, limit, within }: CandleRequest,
): readonly Candle[] {
  const { symbol, candles: board } = market;
  const known = board.knownFrom(grainOf(interval));
  const seam = Math.min(to, known === undefined ? to : bucketStart(known, interval));
  const older = (range: { readonly from?: EpochMs; readonly limit: number }): readonly Candle[] =>
    within === undefined
      ? history.candles.range({ symbol, interval, to: seam, ...range })
      : board.candles(interval, range.from ?? 0, seam, range.limit);
  if (from === undefined) {
    const recent = known === undefined ? [] : board.candles(interval, seam, to, limit);
    const missing = limit - recent.length;
    return missing > 0 ? [...older({ limit: missing }), ...recent] : recent;
  }
  const start = Math.ceil(from / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  const before = start < seam ? older({ from: start, limit }) : [];
  const recent =
    known === undefined ? [] : board.candles(interval, Math.max(start, seam), to, MAX_CANDLES * 10);
  return [...before, ...recent].slice(0, limit);
}

function liveBook(market: SymbolMarket, depth: number): BookBody {
  if (!market.ready)
    throw new ApiError('notReady', `symbol: the book of ${market.symbol} is not ready`);
  const { bids, asks, sequence, eventTime } = market.book.snapshot(depth === 0 ? undefined : depth);
  return {
    symbol: market.symbol,
    epoch: market.epoch,
    sequence,
    eventTime,
    bids,
    asks,
    checksum: market.book.checksum(),
    state: market.state,
  };
}

function instrumentBody(instrument: Instrument, state: InstrumentBody['state']): InstrumentBody {
  const { symbol, tickSize, lotSize, venue, base, quote } = instrument;
  return { symbol, tickSize, lotSize, venue, base, quote, state };
}

function tradesBody(symbol: string, rows: readonly Trade[], next?: string): TradesBody {
  return {
    symbol,
    trades: rows.map((trade) => [
      trade.sequence,
      trade.eventTime,
      trade.priceTicks,
      trade.sizeLots,
      trade.aggressor,
    ]),
    ...(next === undefined ? {} : { next }),
  };
}

function checkRange(from: EpochMs | undefined, to: EpochMs | undefined): void {
  if (from !== undefined && to !== undefined && from > to)
    throw new ApiError('badRequest', `to: ${to} is before from ${from}`);
}

/** A session that is named must be there, whole, and hold the symbol. */
function checkSession(history: History, session: string | undefined, symbol: string): void {
  if (session === undefined) return;
  if (!requireSession(history, session).symbols.includes(symbol))
    throw new ApiError('unknown', `symbol: ${symbol} is not in session ${session}`);
}

function requireSession(history: History, id: string | undefined): Session {
  const found = id === undefined ? undefined : history.sessions.get(id);
  if (found === undefined) throw new ApiError('unknown', `session: unknown session ${id}`);
  return found;
}

function unknownSymbol(history: History, symbol: string): ApiError {
  return history.instruments.get(symbol) === undefined
    ? new ApiError('unknown', `unknown symbol ${symbol}`)
    : new ApiError('unknown', `symbol: ${symbol} is recorded, not live: give at or session`);
}
