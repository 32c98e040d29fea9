import { percentileOf } from '@tapedeck/market/number/percentile';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

const WINDOW_MS = 60_000;
/** Bounded: if more come in a minute, only the newest are kept. */
const CAPACITY = 1_024;

/** Durations of the last minute, for percentiles. */
export class RecentTimes {
  readonly #at = new Float64Array(CAPACITY);
  readonly #ms = new Float64Array(CAPACITY);
  #count = 0;

  add(at: MonotonicMs, ms: number): void {
    const slot = this.#count++ % CAPACITY;
    this.#at[slot] = at;
    this.#ms[slot] = ms;
  }

  /** The given percentiles (0..1); undefined without a sample in the last minute. */
  percentiles(now: MonotonicMs, ...shares: readonly number[]): readonly number[] | undefined {
    const recent: number[] = [];
    for (let i = 0; i < Math.min(this.#count, CAPACITY); i++) {
      if (now - (this.#at[i] ?? 0) <= WINDOW_MS) recent.push(this.#ms[i] ?? 0);
    }
    if (recent.length === 0) return undefined;
    recent.sort((a, b) => a - b);
    return shares.map((share) => percentileOf(recent, share) ?? 0);
  }
}
