/*
 * How far a stream is behind its venue, told from the venue's own times. The two clocks may differ by anything: the
 * difference of the swiftest message of late is taken for it. A venue that sets its clock back looks like a stream that is
 * late; another socket, with which this begins anew, tells the two apart.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

const WINDOW_MS = 10_000;
/** Below this nobody calls a stream late. What is late does not age the difference that it is late by. */
const NOTABLE_MS = 1_000;

export class VenueTime {
  #least = Infinity;
  #leastBefore = Infinity;
  #windowFrom: MonotonicMs | undefined;

  /** Another socket. */
  reset(): void {
    this.#least = Infinity;
    this.#leastBefore = Infinity;
    this.#windowFrom = undefined;
  }

  /** A message of that time came: how many milliseconds later than the swiftest. */
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
