import type { EpochMs } from '@tapedeck/market/number/level';
import { bucketStart, type Candle } from '@tapedeck/market/tape/candle';
import { candleOf, foldTrade } from '@tapedeck/market/tape/candle-builder';
import type { Trade } from '@tapedeck/market/tape/trade';

import type { StoredInterval } from './candle-store.ts';

/** Number of written buckets kept in memory for late trades; older ones are read back. */
const KEPT_BUCKETS = 4;

/**
 * The stored candles of one interval of one market while they are built. Unlike a live candle builder, this accepts
 * any late trade, because candles must match the trades (H2). A late trade extends high and low and adds volume; the
 * close stays that of the newest trade.
 */
export class CandleRows {
  readonly interval: StoredInterval;
  readonly #load: (openTime: EpochMs) => Candle | undefined;
  readonly #rows = new Map<EpochMs, Candle>();
  readonly #dirty = new Set<EpochMs>();
  #newest: EpochMs = -1;

  /** `load` reads a row that was already written. */
  constructor(interval: StoredInterval, load: (openTime: EpochMs) => Candle | undefined) {
    this.interval = interval;
    this.#load = load;
  }

  add(trade: Trade): void {
    const openTime = bucketStart(trade.eventTime, this.interval);
    const before = this.#rows.get(openTime) ?? this.#load(openTime);
    let after = before === undefined ? candleOf(openTime, trade) : foldTrade(before, trade);
    if (before !== undefined && openTime < this.#newest) after = { ...after, close: before.close };
    this.#newest = Math.max(this.#newest, openTime);
    this.#rows.set(openTime, after);
    this.#dirty.add(openTime);
  }

  /** Rows that changed since they were last written. */
  *changed(): Generator<Candle> {
    for (const openTime of this.#dirty) {
      const candle = this.#rows.get(openTime);
      if (candle !== undefined) yield candle;
    }
  }

  /** Marks all changed rows as written. */
  markWritten(): void {
    this.#dirty.clear();
    if (this.#rows.size <= KEPT_BUCKETS) return;
    const kept = [...this.#rows.keys()].toSorted((a, b) => b - a).slice(0, KEPT_BUCKETS);
    const oldest = kept.at(-1) ?? 0;
    for (const openTime of this.#rows.keys()) if (openTime < oldest) this.#rows.delete(openTime);
  }
}
