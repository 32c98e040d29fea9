import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import { momentOf } from '@tapedeck/market/time/clock';
import type { CandlesBody } from '@tapedeck/market/wire/http';

import { standingOf } from '../engine/market-standing.ts';
import { checkRange } from './api-error.ts';
import { marketCandles } from './market-candles.ts';
import {
  askedMarket,
  checkSession,
  gridBody,
  gridOf,
  type MarketRouteDeps,
  replaySession,
  requireKnown,
  worldOf,
} from './market-world.ts';

const DEFAULT_CANDLES = 500;
const NONE: ReadonlySet<EpochMs> = new Set();

type CandleQuery = {
  readonly symbol: string;
  readonly interval: CandleInterval;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit?: number | undefined;
  readonly session?: string | undefined;
  readonly replay?: string | undefined;
};

/**
 * Candles: live, recorded or of a replay; yields every few milliseconds. Live candles, their sequence and their state
 * are all taken at one moment, at the beginning. @throws ApiError if there is no such market.
 */
export function* candlesBody(
  deps: MarketRouteDeps,
  query: CandleQuery,
): Generator<void, CandlesBody> {
  const { history, clock } = deps;
  const { symbol, interval, session, replay, limit = DEFAULT_CANDLES } = query;
  checkRange(query.from, query.to);
  checkSession(history, session, symbol);
  const { engine, time } = worldOf(deps, replay);
  const market = askedMarket(engine, query);
  const now = time ?? market?.time.at(momentOf(clock)) ?? clock.now();
  requireKnown(history, market, query);
  const shown = gridOf({ ...deps, engine }, symbol, session);
  const live = {
    asOfSequence: market?.tradeSequence ?? 0,
    epoch: market?.tapeEpoch ?? session ?? 'history',
    ...(market === undefined ? {} : standingOf(market)),
  };
  const series = yield* market === undefined
    ? history.candles.pieces({ ...query, limit }, shown)
    : marketCandles(deps, market, { ...query, limit, within: replaySession(deps, replay) });
  const told = replay === undefined ? toldByVenue(history, query, series.candles) : NONE;
  return {
    symbol,
    instrument: gridBody(symbol, series.grid),
    interval,
    candles: series.candles.map((row) => ({
      ...row,
      state: row.openTime + INTERVAL_MS[interval] > now ? 'forming' : 'closed',
      ...(told.has(row.openTime) ? { source: 'venue' as const } : {}),
    })),
    ...live,
  };
}

/** Open times of those that are the venue's own. The recording that a query names has only its own candles. */
function toldByVenue(
  history: History,
  { symbol, interval, session }: CandleQuery,
  candles: readonly Candle[],
): ReadonlySet<EpochMs> {
  const [first, last] = [candles[0], candles.at(-1)];
  if (first === undefined || last === undefined || session !== undefined) return NONE;
  const end = last.openTime + INTERVAL_MS[interval];
  return unlessUnreadable(
    () => history.venueCandles.openTimes(symbol, interval, first.openTime, end),
    NONE,
  );
}
