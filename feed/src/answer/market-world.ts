import type { History } from '@tapedeck/db/history';
import type { Grid } from '@tapedeck/market/grid/grid';
import type { Session } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock } from '@tapedeck/market/time/clock';
import type { InstrumentBody } from '@tapedeck/market/wire/http';

import type { MarketEngine } from '../engine/market-engine.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { ReplayRooms } from '../replay/replay-rooms.ts';
import type { TradeArchive } from '../stream/channel/trade-resume.ts';
import { ApiError } from './api-error.ts';

export type MarketRouteDeps = {
  readonly engine: MarketEngine;
  readonly history: History;
  readonly rooms: ReplayRooms;
  readonly clock: Clock;
  /** Monotonic clock that limits a turn of the event loop, ms. */
  readonly workNow: () => number;
  /** Trades no longer in memory, for `since` (P17). */
  readonly archive?: TradeArchive;
  /** What the venue of a live market can promise (V6). */
  readonly capability?: (symbol: string) => InstrumentBody['capability'];
};

/** The engine that answers: the live one, or that of a replay with the time it has reached. */
export function worldOf(
  deps: MarketRouteDeps,
  replay: string | undefined,
): { readonly engine: MarketEngine; readonly time?: EpochMs } {
  if (replay === undefined) return { engine: deps.engine };
  const room = deps.rooms.get(replay);
  if (room === undefined) throw new ApiError('unknown', `replay: unknown replay ${replay}`);
  return { engine: room.engine, time: room.time };
}

export function replaySession(
  deps: MarketRouteDeps,
  replay: string | undefined,
): string | undefined {
  return replay === undefined ? undefined : deps.rooms.get(replay)?.session.id;
}

/**
 * The requested live or replayed market; undefined if it is only recorded. A replay has its own symbols and its own
 * session, nothing else (P28b).
 */
export function askedMarket(
  engine: MarketEngine,
  query: {
    readonly symbol: string;
    readonly session?: string | undefined;
    readonly replay?: string | undefined;
  },
): SymbolMarket | undefined {
  const { symbol, session, replay } = query;
  if (replay !== undefined && session !== undefined)
    throw new ApiError(
      'badRequest',
      `session: ${session} cannot be given with replay, which has its own`,
    );
  const market = session === undefined ? engine.market(symbol) : undefined;
  if (replay !== undefined && market === undefined)
    throw new ApiError('unknown', `symbol: ${symbol} is not in replay ${replay}`);
  return market;
}

/**
 * The grid of an answer without a session, if all joined recordings fit it: the live grid, or else the recordings'
 * common one.
 */
export function gridOf(
  { engine, history }: MarketRouteDeps,
  symbol: string,
  session?: string,
): Grid | undefined {
  const market = session === undefined ? engine.market(symbol) : undefined;
  return market?.instrument ?? history.instruments.get(symbol, session);
}

/** The grid as answers name it. @throws ApiError for an unknown symbol. */
export function gridBody(
  symbol: string,
  grid: Grid | undefined,
): { readonly symbol: string; readonly tickSize: string; readonly lotSize: string } {
  if (grid === undefined) throw new ApiError('unknown', `unknown symbol ${symbol}`);
  return { symbol, tickSize: grid.tickSize, lotSize: grid.lotSize };
}

/** A named session must exist and contain the symbol. */
export function checkSession(history: History, session: string | undefined, symbol: string): void {
  if (session === undefined) return;
  if (!requireSession(history, session).symbols.includes(symbol))
    throw new ApiError('unknown', `symbol: ${symbol} is not in session ${session}`);
}

export function requireSession(history: History, id: string | undefined): Session {
  const found = id === undefined ? undefined : history.sessions.get(id);
  if (found === undefined) throw new ApiError('unknown', `session: unknown session ${id}`);
  return found;
}

/** A market that no engine answers for must be recorded. */
export function requireKnown(
  history: History,
  market: SymbolMarket | undefined,
  { symbol, session }: { readonly symbol: string; readonly session?: string | undefined },
): void {
  if (market === undefined && history.instruments.get(symbol, session) === undefined)
    throw unknownSymbol(history, symbol);
}

export function unknownSymbol(history: History, symbol: string): ApiError {
  return history.instruments.get(symbol) === undefined
    ? new ApiError('unknown', `unknown symbol ${symbol}`)
    : new ApiError('unknown', `symbol: ${symbol} is recorded, not live: give at or session`);
}
