import { isCursor } from '@tapedeck/db/tape/trade-store';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { TradesBody } from '@tapedeck/market/wire/http';

import { ApiError, checkRange } from './api-error.ts';
import { followedTrades, sinceOf, tradesBody } from './followed-market.ts';
import {
  askedMarket,
  checkSession,
  gridOf,
  type MarketRouteDeps,
  replaySession,
  requireKnown,
  worldOf,
} from './market-world.ts';
import { tradesPage } from './trades-page.ts';

const DEFAULT_TRADES = 500;

type TradeQuery = {
  readonly symbol: string;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly since?: string | undefined;
  readonly session?: string | undefined;
  readonly replay?: string | undefined;
};

/**
 * Trades: those after `since` of a live market, a page, or the newest. @throws ApiError if there is no such market.
 */
export function tradesAnswer(
  deps: MarketRouteDeps,
  query: TradeQuery,
): {
  readonly body: TradesBody;
  /** For a tape that is still growing: a client that polls may have this answer already. */
  readonly isFollowed: boolean;
} {
  const { history } = deps;
  const { symbol, session, replay, cursor, limit = DEFAULT_TRADES } = query;
  checkRange(query.from, query.to);
  if (cursor !== undefined && !isCursor(cursor))
    throw new ApiError('badRequest', `cursor: "${cursor}" is not a cursor of this feed`);
  checkSession(history, session, symbol);
  const { engine, time } = worldOf(deps, replay);
  const market = askedMarket(engine, query);
  requireKnown(history, market, query);
  const isNewest = query.from === undefined && query.to === undefined && cursor === undefined;
  if (market !== undefined && (isNewest || query.since !== undefined)) {
    const since = sinceOf(query);
    const archive = replay === undefined ? deps.archive : undefined;
    return { body: followedTrades(market, { since, limit, archive }), isFollowed: true };
  }
  if (query.since !== undefined)
    throw new ApiError('badRequest', `since: ${symbol} is recorded, not live: give from or cursor`);
  if (isNewest) {
    const grid = gridOf(deps, symbol, session);
    const of = { session, ...(grid === undefined ? {} : { grid }) };
    const newest = history.trades.newest(symbol, Number.MAX_SAFE_INTEGER, limit, of);
    return { body: tradesBody(symbol, grid, newest), isFollowed: false };
  }
  const { rows, grid, next } = tradesPage(deps, market, {
    ...query,
    limit,
    wanted: gridOf({ ...deps, engine }, symbol, session),
    within: session ?? replaySession(deps, replay),
    to: time === undefined ? query.to : Math.min(query.to ?? time - 1, time - 1),
  });
  return { body: tradesBody(symbol, grid, rows, next), isFollowed: false };
}
