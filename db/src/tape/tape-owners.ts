/*
 * Tape ownership. Sessions of one market may overlap: two imports of one night, an import of what was recorded here,
 * a simulated market whose time runs ahead of the clock. Unless a query names a session, each time has one owner,
 * because trades would otherwise appear twice: the newest session that has trades and no gap at that time, or, if all
 * have a gap, the newest (as with books, P28a).
 *
 *   older   [========================]            [=======]        [====]
 *   newer            [======]                        then  [===]
 *   owner   |  older |newer | older  |            | older |newer|  |older|
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { SqliteConnection } from '../database/database.ts';
import type { SessionMarket, SessionStore } from '../session/session-store.ts';

/** A session's recording of a market. */
export type TapeMarket = SessionMarket & {
  /** Recorded by a feed, not imported. */
  readonly isOwn: boolean;
  readonly isOpen: boolean;
  /** False for books and candles only, and if retention removed all trades. */
  readonly hasTrades: boolean;
};

/** A part of a recording that owns the tape: `from <= eventTime <= to`. */
export type TapeStretch = {
  readonly market: TapeMarket;
  readonly from: EpochMs;
  readonly to: EpochMs;
};

/**
 * The sessions of a feed are consecutive, but a trade may be this late (later pushed trades are refused). So a
 * session that starts this little before the end of the previous one has different trades, not the same ones again.
 */
const LATE_MS = 60_000;

type Flags = 'isOwn' | 'isOpen' | 'hasTrades';
type TapeRow = Omit<TapeMarket, Flags> & Readonly<Record<Flags, 0 | 1>>;

export class TapeOwners {
  readonly #sessions: SessionStore;
  readonly #tapes;

  constructor(connection: SqliteConnection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#tapes = connection.prepare<[string], TapeRow>(
      `select ss.id as key, ss.session, ss.symbol, ss.tick_size as tickSize, ss.lot_size as lotSize,
         ss.first_time as firstTime, ss.last_time as lastTime, session.fingerprint is null as isOwn,
         session.state = 'recording' as isOpen, ss.trades > 0 as hasTrades
       from session_symbol ss join session on session.id = ss.session
       where ss.symbol = ? and ss.first_time is not null and session.state <> 'importing'
       order by ss.first_time desc, ss.id desc`,
    );
  }

  /** Every recording of a market, newest first. */
  markets(symbol: string): readonly TapeMarket[] {
    return this.#tapes.all(symbol).map((row) => ({
      ...row,
      isOwn: row.isOwn === 1,
      isOpen: row.isOpen === 1,
      hasTrades: row.hasTrades === 1,
    }));
  }

  /** The whole tape of a market, in order; parts of consecutive sessions may touch. */
  stretches(symbol: string, all = this.markets(symbol)): readonly TapeStretch[] {
    const markets = all.filter(({ hasTrades }) => hasTrades);
    const rivals = rivalsOf(markets);
    const claims: TapeStretch[] = [];
    const claim = (market: TapeMarket, wanted: readonly Range[]): void => {
      const taken = claims.filter((other) => rivals.get(market)?.has(other.market) === true);
      for (const range of without(wanted, taken)) claims.push({ market, ...range });
    };
    const holes = new Map(
      markets.map((market) => [market, rivals.has(market) ? this.#holesOf(market) : []]),
    );
    for (const market of markets)
      claim(market, without([rangeOf(market)], holes.get(market) ?? []));
    for (const market of markets) claim(market, within(holes.get(market) ?? [], rangeOf(market)));
    return joined(claims);
  }

  /** Strictly inside: the event at the start of a gap is known. */
  #holesOf({ session, symbol }: TapeMarket): readonly Range[] {
    return this.#sessions
      .gaps(session, symbol)
      .map(({ from, to }) => ({ from: from + 1, to: to - 1 }))
      .filter(({ from, to }) => from <= to);
  }
}

/** Times within a recording at which ownership of the tape changes to or from another session. */
export function isCut({ market, from, to }: TapeStretch): {
  readonly from: boolean;
  readonly to: boolean;
} {
  const range = rangeOf(market);
  return { from: from > range.from, to: to < range.to };
}

type Range = { readonly from: EpochMs; readonly to: EpochMs };

/** A session being recorded may have more data by the time it is read. */
function rangeOf({ firstTime, lastTime, isOpen }: TapeMarket): Range {
  return { from: firstTime, to: isOpen ? Number.MAX_SAFE_INTEGER : lastTime };
}

/** The sessions that overlap in time. `markets` are newest first. */
function rivalsOf(
  markets: readonly TapeMarket[],
): ReadonlyMap<TapeMarket, ReadonlySet<TapeMarket>> {
  const rivals = new Map<TapeMarket, Set<TapeMarket>>();
  const add = (a: TapeMarket, b: TapeMarket): void => {
    const known = rivals.get(a) ?? new Set();
    rivals.set(a, known.add(b));
  };
  let lasting: readonly TapeMarket[] = [];
  for (const later of markets.toReversed()) {
    lasting = lasting.filter(({ lastTime }) => lastTime > later.firstTime);
    for (const earlier of lasting) {
      const isLate = earlier.isOwn && later.isOwn && earlier.lastTime - later.firstTime <= LATE_MS;
      if (isLate) continue;
      add(earlier, later);
      add(later, earlier);
    }
    lasting = [...lasting, later];
  }
  return rivals;
}

/** The parts of the ranges that are in none of the others. */
function without(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  let left = ranges;
  for (const other of others) {
    left = left.flatMap((range) => {
      if (other.to < range.from || other.from > range.to) return [range];
      return [
        { from: range.from, to: other.from - 1 },
        { from: other.to + 1, to: range.to },
      ].filter(({ from, to }) => from <= to);
    });
  }
  return left;
}

function within(ranges: readonly Range[], { from, to }: Range): readonly Range[] {
  return ranges
    .map((range) => ({ from: Math.max(range.from, from), to: Math.min(range.to, to) }))
    .filter((range) => range.from <= range.to);
}

/** In order, with adjacent parts of one session merged. */
function joined(claims: readonly TapeStretch[]): readonly TapeStretch[] {
  const stretches: TapeStretch[] = [];
  const byMarket = Map.groupBy(claims, ({ market }) => market);
  for (const own of byMarket.values()) {
    let last: TapeStretch | undefined;
    for (const claim of own.toSorted((a, b) => a.from - b.from)) {
      if (last !== undefined && claim.from <= last.to + 1) {
        stretches.pop();
        last = { ...last, to: Math.max(last.to, claim.to) };
      } else last = claim;
      stretches.push(last);
    }
  }
  return stretches.toSorted((a, b) => a.from - b.from || a.market.key - b.market.key);
}
