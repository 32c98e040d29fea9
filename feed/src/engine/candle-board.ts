/*
 * Candles of one symbol, from two stored grains. Those since the feed started are kept in rings; older ones come from
 * the history. Every longer interval is derived from these two, so 5 x 1m = 5m by construction, and the forming
 * candle of a channel continues what `GET /v1/candles` returned (P18), because both read this board.
 *
 *   trades -> [1s ring] -> 5s 15s
 *          -> [1m ring] -> 5m 15m 1h 4h 1d and the 24 hours of the ticker
 *
 * A change of the market's grid (P13) loses nothing: the board counts in the coarsest steps that both grids fit, and
 * only its output is rounded to the nearest steps of the current grid (P1a).
 */
import {
  coarserCandles,
  commonGrid,
  type Grid,
  GridError,
  type GridFactors,
  gridFactors,
  isSameGrid,
  nearestCandles,
  regridCandle,
  regridTrade,
} from '@tapedeck/market/grid/grid';
import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import {
  bucketStart,
  type Candle,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/tape/candle';
import { deriveCandles, layeredCandles } from '@tapedeck/market/tape/candle-builder';
import type { Trade } from '@tapedeck/market/tape/trade';

import { type Grain, GrainBoard } from './grain-board.ts';

/** Candles with `from <= openTime < to`, rounded to the nearest steps of the market's current grid. */
type GrainHistory = (interval: CandleInterval, from: EpochMs, to: EpochMs) => readonly Candle[];

const DAY_MS = 86_400_000;
const ONE: GridFactors = { price: 1, size: 1 };

/** Which stored grain an interval is derived from. */
export function grainOf(interval: CandleInterval): Grain {
  return INTERVAL_MS[interval] < 60_000 ? '1s' : '1m';
}

export class CandleBoard {
  readonly #history: GrainHistory;
  readonly #boards: Readonly<Record<Grain, GrainBoard>> = {
    '1s': new GrainBoard('1s'),
    '1m': new GrainBoard('1m'),
  };
  /** Hours from the venue, for those of which there are no minutes. */
  #hours: readonly Candle[] = [];
  /** The market's grid. */
  #shown: Grid;
  /** The grid of the numbers kept here. */
  #grid: Grid;
  /** A step of the market in steps of the numbers kept here. */
  #factors: GridFactors = ONE;
  /** Sums over all but the newest minute. */
  #day:
    | { readonly minute: EpochMs; readonly volume: number; readonly open: number | undefined }
    | undefined;

  #told: { readonly end: EpochMs; readonly close: number } | undefined;

  constructor(grid: Grid, history: GrainHistory) {
    this.#shown = grid;
    this.#grid = grid;
    this.#history = history;
  }

  /** For a source without trades: the newest closed candle that it sent. Undefined forgets it. */
  tell(told: { readonly end: EpochMs; readonly close: number } | undefined): void {
    this.#told = told;
    this.#day = undefined;
  }

  /** Close of the newest candle of any interval. */
  get close(): number | undefined {
    return this.forming('1m')?.close ?? this.#told?.close;
  }

  add(trade: Trade): void {
    const kept = this.#orSettled(() => regridTrade(trade, this.#factors));
    this.#boards['1s'].add(kept);
    if (this.#boards['1m'].add(kept)) this.#day = undefined;
  }

  /**
   * Continues from earlier data (after a seek): the trades of the last minutes, oldest first, from the start of a
   * minute. They are added, so that the newest candles cover their whole buckets.
   */
  restore(trades: readonly Trade[]): void {
    this.clear();
    for (const trade of trades) this.add(trade);
  }

  /**
   * Loads stored rows, closed and forming, oldest first, in `grid`: the market's grid, or a finer one that the
   * market's fits. @throws GridError for numbers beyond the safe integers; nothing is loaded then.
   */
  seed(grain: Grain, rows: readonly Candle[], grid: Grid = this.#shown): void {
    if (!isSameGrid(grid, this.#shown)) this.#countIn(grid);
    const factors = must(gridFactors(grid, this.#grid), 'a common grid');
    this.#boards[grain].replaceAll(rows.map((row) => regridCandle(row, factors)));
    this.#day = undefined;
  }

  /** The same for closed hours of the venue, which may begin before its minutes. */
  seedHours(rows: readonly Candle[], grid: Grid = this.#shown): void {
    if (!isSameGrid(grid, this.#shown)) this.#countIn(grid);
    const factors = must(gridFactors(grid, this.#grid), 'a common grid');
    this.#hours = rows.map((row) => regridCandle(row, factors));
    this.#day = undefined;
  }

  clear(): void {
    for (const board of Object.values(this.#boards)) board.replaceAll([]);
    this.#hours = [];
    this.#grid = this.#shown;
    this.#factors = ONE;
    this.#day = undefined;
  }

  /** The market changes its grid. */
  regrid(grid: Grid): void {
    this.#shown = grid;
    this.#day = undefined;
    if (this.#boards['1m'].newest === undefined && this.#hours.length === 0) return this.clear();
    try {
      this.#countIn(grid);
    } catch (error) {
      if (!(error instanceof GridError)) throw error;
      // No number can express both; the history has them, in answers that name their own grid.
      this.clear();
    }
  }

  /**
   * Candles with `from <= openTime < to`, oldest first, the forming one last if it is in the range; at most `limit`,
   * the newest ones if there are more. Their numbers are rounded to the market's nearest steps.
   */
  candles(interval: CandleInterval, from: EpochMs, to: EpochMs, limit: number): Candle[] {
    return this.#orSettled(() => {
      const rows = this.#derived(interval, from, to, limit);
      return [...nearestCandles(rows, this.#factors)];
    });
  }

  /** The same, exactly: in the market's grid if all of them fit it, otherwise in the grid they are kept in. */
  series(
    interval: CandleInterval,
    from: EpochMs,
    to: EpochMs,
    limit: number,
  ): { readonly grid: Grid; readonly candles: readonly Candle[] } {
    return this.#orSettled(() => {
      const rows = this.#derived(interval, from, to, limit);
      const fitting = coarserCandles(rows, this.#factors);
      return fitting === undefined
        ? { grid: this.#grid, candles: rows }
        : { grid: this.#shown, candles: fitting };
    });
  }

  /** Open time of the oldest candle from this board's own trades; undefined before its first trade. */
  knownFrom(grain: Grain): EpochMs | undefined {
    return this.#boards[grain].knownFrom;
  }

  /** The candle of the bucket with the newest trade: forming, or the last that closed. */
  forming(interval: CandleInterval): Candle | undefined {
    const told = this.#told && this.#told.end - 1;
    const newest = this.#boards[grainOf(interval)].newest?.openTime ?? told;
    if (newest === undefined) return undefined;
    const openTime = bucketStart(newest, interval);
    return this.candles(interval, openTime, openTime + INTERVAL_MS[interval], 1)[0];
  }

  /**
   * Price a day before `now` (the first in the window, if the market is younger) and volume since then, in whole
   * minutes: the current one and the 1,440 before it.
   */
  day(now: EpochMs): { readonly open24h: number | undefined; readonly volume24h: number } {
    const minute = bucketStart(now, '1m');
    const from = minute - DAY_MS;
    const { newest } = this.#boards['1m'];
    if (this.#day?.minute !== minute) {
      const rows = this.#orSettled(() => this.#rows('1m', from, minute + INTERVAL_MS['1m']));
      const first = rows[0]?.openTime ?? minute;
      const hours = this.#hours.filter(
        ({ openTime }) => openTime >= from && openTime + INTERVAL_MS['1h'] <= first,
      );
      const before = [...hours, ...rows].filter((row) => row.openTime !== newest?.openTime);
      const volume = before.reduce((sum, row) => sum + row.volume, 0);
      this.#day = { minute, volume, open: before[0]?.open };
    }
    const last = newest !== undefined && newest.openTime >= from ? newest : undefined;
    const open = this.#day.open ?? last?.open;
    const { price, size } = this.#factors;
    return {
      open24h: open === undefined ? undefined : Math.round(open / price),
      volume24h: Math.round((this.#day.volume + (last?.volume ?? 0)) / size),
    };
  }

  #derived(interval: CandleInterval, from: EpochMs, to: EpochMs, limit: number): readonly Candle[] {
    const start = Math.max(bucketStart(Math.max(from, 0), interval), from);
    const grain = grainOf(interval);
    const rows = this.#rows(grain, start, to);
    const hours =
      INTERVAL_MS[interval] % INTERVAL_MS['1h'] === 0
        ? this.#hours.filter(({ openTime }) => openTime >= start && openTime < to)
        : [];
    const finest = hours.length === 0 ? rows : layeredCandles(rows, hours, '1h');
    const derived = interval === grain ? rows : [...deriveCandles(finest, interval)];
    const all = this.#told === undefined ? derived : this.#withTold(derived, interval, start, to);
    return all.length > limit ? all.slice(all.length - limit) : all;
  }

  /** A source may send long candles only: until they are closed, those derived from shorter ones are used. */
  #withTold(
    derived: readonly Candle[],
    interval: CandleInterval,
    from: EpochMs,
    to: EpochMs,
  ): readonly Candle[] {
    const told = this.#history(interval, from, to);
    const known = new Set(told.map(({ openTime }) => openTime));
    const added = derived.filter(({ openTime }) => !known.has(openTime));
    return [...told, ...added].toSorted((a, b) => a.openTime - b.openTime);
  }

  #rows(grain: Grain, from: EpochMs, to: EpochMs): readonly Candle[] {
    const board = this.#boards[grain];
    const within = board.rows(from, to);
    const olderTo = Math.min(to, board.knownFrom ?? to);
    if (from >= olderTo) return within;
    const older = this.#history(grain, from, olderTo);
    return [...older.map((row) => regridCandle(row, this.#factors)), ...within];
  }

  /** Switches to the coarsest grid that fits these rows and its own. @throws GridError; nothing has changed then. */
  #countIn(grid: Grid): void {
    const common = commonGrid([grid, this.#grid]);
    const factors = must(gridFactors(this.#grid, common), 'a common grid');
    this.#scale((rows) => rows.map((row) => regridCandle(row, factors)));
    this.#grid = common;
    this.#factors = must(gridFactors(this.#shown, common), 'a common grid');
  }

  #scale(scaled: (rows: readonly Candle[]) => readonly Candle[]): void {
    const boards = Object.values(this.#boards);
    const rows = boards.map((board) => scaled(board.rows()));
    const hours = scaled(this.#hours);
    for (const [i, board] of boards.entries()) board.replaceAll(rows[i] ?? []);
    this.#hours = hours;
  }

  /**
   * Numbers too large for the grid kept here are from then on kept in the market's own, rounded to the nearest step.
   */
  #orSettled<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof GridError)) throw error;
    }
    this.#scale((rows) => nearestCandles(rows, this.#factors));
    this.#grid = this.#shown;
    this.#factors = ONE;
    this.#day = undefined;
    return work();
  }
}
