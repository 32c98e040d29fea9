import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import type { CandleSeries } from '@tapedeck/db/candle-store';
import { isCursor, tradeCursor, type TradePosition } from '@tapedeck/db/trade-store';
import { must } from '@tapedeck/market/assert';
import {
  bucketStart,
  type Candle,
  CANDLE_INTERVALS,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/candle';
import { type Grid, gridFactors, regridCandle, regridTrade } from '@tapedeck/market/grid';
import type { Instrument } from '@tapedeck/market/instrument';
import type { EpochMs } from '@tapedeck/market/level';
import type { Trade } from '@tapedeck/market/trade';
import {
  bookSchema,
  type CandlesBody,
  candlesSchema,
  type InstrumentBody,
  instrumentsSchema,
  tickersSchema,
  tradesBodySchema,
} from '@tapedeck/market/wire/http';

import { grainOf } from '../engine/candle-board.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import {
  ApiError,
  checkRange,
  createRouter,
  ERROR_RESPONSES,
  json,
  listParam,
  symbolParam,
  timeParam,
  tokenParam,
  wholeNumber,
} from './api.ts';
import { bookBody } from './book-answer.ts';
import { followedTrades, sinceOf, standingOf, tickersBody, tradesBody } from './followed-market.ts';
import {
  askedMarket,
  checkSession,
  gridBody,
  gridOf,
  type MarketRouteDeps,
  replaySession,
  requireSession,
  unknownSymbol,
  worldOf,
} from './market-world.ts';
import { isKnown, UNCHANGED } from './poll-answer.ts';

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
  request: { query: z.strictObject({ session: idParam, replay: idParam, token: tokenParam }) },
  responses: { 200: json(instrumentsSchema, 'All instruments'), ...ERROR_RESPONSES },
});
const book = createRoute({
  method: 'get',
  path: '/v1/book',
  summary: 'One book, now or at a recorded moment (the state before `at`)',
  request: {
    query: z.strictObject({
      symbol: symbolParam,
      depth: wholeNumber(0, MAX_DEPTH).optional(),
      at: timeParam,
      session: idParam,
      replay: idParam,
      token: tokenParam,
    }),
  },
  responses: {
    200: json(bookSchema, 'The book; depth 0 gives all levels'),
    ...UNCHANGED,
    ...ERROR_RESPONSES,
  },
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
  responses: { 200: json(candlesSchema, 'Candles'), ...UNCHANGED, ...ERROR_RESPONSES },
});
const trades = createRoute({
  method: 'get',
  path: '/v1/trades',
  summary:
    'The tape, oldest first: pages from `from` on, those after `since`, or the newest trades',
  request: {
    query: z.strictObject({
      symbol: symbolParam,
      from: timeParam,
      to: timeParam,
      limit: wholeNumber(1, MAX_TRADES).optional(),
      cursor: z.string().max(60).optional(),
      since: z.string().max(80).optional(),
      session: idParam,
      replay: idParam,
      token: tokenParam,
    }),
  },
  responses: { 200: json(tradesBodySchema, 'Trades'), ...UNCHANGED, ...ERROR_RESPONSES },
});
const tickers = createRoute({
  method: 'get',
  path: '/v1/tickers',
  summary: 'Last price, best prices and 24 hours of live symbols, of all by default',
  request: {
    query: z.strictObject({ symbols: listParam, replay: idParam, token: tokenParam }),
  },
  responses: { 200: json(tickersSchema, 'Tickers'), ...UNCHANGED, ...ERROR_RESPONSES },
});

