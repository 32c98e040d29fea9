import type { MonotonicMs } from '@tapedeck/market/time/clock';

/** A busy book that has not changed for this long is not up to date (V9). */
const BUSY_MS = 2_500;
/** A book that usually pauses for this long is quiet: it may pause for `FACTOR` times that, at most `MOST_MS`. */
const QUIET_MS = 2_000;
const FACTOR = 2.5;
const MOST_MS = 60_000;
const MEMORY = 64;
/** With fewer pauses the usual one is not known. */
const LEAST_PAUSES = 16;

/** How old a book may get, derived from its own pauses. */
export class BookAge {
  #freshAt: MonotonicMs | undefined;
  #mean = 0;
  #meanSquare = 0;
  #pauses = 0;

  /** A delta arrived that is not late; the book was current at that moment. */
  fresh(at: MonotonicMs): void {
    const pause = this.#freshAt === undefined ? undefined : at - this.#freshAt;
    if (pause !== undefined && pause < 0) return;
    this.#freshAt = at;
    if (pause === undefined) return;
    this.#pauses++;
    this.#mean += (pause - this.#mean) / MEMORY;
    this.#meanSquare += (pause * pause - this.#meanSquare) / MEMORY;
  }

  /** The time until the next delta does not count as a pause. */
  interrupt(): void {
    this.#freshAt = undefined;
  }

  isOld(now: MonotonicMs): boolean {
    if (this.#freshAt === undefined) return false;
    const isKnown = this.#pauses >= LEAST_PAUSES && this.#mean > 0;
    const usual = isKnown ? this.#meanSquare / this.#mean : 0;
    const mayPause = usual < QUIET_MS ? BUSY_MS : Math.min(MOST_MS, FACTOR * usual);
    return now - this.#freshAt > mayPause;
  }
}
