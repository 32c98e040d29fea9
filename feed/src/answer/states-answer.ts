import type { EpochMs } from '@tapedeck/market/number/level';
import type { StatesBody } from '@tapedeck/market/wire/http';

import { checkRange } from './api-error.ts';
import {
  askedMarket,
  checkSession,
  type MarketRouteDeps,
  replaySession,
  requireKnown,
  worldOf,
} from './market-world.ts';

/** Recordings that one answer reads: the newest of those in the range. */
const MAX_SESSIONS = 16;

export type StatesQuery = {
  readonly symbol: string;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly session?: string | undefined;
  readonly replay?: string | undefined;
};

/**
 * When a recorded market was not `ok`, oldest first. Without a session, each recording counts until the next one
 * begins. @throws ApiError for an unknown session or symbol.
 */
export function statesBody(deps: MarketRouteDeps, query: StatesQuery): StatesBody {
  const { history } = deps;
  const { symbol } = query;
  checkRange(query.from, query.to);
  checkSession(history, query.session, symbol);
  const { engine, time } = worldOf(deps, query.replay);
  requireKnown(history, askedMarket(engine, query), query);
  const from = query.from ?? 0;
  // A replay has nothing later than its clock (P28b).
  const to = Math.min(query.to ?? Number.MAX_SAFE_INTEGER, time ?? Number.MAX_SAFE_INTEGER);
  const session = query.session ?? replaySession(deps, query.replay);
  const recordings = history.sessions
    .markets(symbol)
    .filter((market) => session === undefined || market.session === session)
    .filter(({ firstTime, session: id }) => firstTime < to && history.sessions.endOf(id) > from)
    .slice(0, MAX_SESSIONS)
    .toReversed();
  const states: StatesBody['states'] = [];
  for (const [i, { session: id, firstTime }] of recordings.entries()) {
    const next = recordings[i + 1]?.firstTime ?? Number.MAX_SAFE_INTEGER;
    const start = Math.max(from, firstTime);
    const end = Math.min(to, next, history.sessions.endOf(id) + 1);
    const found = history.states.bands(id, symbol, start, end);
    states.push(...found.bands);
    if (found.next !== undefined) return { symbol, states, next: found.next };
  }
  return { symbol, states };
}