/** `/v1/instruments`, `/v1/book`, `/v1/candles`, `/v1/trades`: the market, live, recorded or in a replay. */
export function marketRoutes(deps: MarketRouteDeps): OpenAPIHono {
  const { history, clock } = deps;
  const router = createRouter();

  router.openapi(instruments, (c) => {
    const { session, replay } = c.req.valid('query');
    const { engine } = worldOf(deps, replay);
    if (session !== undefined) {
      const of = history.instruments.list(requireSession(history, session).id);
      return c.json({ instruments: of.map((each) => instrumentBody(each, 'recorded')) }, 200);
    }
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

  router.openapi(book, (c) => {
    const body = bookBody(deps, c.req.valid('query'));
    return isKnown(c, body, clock) ? c.body(null, 304) : c.json(body, 200);
  });

  router.openapi(tickers, (c) => {
    const { symbols, replay } = c.req.valid('query');
    const body = tickersBody(worldOf(deps, replay).engine, symbols);
    return isKnown(c, body, clock) ? c.body(null, 304) : c.json(body, 200);
  });

  router.openapi(candles, (c) => {
    const query = c.req.valid('query');
    const { symbol, interval, session, replay, limit = DEFAULT_CANDLES } = query;
    checkRange(query.from, query.to);
    checkSession(history, session, symbol);
    const { engine, time } = worldOf(deps, replay);
    const market = askedMarket(engine, query);
    const now = time ?? clock.now();
    if (market === undefined && history.instruments.get(symbol, session) === undefined)
      throw unknownSymbol(history, symbol);
    const shown = gridOf({ ...deps, engine }, symbol, session);
    const series =
      market === undefined
        ? history.candles.series({ ...query, limit }, shown)
        : marketCandles(deps, market, { ...query, limit, within: replaySession(deps, replay) });
    const body: CandlesBody = {
      symbol,
      instrument: gridBody(symbol, series.grid),
      interval,
      candles: series.candles.map((row) => ({
        ...row,
        state: row.openTime + INTERVAL_MS[interval] > now ? 'forming' : 'closed',
      })),
      asOfSequence: market?.tradeSequence ?? 0,
      epoch: market?.epoch ?? session ?? 'history',
      ...(market === undefined ? {} : standingOf(market)),
    };
    return isKnown(c, body, clock) ? c.body(null, 304) : c.json(body, 200);
  });

  router.openapi(trades, (c) => {
    const query = c.req.valid('query');
    const { symbol, session, replay, cursor, limit = DEFAULT_TRADES } = query;
    checkRange(query.from, query.to);
    if (cursor !== undefined && !isCursor(cursor))
      throw new ApiError('badRequest', `cursor: "${cursor}" is not a cursor of this feed`);
    checkSession(history, session, symbol);
    const { engine, time } = worldOf(deps, replay);
    const market = askedMarket(engine, query);
    if (market === undefined && history.instruments.get(symbol, session) === undefined)
      throw unknownSymbol(history, symbol);
    const isNewest = query.from === undefined && query.to === undefined && cursor === undefined;
    if (market !== undefined && (isNewest || query.since !== undefined)) {
      const since = sinceOf(query);
      const archive = replay === undefined ? deps.archive : undefined;
      const body = followedTrades(market, { since, limit, archive });
      return isKnown(c, body, clock) ? c.body(null, 304) : c.json(body, 200);
    }
    if (query.since !== undefined)
      throw new ApiError(
        'badRequest',
        `since: ${symbol} is recorded, not live: give from or cursor`,
      );
    if (isNewest) {
      const grid = gridOf(deps, symbol, session);
      const of = { session, ...(grid === undefined ? {} : { grid }) };
      const newest = history.trades.newest(symbol, Number.MAX_SAFE_INTEGER, limit, of);
      return c.json(tradesBody(symbol, grid, newest), 200);
    }
    const { rows, grid, next } = tradesPage(deps, market, {
      ...query,
      limit,
      wanted: gridOf({ ...deps, engine }, symbol, session),
      within: session ?? replaySession(deps, replay),
      to: time === undefined ? query.to : Math.min(query.to ?? time - 1, time - 1),
    });
    return c.json(tradesBody(symbol, grid, rows, next), 200);
  });

  return router;
}

type TradeRequest = {
  readonly symbol: string;
  readonly from?: EpochMs | undefined;
  readonly to: EpochMs | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly within: string | undefined;
  readonly wanted: Grid | undefined;
};

/** A page of the history, and on the last one what is not written yet. */
function tradesPage(
  { history }: MarketRouteDeps,
  market: SymbolMarket | undefined,
  { symbol, from, to, limit, cursor, within, wanted }: TradeRequest,
): {
  readonly rows: readonly Trade[];
  readonly grid: Grid | undefined;
  readonly next?: string | undefined;
} {
  const { trades, grid, next, end } = history.trades.page({
    symbol,
    session: within,
    from,
    to,
    limit,
    cursor,
    wanted,
  });
  if (next !== undefined || market === undefined || within !== undefined)
    return { rows: trades, grid, next };
  const factors = must(gridFactors(market.instrument, grid ?? market.instrument), 'a common grid');
  const fresh = unwritten(market, end, { from, to }).map((trade) => regridTrade(trade, factors));
  const rows = [...trades, ...fresh];
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  if (last === undefined) return { rows, grid };
  // Cut where trades follow that are only in memory: they may be written by the time they are asked for.
  const isStored = limit === trades.length && end !== undefined;
  const position = isStored ? end : history.trades.positionOf(symbol, last);
  return { rows: rows.slice(0, limit), grid, next: tradeCursor(position) };
}

/** Trades that the recorder has not written yet, or never will where nothing is kept: those after a place in the tape. */
function unwritten(
  market: SymbolMarket,
  after: TradePosition | undefined,
  range: { readonly from: EpochMs | undefined; readonly to: EpochMs | undefined },
): readonly Trade[] {
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = range;
  const { time = -1, sequence: number = -1 } = after ?? {};
  return market.trades
    .tail()
    .filter(({ eventTime }) => eventTime >= from && eventTime <= to)
    .filter(
      ({ eventTime, sequence }) => eventTime > time || (eventTime === time && sequence > number),
    )
    .toSorted((a, b) => a.eventTime - b.eventTime || a.sequence - b.sequence);
}

type CandleRequest = {
  readonly interval: CandleInterval;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** The one session of a replay. */
  readonly within: string | undefined;
};

/**
 * History up to where the market's own board begins, then the board: one seam, at a whole bucket (P18). All of it is in the
 * market's own grid, or, where older candles fall between its steps, in a finer one.
 */
function marketCandles(
  { history }: MarketRouteDeps,
  market: SymbolMarket,
  { interval, from, to = Number.MAX_SAFE_INTEGER, limit, within }: CandleRequest,
): CandleSeries {
  const { symbol, candles: board, instrument: own } = market;
  const known = board.knownFrom(grainOf(interval));
  const seam = Math.min(to, known === undefined ? to : bucketStart(known, interval));
  const older = (range: { readonly from?: EpochMs; readonly limit: number }): CandleSeries =>
    within === undefined
      ? history.candles.series({ symbol, interval, to: seam, ...range }, own)
      : { grid: own, candles: board.candles(interval, range.from ?? 0, seam, range.limit) };
  const joined = (
    { grid = own, candles }: CandleSeries,
    recent: readonly Candle[],
  ): CandleSeries => {
    const factors = must(gridFactors(own, grid), 'a common grid');
    const fitting = recent.map((candle) => regridCandle(candle, factors));
    return { grid, candles: [...candles, ...fitting] };
  };
  if (from === undefined) {
    const recent = known === undefined ? [] : board.candles(interval, seam, to, limit);
    const missing = limit - recent.length;
    return joined(missing > 0 ? older({ limit: missing }) : { grid: own, candles: [] }, recent);
  }
  const start = Math.ceil(from / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  const before: CandleSeries =
    start < seam ? older({ from: start, limit }) : { grid: own, candles: [] };
  const recent =
    known === undefined ? [] : board.candles(interval, Math.max(start, seam), to, MAX_CANDLES * 10);
  return joined(before, recent.slice(0, Math.max(0, limit - before.candles.length)));
}

function instrumentBody(instrument: Instrument, state: InstrumentBody['state']): InstrumentBody {
  const { symbol, tickSize, lotSize, venue, base, quote } = instrument;
  return { symbol, tickSize, lotSize, venue, base, quote, state };
}
