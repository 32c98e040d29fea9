/*
 * Whether the source of a market is alive, judged by its own pauses. A silent market is only quiet while its source
 * is heard: a sign of life is a change of its book, or a confirmation from the source. The silence watch decides when
 * a market is `stale`; this decides, sooner, when nothing proves any more that it is merely quiet (P20b).
 */
import type { MonotonicMs } from '@tapedeck/market/time/clock';

/** A pause this long means nothing: timers of a busy process are that late. */
const FLOOR_MS = 1_000;
/** A source counts as heard until its pause exceeds its usual pause by this factor. */
const FACTOR = 2;
/** Pauses until an unusual one is forgotten, roughly. */
const MEMORY = 64;

export class LifeSigns {
  #lastAt: MonotonicMs | undefined;
  /** Moving averages of the pauses and of their squares, ms. */
  #mean = 0;
  #meanSquare = 0;

  /** The source was heard at `now`. */
  sign(now: MonotonicMs): void {
    const pauseMs = this.#lastAt === undefined ? undefined : now - this.#lastAt;
    this.#lastAt = now;
    if (pauseMs === undefined) return;
    this.#mean += (pauseMs - this.#mean) / MEMORY;
    this.#meanSquare += (pauseMs * pauseMs - this.#meanSquare) / MEMORY;
  }

  /** The market is halted, or known to be silent: the time until it is heard again is not a usual pause. */
  interrupt(): void {
    this.#lastAt = undefined;
  }

  /**
   * Whole milliseconds since the last sign (P1); undefined if that is longer than its usual pause and so proves
   * nothing.
   */
  ageAt(now: MonotonicMs): number | undefined {
    if (this.#lastAt === undefined) return undefined;
    const ageMs = now - this.#lastAt;
    return ageMs <= Math.max(FLOOR_MS, FACTOR * this.#usualMs) ? Math.round(ageMs) : undefined;
  }

  /**
   * The length of the pause that a random moment falls into, E[p^2] / E[p]: bursts with lulls between them count as
   * slow as their lulls, and one lull of a busy market is forgotten after the next few dozen signs.
   */
  get #usualMs(): number {
    return this.#mean === 0 ? 0 : this.#meanSquare / this.#mean;
  }
}
