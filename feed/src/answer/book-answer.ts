import type { RecordedBook } from '@tapedeck/db/book/book-store';
import type { History } from '@tapedeck/db/history';
import { bookChecksum } from '@tapedeck/market/book/checksum';
import { commonGrid, type Grid, gridFactors, regridBook } from '@tapedeck/market/grid/grid';
import { crossedStanding } from '@tapedeck/market/instrument/crossed-standing';
import { type RecordedState, recordedTrouble } from '@tapedeck/market/instrument/recorded-state';
import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { BookBody } from '@tapedeck/market/wire/http';

import { bookStandingOf } from '../engine/market-standing.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import { ApiError } from './api-error.ts';
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

const DEFAULT_DEPTH = 50;

export type BookQuery = {
  readonly symbol: string;
  readonly depth?: number | undefined;
  readonly at?: EpochMs | undefined;
  readonly session?: string | undefined;
  readonly replay?: string | undefined;
};

/** One book: live, recorded or in a replay. @throws ApiError if there is none. */
export function bookBody(deps: MarketRouteDeps, query: BookQuery): BookBody {
  const { history, clock } = deps;
  const { symbol, depth = DEFAULT_DEPTH, at, session, replay } = query;
  checkSession(history, session, symbol);
  const { engine, time } = worldOf(deps, replay);
  const market = askedMarket(engine, query);
  if (at === undefined && session === undefined) {
    if (market === undefined) throw unknownSymbol(history, symbol);
    return liveBook(market, depth);
  }
  if (time !== undefined && at !== undefined && at > time)
    throw new ApiError('badRequest', `at: ${at} is later than the replay's clock, ${time}`);
  const moment = at ?? requireSession(history, session).to + 1;
  const within = session ?? replaySession(deps, replay);
  const recorded = recordedBook(history, symbol, moment, within);
  if (recorded !== undefined) {
    const shown = within === undefined ? gridOf(deps, symbol) : recorded.grid;
    return recordedBody(history, { symbol, at: moment, depth }, recorded, shown);
  }
  // After its last change the live book answers: the recorder may not have written it yet, and nothing has happened
  // since.
  const isLatest = market?.ready === true && market.book.eventTime < moment;
  if (isLatest && moment <= clock.now() + 1) return liveBook(market, depth);
  if (market === undefined && history.instruments.get(symbol) === undefined)
    throw unknownSymbol(history, symbol);
  throw new ApiError('unknown', `at: ${nothingAt(history, symbol, moment, within)}`);
}

/**
 * A named session answers only for itself (P28b): an earlier book belongs to another session, even if this one
 * recorded the hole.
 */
function nothingAt(
  history: History,
  symbol: string,
  at: EpochMs,
  session: string | undefined,
): string {
  const found = session === undefined ? undefined : history.sessions.get(session);
  if (found === undefined) return `nothing is recorded for ${symbol} at ${at}`;
  const { id, from, to } = found;
  const where = at <= from ? 'is before' : at > to + 1 ? 'is after' : 'has no book in';
  return `${at} ${where} session ${id}, ${from} to ${to}; omit session to search the others`;
}

/** In the displayed grid, or in a finer one if a recorded step is not a whole multiple of its steps. */
function recordedBody(
  history: History,
  { symbol, at, depth }: { readonly symbol: string; readonly at: EpochMs; readonly depth: number },
  recorded: RecordedBook,
  shown: Grid | undefined,
): BookBody {
  const grid = commonGrid([shown ?? recorded.grid, recorded.grid]);
  const factors = must(gridFactors(recorded.grid, grid), 'a common grid');
  const { bids, asks, sequence, eventTime } = regridBook(recorded.book, factors);
  return {
    symbol,
    instrument: { symbol, ...grid },
    epoch: recorded.session,
    sequence,
    eventTime,
    bids: depth === 0 ? bids : bids.slice(0, depth),
    asks: depth === 0 ? asks : asks.slice(0, depth),
    checksum: bookChecksum(asks, bids),
    ...recordedStanding(recorded, history.states.before(recorded.session, symbol, at)),
    session: recorded.session,
  };
}

/**
 * The book's state as a replay reports it (H6). Older recordings and imports do not record since when a book is
 * crossed: there it is the book's last change, the earliest time known.
 */
function recordedStanding(
  { book, gap }: RecordedBook,
  row: RecordedState | undefined,
): Pick<BookBody, 'state' | 'reason' | 'since'> {
  const trouble = recordedTrouble(row, gap);
  if (trouble?.state === 'stale') return { ...trouble };
  const state = trouble?.state ?? 'ok';
  const [bid, ask] = [book.bids[0], book.asks[0]];
  const isCrossed = bid !== undefined && ask !== undefined && bid[0] >= ask[0];
  const crossedSince = isCrossed ? (row?.crossedSince ?? book.eventTime) : undefined;
  return crossedStanding(state, crossedSince) ?? trouble ?? { state };
}

/**
 * The state before `at`. The time of a finished recording's last change means its end: no later time is in the
 * recording, so its final state could not be requested otherwise.
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

function liveBook(market: SymbolMarket, depth: number): BookBody {
  if (!market.ready)
    throw new ApiError('notReady', `symbol: the book of ${market.symbol} is not ready`);
  const { bids, asks, sequence, eventTime } = market.book.snapshot(depth === 0 ? undefined : depth);
  return {
    symbol: market.symbol,
    instrument: gridBody(market.symbol, market.instrument),
    epoch: market.epoch,
    sequence,
    eventTime,
    bids,
    asks,
    checksum: market.book.checksum(),
    ...bookStandingOf(market),
  };
}
