import type { EpochMs } from '@tapedeck/market/number/level';
import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

import { BookAge } from './book-age.ts';
import { VenueTime } from './venue-time.ts';

/** A message that is this much later than the fastest recent ones is not the venue's current book. */
const LATE_MS = 2_500;

/** Whether a book is up to date: its messages are not late, and its last one is not too old (V9). */
export class BookTimeliness {
  readonly #time = new VenueTime();
  readonly #age = new BookAge();
  /** How late the last message was. */
  #lagMs = 0;

  /** For a new subscription. */
  reset(): void {
    this.#time.reset();
  }

  came(eventTime: EpochMs, at: MonotonicMs): void {
    this.#lagMs = this.#time.came(eventTime, at);
  }

  get isLate(): boolean {
    return this.#lagMs > LATE_MS;
  }

  /** The message that came last made the book current, as of when it would have come without its lag. */
  fresh(now: MonotonicMs): void {
    this.#age.fresh(later(now, -this.#lagMs));
  }

  /** The time until the next message does not count as a pause. */
  interrupt(): void {
    this.#age.interrupt();
  }

  isOld(now: MonotonicMs): boolean {
    return this.#age.isOld(now);
  }
}
