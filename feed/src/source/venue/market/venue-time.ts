/*
 * How far a stream lags behind its venue, derived from the venue's own times. The two clocks may differ by any
 * amount, so the delay of the fastest recent message is the reference. A venue that sets its clock back looks like a
 * late stream; a new socket, for which the reference is reset, distinguishes the two.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

const WINDOW_MS = 10_000;
/** A smaller lag is not lateness. Late messages do not move the window, so the reference does not adapt to them. */
const NOTABLE_MS = 1_000;

export class VenueTime {
  #least = Infinity;
  #leastBefore = Infinity;
  #windowFrom: MonotonicMs | undefined;

  /** For a new socket. */
  reset(): void {
    this.#least = Infinity;
    this.#leastBefore = Infinity;
    this.#windowFrom = undefined;
  }

  /** How many milliseconds later than the fastest recent message this one arrived. */
  came(eventTime: EpochMs, at: MonotonicMs): number {
    const delay = at - eventTime;
    const lag = delay - Math.min(this.#least, this.#leastBefore, delay);
    if (lag >= NOTABLE_MS) return lag;
    if (this.#windowFrom === undefined || at - this.#windowFrom >= WINDOW_MS) {
      this.#windowFrom = at;
      this.#leastBefore = this.#least;
      this.#least = Infinity;
    }
    this.#least = Math.min(this.#least, delay);
    return lag;
  }
}
