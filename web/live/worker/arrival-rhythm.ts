import { LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

/** Intervals that define the rhythm, and how many are needed before it is used. */
const KEPT = 256;
const ENOUGH = 16;
/** 256 numbers are not sorted in every frame. */
const REFRESH_MS = 1_000;

/** How often data arrives on a channel: what is silence for one symbol is normal for another. */
export class ArrivalRhythm {
  readonly #intervals = new Float64Array(KEPT);
  #count = 0;
  #lastAt: MonotonicMs | undefined;
  #computedAt = LONG_AGO;
  #typicalMs: number | undefined;
  #p99Ms: number | undefined;

  /** When data last arrived. */
  get lastAt(): MonotonicMs | undefined {
    return this.#lastAt;
  }

  get typicalMs(): number | undefined {
    return this.#typicalMs;
  }

  get p99Ms(): number | undefined {
    return this.#p99Ms;
  }

  add(now: MonotonicMs): void {
    if (this.#lastAt !== undefined) this.#intervals[this.#count++ % KEPT] = now - this.#lastAt;
    this.#lastAt = now;
    if (this.#count < ENOUGH || now - this.#computedAt < REFRESH_MS) return;
    this.#computedAt = now;
    const sorted = this.#intervals.slice(0, Math.min(this.#count, KEPT)).sort();
    this.#typicalMs = sorted[Math.floor(sorted.length / 2)];
    this.#p99Ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))];
  }

  /** The link was cut: the pause is not part of the rhythm. */
  pause(): void {
    this.#lastAt = undefined;
  }
}
