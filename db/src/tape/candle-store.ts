import {
  coarserCandles,
  commonGrid,
  type Grid,
  gridFactors,
  nearestCandles,
} from '@tapedeck/market/grid/grid';
import type { EpochMs } from '@tapedeck/market/number/level';
import {
  type Candle,
  CANDLE_INTERVALS,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/tape/candle';

import type { SqliteConnection } from '../database/database.ts';
import type { SessionMarket, SessionStore } from '../session/session-store.ts';
import { type CandlePart, mergeCandles, type StoredCandle } from './candle-merge.ts';
import { withCoarse } from './coarse-candles.ts';
import { isCut, type TapeMarket, TapeOwners } from './tape-owners.ts';
import type { TradeStore } from './trade-store.ts';

/** Which candles to read: `from <= openTime < to`, oldest first. */
export type CandleQuery = {
  readonly symbol: string;
  readonly interval: CandleInterval;
  /** If absent, the newest `limit` candles before `to` are read. */
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** If absent, all sessions of the symbol; where they overlap, the owner of the tape (`tape-owners.ts`). */
  readonly session?: string | undefined;
};

/** A candle provided by a source, and the first time after its end. */
export type ToldCandle = { readonly candle: Candle; readonly end: EpochMs };

/** Candles of one grid. */
export type CandleSeries = { readonly grid: Grid | undefined; readonly candles: readonly Candle[] };

type CandleRow = {
  readonly session_symbol: number;
  readonly open_time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly buy_volume: number;
  readonly trades: number;
  readonly backfilled: number;
};

const COLUMNS =
  'session_symbol, open_time, open, high, low, close, volume, buy_volume, trades, backfilled';

/**
 * The stored intervals. Every other one is derived from the longest stored interval that divides it, or comes from
 * the source (`coarse-candles.ts`).
 */
const STORED = ['1s', '1m'] as const;
export type StoredInterval = (typeof STORED)[number];

function baseOf(interval: CandleInterval): StoredInterval {
  return INTERVAL_MS[interval] % INTERVAL_MS['1m'] === 0 ? '1m' : '1s';
}

/** Rows of each session read in one step: some milliseconds of work. */
const PIECE_ROWS = 3_000;

/** Historical OHLCV. 1 s and 1 m are stored; all other intervals are derived from them exactly. */
export class CandleStore {
  readonly #connection: SqliteConnection;
  readonly #sessions: SessionStore;
  readonly #trades: TradeStore;
  readonly #owners: TapeOwners;
  readonly #ascending;
  readonly #descending;
  readonly #backfill;

  constructor(connection: SqliteConnection, sessions: SessionStore, trades: TradeStore) {
    this.#connection = connection;
    this.#sessions = sessions;
    this.#trades = trades;
    this.#owners = new TapeOwners(connection, sessions);
    this.#ascending = connection.prepare<[number, number, number, number, number], CandleRow>(
      `select ${COLUMNS} from candle where session_symbol = ? and interval_ms = ?
       and open_time >= ? and open_time < ? order by open_time limit ?`,
    );
    this.#descending = connection.prepare<[number, number, number, number, number], CandleRow>(
      `select ${COLUMNS} from candle where session_symbol = ? and interval_ms = ?
       and open_time >= ? and open_time < ? order by open_time desc limit ?`,
    );
    this.#backfill = connection.prepare(
      `insert into candle (session_symbol, interval_ms, open_time, open, high, low, close, volume, buy_volume, trades, backfilled)
       select @key, @intervalMs, @openTime, @open, @high, @low, @close, @volume, @buyVolume, @trades, 1
       where not exists (select 1 from candle join session_symbol on session_symbol.id = candle.session_symbol
         where session_symbol.symbol = @symbol and interval_ms = @intervalMs and open_time = @openTime)`,
    );
  }

  /**
   * Candles of any interval, oldest first, at most `limit`, none for a bucket without trades. They are in `grid`, by
   * default that of the newest session, and begin after the last session whose steps `grid` does not represent
   * exactly, so that the series has no gap.
   */
  range(query: CandleQuery & { readonly grid?: Grid | undefined }): readonly Candle[] {
    const parts = this.#parts(query);
    const grid = query.grid ?? parts.at(-1)?.market;
    if (grid === undefined) return [];
    const isFit = ({ market }: CandleSource): boolean => gridFactors(market, grid) !== undefined;
    const ends = parts.filter((part) => !isFit(part)).map(({ market }) => market.lastTime);
    const end = Math.max(-1, ...ends);
    const from = query.from === undefined ? undefined : Math.max(query.from, end + 1);
    const candles = this.#read({ ...query, from }, parts.filter(isFit), grid);
    return end < 0 ? candles : candles.filter(({ openTime }) => openTime > end);
  }

  /**
   * Candles of all sessions in one grid: `wanted`, or, if a number falls off it, the coarsest grid that represents
   * all of them and `wanted` exactly. The grid is undefined if there is nothing.
   * @throws GridError for numbers beyond the safe integers.
   */
  series(query: CandleQuery, wanted?: Grid): CandleSeries {
    const work = this.pieces(query, wanted);
    for (let piece = work.next(); ; piece = work.next())
      if (piece.done === true) return piece.value;
  }

  /**
   * The same, yielding after every few milliseconds, so that other work gets its turn. Trades recorded meanwhile may
   * or may not be included; everything recorded before the call is.
   * @throws GridError for numbers beyond the safe integers.
   */
  *pieces(query: CandleQuery, wanted?: Grid): Generator<void, CandleSeries> {
    const parts = this.#parts(query);
    const grids = parts.map(({ market }) => market);
    const [first, ...others] = wanted === undefined ? grids : [wanted, ...grids];
    if (first === undefined) return { grid: undefined, candles: [] };
    const grid = commonGrid([first, ...others]);
    const candles = yield* this.#readPieces(query, parts, grid);
    const factors = wanted && gridFactors(wanted, grid);
    const fitting = factors && coarserCandles(candles, factors);
    return fitting === undefined ? { grid, candles } : { grid: wanted, candles: fitting };
  }

  /**
   * Candles of all sessions, rounded to the nearest step of `grid`. A live market continues from these: it has one
   * grid, but its longer candles and volumes must include data recorded in finer steps.
   */
  nearest(query: CandleQuery, grid: Grid): readonly Candle[] {
    const series = this.series(query, grid);
    const factors = series.grid && gridFactors(grid, series.grid);
    return factors === undefined ? [] : nearestCandles(series.candles, factors);
  }

  /** Each step reads the candles after the previous step's; for the newest candles, those before them. */
  *#readPieces(
    query: CandleQuery,
    sources: readonly CandleSource[],
    grid: Grid,
  ): Generator<void, readonly Candle[]> {
    const { interval, limit } = query;
    const length = INTERVAL_MS[interval];
    const most = Math.max(1, Math.floor(PIECE_ROWS / (length / INTERVAL_MS[baseOf(interval)])));
    const pieces: (readonly Candle[])[] = [];
    let rest: CandleQuery = query;
    for (let missing = limit; missing > 0;) {
      const piece = this.#read({ ...rest, limit: Math.min(missing, most) }, sources, grid);
      const [first, last] = [piece[0], piece.at(-1)];
      if (first === undefined || last === undefined) break;
      pieces.push(piece);
      missing -= piece.length;
      rest =
        query.from === undefined
          ? { ...rest, to: first.openTime }
          : { ...rest, from: last.openTime + length };
      yield;
    }
    return (query.from === undefined ? pieces.toReversed() : pieces).flat();
  }

  #read(query: CandleQuery, sources: readonly CandleSource[], grid: Grid): readonly Candle[] {
    const { interval, limit } = query;
    if (limit <= 0) return [];
    const base = baseOf(interval);
    const length = INTERVAL_MS[interval];
    // Only whole buckets, because half a bucket at the edge would give a wrong candle.
    const from = query.from === undefined ? 0 : Math.ceil(query.from / length) * length;
    const to =
      query.to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(query.to / length) * length;
    const newest = query.from === undefined;
    const read = (of: CandleInterval): readonly Candle[] => {
      // `limit` buckets have at most this many rows; one more row shows whether the edge bucket is complete.
      const rowLimit = Math.min((limit + 1) * (length / INTERVAL_MS[of]), 2_000_000);
      const statement = newest ? this.#descending : this.#ascending;
      const parts = sources.map((source): CandlePart => {
        const least = Math.max(from, source.from - (source.from % INTERVAL_MS[of]));
        const most = Math.min(to, source.to + 1);
        const rows = statement.all(source.market.key, INTERVAL_MS[of], least, most, rowLimit);
        const stored = rows.map(toStored);
        return { ...source, rows: newest ? stored.toReversed() : stored };
      });
      const cuts = sources.flatMap(({ cuts: own }) => own);
      return mergeCandles(parts, cuts, INTERVAL_MS[of], grid, (market, start, end) =>
        this.#trades.within(market, start, end),
      );
    };
    const merged = read(base);
    const candles = withCoarse(merged, base, interval, read);
    return newest ? candles.slice(-limit) : candles.slice(0, limit);
  }

  /**
   * Stores the source's candles from before the recording. A bucket that any session of the symbol already has is not
   * changed, because recorded data takes precedence. Returns the number of new candles.
   */
  backfill(
    session: string,
    symbol: string,
    interval: StoredInterval,
    candles: readonly Candle[],
  ): number {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return 0;
    const { key } = market;
    let added = 0;
    this.#connection.transaction(() => {
      for (const candle of candles) {
        const row = { ...candle, key, symbol, intervalMs: INTERVAL_MS[interval] };
        added += this.#backfill.run(row).changes;
      }
    })();
    return added;
  }

  /** The intervals for which a session has candles of a market: stored and derived ones. */
  intervals(session: string, symbol: string): readonly CandleInterval[] {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return [];
    const isStored = (interval: CandleInterval): boolean =>
      this.#ascending.get(market.key, INTERVAL_MS[interval], 0, Number.MAX_SAFE_INTEGER, 1) !==
      undefined;
    const stored = CANDLE_INTERVALS.filter(isStored);
    return CANDLE_INTERVALS.filter((interval) =>
      stored.some(
        (each) =>
          INTERVAL_MS[interval] % INTERVAL_MS[each] === 0 &&
          // Minute candles come from minute rows, never from second rows.
          (each !== '1s' || baseOf(interval) === '1s'),
      ),
    );
  }

  /**
   * For a market whose source provides only candles: those that end after `from`, in order of their ends; `end` is
   * the first time after the candle. Empty if there are trades, from which candles are built.
   */
  *toldFrom(session: string, symbol: string, from: EpochMs): Generator<ToldCandle> {
    const market = this.#toldMarket(session, symbol);
    if (market === undefined) return;
    const heads = CANDLE_INTERVALS.map((interval) => ({
      interval,
      at: from - INTERVAL_MS[interval],
    }));
    const read = ({ interval, at }: { interval: CandleInterval; at: EpochMs }) => {
      const row = this.#ascending.get(
        market.key,
        INTERVAL_MS[interval],
        Math.max(0, at + 1),
        Number.MAX_SAFE_INTEGER,
        1,
      );
      return row && { end: row.open_time + INTERVAL_MS[interval], candle: toCandle(row) };
    };
    const lanes = heads.map((head) => ({ head, next: read(head) }));
    for (;;) {
      let first: (typeof lanes)[number] | undefined;
      for (const lane of lanes)
        if (lane.next !== undefined && lane.next.end < (first?.next?.end ?? Infinity)) first = lane;
      if (first?.next === undefined) return;
      yield first.next;
      first.head = { ...first.head, at: first.next.candle.openTime };
      first.next = read(first.head);
    }
  }

  /** The last one that has ended at a given time. */
  toldAt(session: string, symbol: string, at: EpochMs): ToldCandle | undefined {
    const market = this.#toldMarket(session, symbol);
    if (market === undefined) return undefined;
    let newest: ToldCandle | undefined;
    for (const interval of CANDLE_INTERVALS) {
      const lengthMs = INTERVAL_MS[interval];
      const row = this.#descending.get(market.key, lengthMs, 0, at - lengthMs + 1, 1);
      const end = (row?.open_time ?? 0) + lengthMs;
      if (row !== undefined && end > (newest?.end ?? 0)) newest = { end, candle: toCandle(row) };
    }
    return newest;
  }

  #toldMarket(session: string, symbol: string): SessionMarket | undefined {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined || this.#sessions.isOpen(session)) return undefined;
    const hasTrades =
      this.#trades.newest(symbol, Number.MAX_SAFE_INTEGER, 1, { session }).length > 0;
    return hasTrades ? undefined : market;
  }

  /** The stored rows of a session, oldest first, and which of them the source provided. */
  stored(session: string, symbol: string, interval: CandleInterval): readonly StoredCandle[] {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return [];
    return this.#ascending
      .all(market.key, INTERVAL_MS[interval], 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
      .map(toStored);
  }

  /** What is read, oldest first. */
  #parts({ session, symbol }: CandleQuery): readonly CandleSource[] {
    const all = { from: 0, to: Number.MAX_SAFE_INTEGER, cuts: [] };
    if (session !== undefined) {
      const market = this.#sessions.market(session, symbol);
      if (market === undefined) return [];
      return [{ market: { ...market, isOwn: true, isOpen: false, hasTrades: true }, ...all }];
    }
    const markets = this.#owners.markets(symbol);
    const tape = this.#owners.stretches(symbol, markets).map((stretch): CandleSource => {
      const { market, from, to } = stretch;
      const cut = isCut(stretch);
      // Candles from the source, or kept by retention, precede the recorded trades.
      return {
        market,
        from: cut.from ? from : 0,
        to: cut.to ? to : all.to,
        cuts: [...(cut.from ? [from] : []), ...(cut.to ? [to + 1] : [])],
      };
    });
    const others = markets.filter(({ hasTrades }) => !hasTrades);
    return [...others.map((market) => ({ market, ...all })), ...tape].toSorted(
      (a, b) => Math.max(a.from, a.market.firstTime) - Math.max(b.from, b.market.firstTime),
    );
  }
}

/** A part of a session's candles, and where it meets other sessions' candles of the same time. */
type CandleSource = Omit<CandlePart, 'rows'> & {
  readonly market: TapeMarket;
  readonly cuts: readonly EpochMs[];
};

function toStored(row: CandleRow): StoredCandle {
  return { candle: toCandle(row), backfilled: row.backfilled === 1 };
}

function toCandle(row: CandleRow): Candle {
  return {
    openTime: row.open_time,
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
    buyVolume: row.buy_volume,
    trades: row.trades,
  };
}
