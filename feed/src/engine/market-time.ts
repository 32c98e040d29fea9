import type { EpochMs } from '@tapedeck/market/number/level';
import type { Moment, MonotonicMs } from '@tapedeck/market/time/clock';

/** How long (at most twice) the least delayed event determines the clock. */
const WINDOW_MS = 10_000;

/**
 * A market's own clock: the times of its events, extended between them by the monotonic clock. A step of the wall
 * clock moves it no further than it moves the events themselves, so that a candle neither ends while it is still
 * trading nor lasts beyond its end. Of events with different delays, the least delayed counts. While a machine sleeps
 * the clock may stop until the next event.
 */
export class MarketTime {
  /** The largest difference between an event's time and its arrival, in this window and the one before. */
  #ahead = -Infinity;
  #aheadBefore = -Infinity;
  #windowFrom: MonotonicMs | undefined;
  #cameAt: MonotonicMs | undefined;

  /** An event arrived. */
  came(eventTime: EpochMs, at: MonotonicMs): void {
    this.#cameAt = at;
    if (this.#windowFrom === undefined || at - this.#windowFrom >= WINDOW_MS) {
      this.#windowFrom = at;
      this.#aheadBefore = this.#ahead;
      this.#ahead = -Infinity;
    }
    this.#ahead = Math.max(this.#ahead, eventTime - at);
  }

  /** The wall clock before the first event. */
  at({ wall, at }: Moment): EpochMs {
    const ahead = Math.max(this.#ahead, this.#aheadBefore);
    return Number.isFinite(ahead) ? Math.floor(at + ahead) : wall;
  }

  /** How long ago its last event arrived, whatever time that had; undefined before the first. */
  ageMs(now: MonotonicMs): number | undefined {
    return this.#cameAt === undefined ? undefined : Math.floor(now - this.#cameAt);
  }
}
