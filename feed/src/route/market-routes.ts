import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { CANDLE_INTERVALS } from '@tapedeck/market/tape/candle';
import { momentOf } from '@tapedeck/market/time/clock';
import {
  bookSchema,
  candlesSchema,
  instrumentsSchema,
  statesSchema,
  tickersSchema,
  tradesBodySchema,
} from '@tapedeck/market/wire/http';

import { bookBody } from '../answer/book-answer.ts';
import { candlesBody } from '../answer/candles-answer.ts';
import { tickersBody } from '../answer/followed-market.ts';
import { inTurns } from '../answer/in-turns.ts';
import { instrumentsOf } from '../answer/instruments-answer.ts';
import { type MarketRouteDeps, worldOf } from '../answer/market-world.ts';
import { isKnown, UNCHANGED } from '../answer/poll-answer.ts';
import { statesBody } from '../answer/states-answer.ts';
import { tradesAnswer } from '../answer/trades-answer.ts';
import {
  createRouter,
  ERROR_RESPONSES,
  json,
  listParam,
  symbolParam,
  timeParam,
  tokenParam,
  wholeNumber,
} from './api.ts';

const MAX_DEPTH = 10_000;
const MAX_CANDLES = 10_000;
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
const states = createRoute({
  method: 'get',
  path: '/v1/states',
  summary: 'Periods of a recording in which a market was not ok, or was crossed, oldest first',
  request: {
    query: z.strictObject({
      symbol: symbolParam,
      from: timeParam,
      to: timeParam,
      session: idParam,
      replay: idParam,
      token: tokenParam,
    }),
  },
  responses: { 200: json(statesSchema, 'States'), ...ERROR_RESPONSES },
});
const tickers = createRoute({
  method: 'get',
  path: '/v1/tickers',
  summary: 'Last price, best prices and 24-hour figures of live symbols, by default of all',
  request: {
    query: z.strictObject({ symbols: listParam, replay: idParam, token: tokenParam }),
  },
  responses: { 200: json(tickersSchema, 'Tickers'), ...UNCHANGED, ...ERROR_RESPONSES },
});

/** `/v1/instruments`, `/v1/book`, `/v1/candles`, `/v1/trades`, `/v1/states`: live, recorded or in a replay. */
export function marketRoutes(deps: MarketRouteDeps): OpenAPIHono {
  const { clock, workNow } = deps;
  const router = createRouter();

  router.openapi(instruments, (c) =>
    c.json({ instruments: instrumentsOf(deps, c.req.valid('query')) }, 200),
  );

  /** Only a live market has a source. */
  const heardOf = (symbol: string): number | undefined =>
    deps.engine.market(symbol)?.heardMs(clock.monotonic());

  router.openapi(book, (c) => {
    const query = c.req.valid('query');
    const body = bookBody(deps, query);
    return isKnown(c, body, momentOf(clock), [heardOf(query.symbol)])
      ? c.body(null, 304)
      : c.json(body, 200);
  });

  router.openapi(tickers, (c) => {
    const { symbols, replay } = c.req.valid('query');
    const body = tickersBody(worldOf(deps, replay).engine, symbols);
    const heard = body.tickers.map(({ symbol }) => heardOf(symbol));
    return isKnown(c, body, momentOf(clock), heard) ? c.body(null, 304) : c.json(body, 200);
  });

  router.openapi(states, (c) => c.json(statesBody(deps, c.req.valid('query')), 200));

  router.openapi(candles, async (c) => {
    const at = momentOf(clock);
    const query = c.req.valid('query');
    const body = await inTurns(candlesBody(deps, query), workNow);
    return isKnown(c, body, at, [heardOf(query.symbol)]) ? c.body(null, 304) : c.json(body, 200);
  });

  router.openapi(trades, (c) => {
    const query = c.req.valid('query');
    const { body, isFollowed } = tradesAnswer(deps, query);
    return isFollowed && isKnown(c, body, momentOf(clock), [heardOf(query.symbol)])
      ? c.body(null, 304)
      : c.json(body, 200);
  });

  return router;
}
