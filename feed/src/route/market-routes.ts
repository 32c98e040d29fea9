import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { isCursor } from '@tapedeck/db/trade-store';
import { CANDLE_INTERVALS, INTERVAL_MS } from '@tapedeck/market/candle';
import type { Instrument } from '@tapedeck/market/instrument';
import {
  bookSchema,
  type CandlesBody,
  candlesSchema,
  type InstrumentBody,
  instrumentsSchema,
  tickersSchema,
  tradesBodySchema,
} from '@tapedeck/market/wire/http';

import { standingOf } from '../engine/market-standing.ts';
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
import { followedTrades, sinceOf, tickersBody, tradesBody } from './followed-market.ts';
import { marketCandles } from './market-candles.ts';
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
import { tradesPage } from './trades-page.ts';

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
    const live = engine.markets().map((market) => ({
      ...instrumentBody(market.instrument, market.state),
      ...standingOf(market),
    }));
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
      epoch: market?.tapeEpoch ?? session ?? 'history',
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

function instrumentBody(instrument: Instrument, state: InstrumentBody['state']): InstrumentBody {
  const { symbol, tickSize, lotSize, venue, base, quote } = instrument;
  return { symbol, tickSize, lotSize, venue, base, quote, state };
}
