/*
 * Candles of one symbol, from two stored grains. Closed 1s and 1m candles of this life are kept in rings; what is
 * older comes from the history. Every longer interval is derived from these two, so 5 x 1m = 5m by construction, and
 * the forming candle of a channel continues what `GET /v1/candles` said (P18), because both read this board.
 *
 *   trades -> [1s ring + forming] -> 5s 15s
 *          -> [1m ring + forming] -> 5m 15m 1h 4h 1d
 */
import {
  bucketStart,
  type Candle,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/candle';
import { CandleBuilder, deriveCandles } from '@tapedeck/market/candle-builder';
import type { EpochMs } from '@tapedeck/market/level';
import type { Trade } from '@tapedeck/market/trade';

import { Ring } from './ring.ts';

type Grain = '1s' | '1m';
type GrainHistory = (grain: Grain, from: EpochMs, to: EpochMs) => readonly Candle[];

const RING: Readonly<Record<Grain, number>> = { '1s': 3_600, '1m': 2_880 };
const DAY_MS = 86_400_000;

/** Which stored grain an interval is made of. */
export function grainOf(interval: CandleInterval): Grain {
  return INTERVAL_MS[interval] < 60_000 ? '1s' : '1m';
}

class GrainBoard {
  readonly grain: Grain;
  readonly closed: Ring<Candle>;
  builder: CandleBuilder;

  constructor(grain: Grain) {
    this.grain = grain;
    this.closed = new Ring(RING[grain]);
    this.builder = new CandleBuilder(grain);
  }

  add(trade: Trade): void {
    const done = this.builder.add(trade);
    if (done === undefined) return;
    if (this.closed.last?.openTime === done.openTime) this.closed.replaceLast(done);
    else this.closed.push(done);
  }

  /** Start of what this board knows by itself: everything older is the history's. */
  get knownFrom(): EpochMs {
    return this.closed.first?.openTime ?? this.builder.forming?.openTime ?? Number.MAX_SAFE_INTEGER;
  }
}

export class CandleBoard {
  readonly #history: GrainHistory;
  #boards: Readonly<Record<Grain, GrainBoard>> = newBoards();
  #day:
    | { readonly minute: EpochMs; readonly volume: number; readonly open: number | undefined }
    | undefined;

  constructor(history: GrainHistory) {
    this.#history = history;
  }

  add(trade: Trade): void {
    this.#boards['1s'].add(trade);
    this.#boards['1m'].add(trade);
  }

  /**
   * Takes over where somebody else stopped (a restart, a seek): trades of the current minute before now, oldest first.
   * They are folded in, so that the forming candles hold their whole buckets.
   */
  restore(trades: readonly Trade[]): void {
    this.clear();
    for (const trade of trades) this.add(trade);
  }

  /** Takes over closed and forming rows as they were stored, oldest first. */
  seed(grain: Grain, rows: readonly Candle[]): void {
    const board = this.#boards[grain];
    board.closed.clear();
    for (const row of rows.slice(0, -1)) board.closed.push(row);
    board.builder = new CandleBuilder(grain, rows.at(-1));
    this.#day = undefined;
  }

  clear(): void {
    this.#boards = newBoards();
    this.#day = undefined;
  }

  /**
   * Candles with `from <= openTime < to`, oldest first, the forming one last if it falls within; at most `limit`, the
   * newest ones when there are more.
   */
  candles(interval: CandleInterval, from: EpochMs, to: EpochMs, limit: number): Candle[] {
    const start = Math.max(bucketStart(Math.max(from, 0), interval), from);
    const rows = this.#rows(grainOf(interval), start, to);
    const all = interval === '1s' || interval === '1m' ? rows : [...deriveCandles(rows, interval)];
    return all.length > limit ? all.slice(all.length - limit) : [...all];
  }

  /** Open time of the oldest candle that this board knows by itself; undefined before its first trade. */
  knownFrom(grain: Grain): EpochMs | undefined {
    const { knownFrom } = this.#boards[grain];
    return knownFrom === Number.MAX_SAFE_INTEGER ? undefined : knownFrom;
  }

  /** The candle of the bucket that holds the newest trade: forming, or the last that closed. */
  forming(interval: CandleInterval): Candle | undefined {
    const newest = this.#newestOpenTime(grainOf(interval));
    if (newest === undefined) return undefined;
    const openTime = bucketStart(newest, interval);
    return this.candles(interval, openTime, openTime + INTERVAL_MS[interval], 1)[0];
  }

  /** Price a day before `now` (the first in the window, if the market is younger) and volume since. */
  day(now: EpochMs): { readonly open24h: number | undefined; readonly volume24h: number } {
    const minute = bucketStart(now, '1m');
    const forming = this.#boards['1m'].builder.forming;
    if (this.#day?.minute !== minute) {
      const rows = this.#rows('1m', minute - DAY_MS, minute).filter(
        (row) => row.openTime !== forming?.openTime,
      );
      const volume = rows.reduce((sum, row) => sum + row.volume, 0);
      this.#day = { minute, volume, open: rows[0]?.open };
    }
    return {
      open24h: this.#day.open ?? forming?.open,
      volume24h: this.#day.volume + (forming?.volume ?? 0),
    };
  }

  #newestOpenTime(grain: Grain): EpochMs | undefined {
    const board = this.#boards[grain];
    return board.builder.forming?.openTime ?? board.closed.last?.openTime;
  }

  #rows(grain: Grain, from: EpochMs, to: EpochMs): readonly Candle[] {
    const board = this.#boards[grain];
    const { knownFrom } = board;
    const own = board.closed.tail();
    const { forming } = board.builder;
    if (forming !== undefined) own.push(forming);
    const within = own.filter((row) => row.openTime >= from && row.openTime < to);
    const olderTo = Math.min(to, knownFrom);
    return from < olderTo ? [...this.#history(grain, from, olderTo), ...within] : within;
  }
}

function newBoards(): Readonly<Record<Grain, GrainBoard>> {
  return { '1s': new GrainBoard('1s'), '1m': new GrainBoard('1m') };
}
