import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

/** Time limit for the first data and for a complete book; it doubles with each miss, up to the maximum. */
const FIRST_MS = 6_000;
const MOST_MS = 12_000;
/** The maximum for a market that is halted, or that the venue has not stated and that has not sent any book. */
const DOUBTFUL_MS = 600_000;

/** By when the data of a market must have arrived (V8). */
export class DataDeadline {
  #at: MonotonicMs | undefined;
  #misses = 0;

  arm(now: MonotonicMs, isDoubtful: boolean): void {
    const mostMs = isDoubtful ? DOUBTFUL_MS : MOST_MS;
    this.#at = later(now, Math.min(mostMs, FIRST_MS * 2 ** this.#misses));
  }

  /** The data is there. */
  met(): void {
    this.#at = undefined;
    this.#misses = 0;
  }

  /** True once, when it has passed. */
  isMissed(now: MonotonicMs): boolean {
    if (this.#at === undefined || now < this.#at) return false;
    this.#at = undefined;
    this.#misses++;
    return true;
  }

  /** The next one is as short as the first. */
  forgive(): void {
    this.#misses = 0;
  }
}
