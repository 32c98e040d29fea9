/*
 * Whether the source of a market lives, told from its own pauses. A market that is silent is quiet only while its source is
 * heard of: a sign of life is a change of its book, or a word that it is right. The silence watch decides when a market is
 * `stale`; this decides, sooner, when nothing proves any more that it is quiet (P20b).
 */
import type { MonotonicMs } from '@tapedeck/market/time/clock';

/** A pause of this length says nothing: timers of a busy process are late by as much. */
const FLOOR_MS = 1_000;
/** A source is heard of as long as it pauses no longer than so many times its usual pause. */
const FACTOR = 2;
/** Pauses until an unusual one is forgotten, more or less. */
const MEMORY = 64;

export class LifeSigns {
  #lastAt: MonotonicMs | undefined;
  /** Moving means of the pauses and of their squares, ms. */
  #mean = 0;
  #meanSquare = 0;

  /** The source was heard of at `now`. */
  sign(now: MonotonicMs): void {
    const pauseMs = this.#lastAt === undefined ? undefined : now - this.#lastAt;
    this.#lastAt = now;
    if (pauseMs === undefined) return;
    this.#mean += (pauseMs - this.#mean) / MEMORY;
    this.#meanSquare += (pauseMs * pauseMs - this.#meanSquare) / MEMORY;
  }

  /** It is halted, or known to be silent: what goes by until it is heard of again is no usual pause. */
  interrupt(): void {
    this.#lastAt = undefined;
  }

  /** Whole milliseconds since the last sign (P1); undefined where that is longer than it usually pauses, and then no proof of anything. */
  ageAt(now: MonotonicMs): number | undefined {
    if (this.#lastAt === undefined) return undefined;
    const ageMs = now - this.#lastAt;
    return ageMs <= Math.max(FLOOR_MS, FACTOR * this.#usualMs) ? Math.round(ageMs) : undefined;
  }

  /**
   * The length of the pause that a random moment lies in, E[p^2] / E[p]: bursts with lulls between them are as slow as
   * their lulls, and one lull of a busy market is forgotten with the next few dozen signs.
   */
  get #usualMs(): number {
    return this.#mean === 0 ? 0 : this.#meanSquare / this.#mean;
  }
}
