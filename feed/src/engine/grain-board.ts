import type { EpochMs } from '@tapedeck/market/number/level';
import { bucketStart, type Candle } from '@tapedeck/market/tape/candle';
import { candleOf, foldTrade } from '@tapedeck/market/tape/candle-builder';
import type { Trade } from '@tapedeck/market/tape/trade';

import { Ring } from './ring.ts';

/** The two intervals that are kept and stored; all others are derived from them. */
export type Grain = '1s' | '1m';

/** Candles kept per grain: an hour of seconds, two days of minutes, and the newest. */
const RING: Readonly<Record<Grain, number>> = { '1s': 3_601, '1m': 2_881 };

/**
 * The candles of one grain, oldest first; the last one is the newest, closed or not. A late trade widens the candle
 * of its bucket and adds volume, as in the history (H2): the close remains that of the newest trade.
 */
export class GrainBoard {
  readonly grain: Grain;
  readonly #rows: Ring<Candle>;
  #late = 0;

  constructor(grain: Grain) {
    this.grain = grain;
    this.#rows = new Ring(RING[grain]);
  }

  /** Trades too late for any candle kept here: only the history has them. */
  get late(): number {
    return this.#late;
  }

  /** The newest candle. */
  get newest(): Candle | undefined {
    return this.#rows.last;
  }

  /** Open time of the oldest candle: older ones are in the history. Undefined before the first trade. */
  get knownFrom(): EpochMs | undefined {
    return this.#rows.first?.openTime;
  }

  /** Those with `from <= openTime < to`. */
  rows(from: EpochMs = 0, to: EpochMs = Number.MAX_SAFE_INTEGER): Candle[] {
    const rows = this.#rows.tail(this.#rows.length - this.#placeOf(from));
    return (rows.at(-1)?.openTime ?? 0) < to ? rows : rows.filter(({ openTime }) => openTime < to);
  }

  /** False if only the newest candle changed. */
  add(trade: Trade): boolean {
    const openTime = bucketStart(trade.eventTime, this.grain);
    const newest = this.#rows.last;
    if (newest?.openTime === openTime) {
      this.#rows.replaceLast(foldTrade(newest, trade));
      return false;
    }
    if (newest === undefined || openTime > newest.openTime)
      this.#rows.push(candleOf(openTime, trade));
    else this.#correct(openTime, trade);
    return true;
  }

  /** Replaces all candles with these, oldest first. */
  replaceAll(rows: readonly Candle[]): void {
    this.#rows.clear();
    for (const row of rows) this.#rows.push(row);
  }

  #correct(openTime: EpochMs, trade: Trade): void {
    const at = this.#placeOf(openTime);
    const row = this.#rows.at(at);
    if (row?.openTime === openTime)
      this.#rows.replace(at, { ...foldTrade(row, trade), close: row.close });
    // Before the first one kept, candles may have been dropped.
    else if (at > 0 || this.#rows.dropped === 0) this.#rows.insert(at, candleOf(openTime, trade));
    else this.#late++;
  }

  /** Index of the first candle that does not open before `openTime`. */
  #placeOf(openTime: EpochMs): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows.at(middle)?.openTime ?? openTime) < openTime) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
