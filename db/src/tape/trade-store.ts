import { commonGrid, type Grid, gridFactors, regridTrade } from '@tapedeck/market/grid/grid';
import type { Aggressor, EpochMs } from '@tapedeck/market/number/level';
import type { Trade } from '@tapedeck/market/tape/trade';

import type { SqliteConnection } from '../database/database.ts';
import type { SessionMarket, SessionStore } from '../session/session-store.ts';
import { TapeOwners } from './tape-owners.ts';

/** Which trades to read: `from <= eventTime <= to`, oldest first. */
export type TradeQuery = {
  readonly symbol: string;
  /** If absent, all sessions of the symbol in order; where they overlap, only the tape's owner (`tape-owners.ts`). */
  readonly session?: string | undefined;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** `next` of the previous page. */
  readonly cursor?: string | undefined;
  /** The preferred grid, used if it represents each session of the range exactly. */
  readonly wanted?: Grid | undefined;
};

/** A page of trades; `next` is absent on the last one. */
export type TradePage = {
  readonly trades: readonly Trade[];
  /** The coarsest grid that represents `wanted` and all sessions of the range exactly, equal on every page. */
  readonly grid: Grid | undefined;
  readonly next?: string | undefined;
  /** Position of the last trade, or of the page's start; undefined before the first trade. */
  readonly end?: TradePosition | undefined;
};

/** A position in the tape. Trades are ordered by session, time, sequence. */
export type TradePosition = {
  /** The market's session row, as in cursors; 0 if none is stored. */
  readonly key: number;
  readonly time: EpochMs;
  readonly sequence: number;
};

type TradeRow = {
  readonly sequence: number;
  readonly event_time: number;
  readonly price_ticks: number;
  readonly size_lots: number;
  readonly aggressor: number;
};

const COLUMNS = 'sequence, event_time, price_ticks, size_lots, aggressor';
const ITERATOR_PAGE = 2_000;
const CURSOR = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})$/;

/** Historical trades. */
export class TradeStore {
  readonly #sessions: SessionStore;
  readonly #owners: TapeOwners;
  readonly #range;
  readonly #last;
  readonly #after;
  readonly #newest;

