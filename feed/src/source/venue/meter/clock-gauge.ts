import type { EpochMs } from '@tapedeck/market/number/level';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

const WINDOW_MS = 10_000;

/**
 * How far a venue's clock is ahead of ours, by the fastest message of the last 10 to 20 s: only a message on its way
 * makes the difference smaller, so a lag does not look like an offset. It includes the time that the fastest message
 * took. It is shown, and nothing is decided by it (V16).
 */
export class ClockGauge {
  #most = -Infinity;
  #mostBefore = -Infinity;
  #windowFrom: MonotonicMs | undefined;

  came(eventTime: EpochMs, receiveTime: EpochMs, at: MonotonicMs): void {
    if (this.#windowFrom === undefined || at - this.#windowFrom >= WINDOW_MS) {
      this.#windowFrom = at;
      this.#mostBefore = this.#most;
      this.#most = -Infinity;
    }
    this.#most = Math.max(this.#most, eventTime - receiveTime);
  }

  /** Venue time minus receive time; undefined without a recent message. */
  offsetMs(at: MonotonicMs): number | undefined {
    if (this.#windowFrom === undefined || at - this.#windowFrom >= 2 * WINDOW_MS) return undefined;
    const offset = Math.max(this.#most, this.#mostBefore);
    return Number.isFinite(offset) ? offset : undefined;
  }
}
