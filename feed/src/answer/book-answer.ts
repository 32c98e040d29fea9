import type { RecordedBook } from '@tapedeck/db/book/book-store';
import type { History } from '@tapedeck/db/history';
import { bookChecksum } from '@tapedeck/market/book/checksum';
import { commonGrid, type Grid, gridFactors, regridBook } from '@tapedeck/market/grid/grid';
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

/** One book: live, recorded or of a replay. @throws ApiError where there is none. */
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
  // What the recorder has not written yet is still here: nothing has happened since.
  const isLatest = market?.ready === true && market.book.eventTime < moment;
  if (isLatest && moment <= clock.now() + 1) return liveBook(market, depth);
  if (market === undefined && history.instruments.get(symbol) === undefined)
    throw unknownSymbol(history, symbol);
  throw new ApiError('unknown', `at: ${nothingAt(history, symbol, moment, within)}`);
}

/** A session answers for itself alone (P28b): what lies before it is another's, also where it has that hole recorded. */
function nothingAt(
  history: History,
  symbol: string,
  at: EpochMs,
  session: string | undefined,
): string {
  const found = session === undefined ? undefined : history.sessions.get(session);
  if (found === undefined) return `nothing is recorded of ${symbol} at ${at}`;
  const { id, from, to } = found;
  const where = at <= from ? 'is before' : at > to + 1 ? 'is after' : 'has no book in';
  return `${at} ${where} session ${id}, ${from} to ${to}; without session another may answer`;
}

/** In the grid that is shown, or in a finer one where a recorded step is not a whole number of its steps. */
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
 * Where the book stood, as a replay says it (H6). An older recording, and one of an import, does not say since when its book
 * is crossed: since its last change, as far as is known.
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
  if (!isCrossed) return trouble === undefined ? { state } : { ...trouble };
  return { state, reason: 'crossed', since: row?.crossedSince ?? book.eventTime };
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
