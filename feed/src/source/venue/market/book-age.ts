import type { MonotonicMs } from '@tapedeck/market/time/clock';

/** A busy book that did not change for so long is not up to date (V9). */
const BUSY_MS = 2_500;
/** A book that usually pauses for so long is a quiet one: it may pause for some times that, within reason. */
const QUIET_MS = 2_000;
const FACTOR = 2.5;
const MOST_MS = 60_000;
const MEMORY = 64;
/** Fewer pauses than this say nothing of what is usual. */
const LEAST_PAUSES = 16;

/** How old a book may be, told from its own pauses. */
export class BookAge {
  #freshAt: MonotonicMs | undefined;
  #mean = 0;
  #meanSquare = 0;
  #pauses = 0;

  /** A change came that is not late; it was so at that moment. */
  fresh(at: MonotonicMs): void {
    const pause = this.#freshAt === undefined ? undefined : at - this.#freshAt;
    if (pause !== undefined && pause < 0) return;
    this.#freshAt = at;
    if (pause === undefined) return;
    this.#pauses++;
    this.#mean += (pause - this.#mean) / MEMORY;
    this.#meanSquare += (pause * pause - this.#meanSquare) / MEMORY;
  }

  /** What passes until the next change is no usual pause. */
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
