import { must } from '@tapedeck/market/assert';
import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/candle';
import { deriveCandles, joinCandles } from '@tapedeck/market/candle-builder';
import {
  coarserCandles,
  commonGrid,
  type Grid,
  gridFactors,
  nearestCandles,
  regridCandle,
} from '@tapedeck/market/grid';
import type { EpochMs } from '@tapedeck/market/level';

import { withCoarse } from './coarse-candles.ts';
import type { Connection } from './database.ts';
import type { SessionMarket, SessionStore } from './session-store.ts';

/** Which candles to read: `from <= openTime < to`, oldest first. */
export type CandleQuery = {
  readonly symbol: string;
  readonly interval: CandleInterval;
  /** Without it the newest `limit` before `to` are read. */
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** Without it: of all sessions of the symbol. */
  readonly session?: string | undefined;
};

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
 * The intervals that are stored; every other one is derived from the longest of them that divides it, or was told by its
 * source alone (`coarse-candles.ts`).
 */
const STORED = ['1s', '1m'] as const;
export type StoredInterval = (typeof STORED)[number];

function baseOf(interval: CandleInterval): StoredInterval {
  return INTERVAL_MS[interval] % INTERVAL_MS['1m'] === 0 ? '1m' : '1s';
}

/** OHLCV of the past: 1 s and 1 m are rows, all else is derived from them exactly. */
export class CandleStore {
  readonly #connection: Connection;
  readonly #sessions: SessionStore;
  readonly #ascending;
  readonly #descending;
  readonly #backfill;

  constructor(connection: Connection, sessions: SessionStore) {
    this.#connection = connection;
    this.#sessions = sessions;
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
   * Candles of any interval, oldest first, at most `limit`. A bucket without a trade has none. They are in `grid`, that of
   * the newest session by default. They begin after the last session with steps that are not whole numbers of these, so
   * that they are whole from their first to their last.
   */
  range(query: CandleQuery & { readonly grid?: Grid | undefined }): readonly Candle[] {
    const markets = this.#markets(query);
    const grid = query.grid ?? markets.at(-1);
    if (grid === undefined) return [];
    const isFit = (market: SessionMarket): boolean => gridFactors(market, grid) !== undefined;
    const ends = markets.filter((market) => !isFit(market)).map(({ lastTime }) => lastTime);
    const end = Math.max(-1, ...ends);
    const from = query.from === undefined ? undefined : Math.max(query.from, end + 1);
    const candles = this.#read({ ...query, from }, markets.filter(isFit), grid);
    return end < 0 ? candles : candles.filter(({ openTime }) => openTime > end);
  }

  /**
   * Candles of all sessions in one grid: `wanted`, or, where a number of theirs falls between its steps, the coarsest one
   * that all of them and `wanted` fit. Undefined is the grid of nothing.
   * @throws GridError for numbers beyond the safe integers.
   */
  series(query: CandleQuery, wanted?: Grid): CandleSeries {
    const markets = this.#markets(query);
    const [first, ...others] = wanted === undefined ? markets : [wanted, ...markets];
    if (first === undefined) return { grid: undefined, candles: [] };
    const grid = commonGrid([first, ...others]);
    const candles = this.#read(query, markets, grid);
    const factors = wanted && gridFactors(wanted, grid);
    const fitting = factors && coarserCandles(candles, factors);
    return fitting === undefined ? { grid, candles } : { grid: wanted, candles: fitting };
  }

  /**
   * Candles of all sessions, each number at the nearest step of `grid`: what a live market goes on from, whose numbers are
   * in one grid and whose longer candles and volumes must not lack what was recorded in finer steps.
   */
  nearest(query: CandleQuery, grid: Grid): readonly Candle[] {
    const series = this.series(query, grid);
    const factors = series.grid && gridFactors(grid, series.grid);
    return factors === undefined ? [] : nearestCandles(series.candles, factors);
  }

  #read(query: CandleQuery, markets: readonly SessionMarket[], grid: Grid): readonly Candle[] {
    const { interval, limit } = query;
    if (limit <= 0) return [];
    const base = baseOf(interval);
    const length = INTERVAL_MS[interval];
    // Whole buckets only: half a bucket at the edge would be a wrong candle.
    const from = query.from === undefined ? 0 : Math.ceil(query.from / length) * length;
    const to =
      query.to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(query.to / length) * length;
    const newest = query.from === undefined;
    const read = (of: CandleInterval): readonly Candle[] => {
      // A bucket can be empty in part, so `limit` buckets hold at most this many rows; one more to see the edge whole.
      const rowLimit = Math.min((limit + 1) * (length / INTERVAL_MS[of]), 2_000_000);
      const statement = newest ? this.#descending : this.#ascending;
      const rows = markets.map((market) =>
        statement.all(market.key, INTERVAL_MS[of], from, to, rowLimit),
      );
      return mergeSessions(markets, newest ? rows.map((own) => own.toReversed()) : rows, grid);
    };
    const merged = read(base);
    const derived = base === interval ? merged : [...deriveCandles(merged, interval)];
    const candles = withCoarse(derived, interval, read);
    return newest ? candles.slice(-limit) : candles.slice(0, limit);
  }

  /**
   * Stores candles that the source had before the recording began. A bucket that any session of the symbol has
   * already is left as it is: what was recorded is better than what was told. Returns how many were new.
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

  /** The stored rows of a session, oldest first, and which of them the source told before it was recorded. */
  stored(
    session: string,
    symbol: string,
    interval: CandleInterval,
  ): readonly { readonly candle: Candle; readonly backfilled: boolean }[] {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return [];
    return this.#ascending
      .all(market.key, INTERVAL_MS[interval], 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
      .map((row) => ({ candle: toCandle(row), backfilled: row.backfilled === 1 }));
  }

  /** Sessions to read, oldest first. */
  #markets(query: CandleQuery): readonly SessionMarket[] {
    if (query.session !== undefined) {
      const market = this.#sessions.market(query.session, query.symbol);
      return market === undefined ? [] : [market];
    }
    return this.#sessions.markets(query.symbol).toReversed();
  }
}

/**
 * Rows of several sessions as one series. Two sessions of one feed at most touch: a bucket that both have was cut
 * between them, and its halves are joined. Where sessions do overlap (two imports of one night) the row
 * with more trades stands.
 */
function mergeSessions(
  markets: readonly SessionMarket[],
  rows: readonly (readonly CandleRow[])[],
  grid: Grid,
): readonly Candle[] {
  const merged = new Map<EpochMs, { candle: Candle; row: CandleRow; lastTime: EpochMs }>();
  for (const [at, market] of markets.entries()) {
    const factors = must(gridFactors(market, grid), `a grid that ${market.session} fits`);
    const own = rows[at] ?? [];
    if (rows.length === 1) return own.map((row) => regridCandle(toCandle(row), factors));
    for (const row of own) {
      const earlier = merged.get(row.open_time);
      const candle = regridCandle(toCandle(row), factors);
      const { lastTime } = market;
      if (earlier === undefined) merged.set(row.open_time, { candle, row, lastTime });
      else if (market.firstTime >= earlier.lastTime && row.backfilled === earlier.row.backfilled)
        merged.set(row.open_time, {
          candle: joinCandles(row.open_time, earlier.candle, candle),
          row,
          lastTime,
        });
      else if (row.backfilled < earlier.row.backfilled || row.trades > earlier.row.trades)
        merged.set(row.open_time, { candle, row, lastTime });
    }
  }
  return [...merged.values()]
    .map((entry) => entry.candle)
    .toSorted((a, b) => a.openTime - b.openTime);
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