  constructor(connection: SqliteConnection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#owners = new TapeOwners(connection, sessions);
    this.#range = connection.prepare<[number, number, number, number, number], TradeRow>(
      `select ${COLUMNS} from trade where session_symbol = ?
       and (event_time, sequence) > (?, ?) and event_time <= ? order by event_time, sequence limit ?`,
    );
    this.#after = connection.prepare<[number, number, number], TradeRow>(
      `select ${COLUMNS} from trade where session_symbol = ? and sequence > ? order by sequence limit ?`,
    );
    this.#last = connection
      .prepare<[number], number>(
        'select sequence from trade where session_symbol = ? order by sequence desc limit 1',
      )
      .pluck();
    this.#newest = connection.prepare<[number, number, number, number], TradeRow>(
      `select ${COLUMNS} from trade where session_symbol = ? and event_time >= ? and event_time < ?
       order by event_time desc, sequence desc limit ?`,
    );
  }

  /**
   * One page of trades, oldest first, in one grid. With an invalid cursor the page starts at `from`, as without one;
   * check it with `isCursor`.
   * @throws GridError for numbers beyond the safe integers.
   */
  page(query: TradeQuery): TradePage {
    const { from = 0, to = Number.MAX_SAFE_INTEGER } = query;
    const trades: Trade[] = [];
    const parts = this.#parts(query);
    const start = parseCursor(query.cursor);
    const startPart = start === undefined ? 0 : partOf(parts, start);
    let last = start;
    const asked = parts.filter((part) => part.from <= to && part.to >= from);
    const grids = asked.map(({ market }) => market);
    const [first, ...others] = query.wanted === undefined ? grids : [query.wanted, ...grids];
    const grid = first && commonGrid([first, ...others]);
    for (const [at, part] of parts.entries()) {
      if (at < startPart) continue;
      const { market } = part;
      const factors = gridFactors(market, grid ?? market);
      if (factors === undefined) continue;
      const isStart = at === startPart && start !== undefined && start.time >= part.from;
      const after = isStart ? start : { time: Math.max(from, part.from), sequence: -1 };
      const wanted = query.limit - trades.length;
      for (const row of this.#range.iterate(
        market.key,
        after.time,
        after.sequence,
        Math.min(to, part.to),
        wanted + 1,
      )) {
        // One more row than requested means that there is a next page.
        if (trades.length === query.limit)
          return { trades, grid, next: last && tradeCursor(last), end: last };
        trades.push(regridTrade(toTrade(row), factors));
        last = { key: market.key, time: row.event_time, sequence: row.sequence };
      }
    }
    return { trades, grid, end: last };
  }

  /** The position that a trade will have once it is written. */
  positionOf(symbol: string, { eventTime: time, sequence }: Trade): TradePosition {
    const markets = this.#owners.markets(symbol);
    const market = markets.find(({ isOpen }) => isOpen) ?? this.#sessions.markets(symbol)[0];
    return { key: market?.key ?? 0, time, sequence };
  }

  /**
   * The newest `limit` trades before `before` (of the newest session if none is given), oldest first. With `grid`
   * they are in that grid; none if it does not represent the session's steps exactly.
   */
  newest(
    symbol: string,
    before: EpochMs,
    limit: number,
    { session, grid }: { readonly session?: string | undefined; readonly grid?: Grid } = {},
  ): readonly Trade[] {
    const part = this.#parts({ symbol, session }).at(-1);
    const factors = part && gridFactors(part.market, grid ?? part.market);
    if (part === undefined || factors === undefined) return [];
    // No event has the last safe integer as its time, so it marks the end.
    const rows = this.#newest.all(part.market.key, part.from, Math.min(before, part.to + 1), limit);
    return rows.map((row) => regridTrade(toTrade(row), factors)).toReversed();
  }

  /** Trades of one recording with `from <= eventTime <= to`, in order. */
  within(market: SessionMarket, from: EpochMs, to: EpochMs): readonly Trade[] {
    return this.#range.all(market.key, from, -1, to, Number.MAX_SAFE_INTEGER).map(toTrade);
  }

  /** Trades of a session in order of time, starting at `from`, for replay; read one page at a time. */
  *tradesFrom(session: string, symbol: string, from: EpochMs): Generator<Trade> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    let after = { time: from, sequence: -1 };
    for (;;) {
      const rows = this.#range.all(
        market.key,
        after.time,
        after.sequence,
        Number.MAX_SAFE_INTEGER,
        ITERATOR_PAGE,
      );
      for (const row of rows) yield toTrade(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < ITERATOR_PAGE) return;
      after = { time: last.event_time, sequence: last.sequence };
    }
  }

  /** All trades of a session in recorded order, which late trades make different from order of time. */
  *inSequence(session: string, symbol: string): Generator<Trade> {
    const market = this.#sessions.market(session, symbol);
    let after = -1;
    while (market !== undefined) {
      const rows = this.#after.all(market.key, after, ITERATOR_PAGE);
      for (const row of rows) yield toTrade(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < ITERATOR_PAGE) return;
      after = last.sequence;
    }
  }

  /** Trades after a sequence, in order, for a client that resumes (P17). */
  after(session: string, symbol: string, sequence: number, limit: number): readonly Trade[] {
    const market = this.#sessions.market(session, symbol);
    return market === undefined ? [] : this.#after.all(market.key, sequence, limit).map(toTrade);
  }

  /** Sequence of the last recorded trade; 0 if there is none. */
  lastSequence(session: string, symbol: string): number {
    const market = this.#sessions.market(session, symbol);
    return market === undefined ? 0 : (this.#last.get(market.key) ?? 0);
  }

  /** Sequence of the last trade in the newest session that has trades of the symbol; 0 if there is none. */
  lastSequenceOf(symbol: string): number {
    for (const { key } of this.#sessions.markets(symbol)) {
      const last = this.#last.get(key);
      if (last !== undefined) return last;
    }
    return 0;
  }

  /** What is read, in order. */
  #parts({ symbol, session }: Pick<TradeQuery, 'symbol' | 'session'>): readonly TapePart[] {
    if (session === undefined) return this.#owners.stretches(symbol);
    const market = this.#sessions.market(session, symbol);
    return market === undefined ? [] : [{ market, from: 0, to: Number.MAX_SAFE_INTEGER }];
  }
}

type TapePart = {
  readonly market: SessionMarket;
  readonly from: EpochMs;
  readonly to: EpochMs;
};

/** The part that contains a position, or the first one after it if its session no longer owns the tape there. */
function partOf(parts: readonly TapePart[], { key, time }: TradePosition): number {
  const own = parts.findIndex(({ market, to }) => market.key === key && to >= time);
  if (own >= 0) return own;
  const next = parts.findIndex(({ to }) => to > time);
  return next < 0 ? parts.length : next;
}

/** Whether `text` is a valid cursor. */
export function isCursor(text: string): boolean {
  return CURSOR.test(text);
}

function parseCursor(text: string | undefined): TradePosition | undefined {
  const parts = text === undefined ? null : CURSOR.exec(text);
  if (parts === null) return undefined;
  return { key: Number(parts[1]), time: Number(parts[2]), sequence: Number(parts[3]) };
}

/** A position as a cursor for `page`. */
export function tradeCursor({ key, time, sequence }: TradePosition): string {
  return `${key}.${time}.${sequence}`;
}

function toTrade(row: TradeRow): Trade {
  const aggressor: Aggressor = row.aggressor === 1 ? 'buy' : 'sell';
  return {
    sequence: row.sequence,
    eventTime: row.event_time,
    priceTicks: row.price_ticks,
    sizeLots: row.size_lots,
    aggressor,
  };
}
