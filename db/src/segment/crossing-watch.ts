import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs } from '@tapedeck/market/number/level';

/** Called when a book became crossed or locked, and when it no longer was (P15). */
export type OnCrossed = (time: EpochMs, crossed: boolean) => void;

/**
 * Detects when a book becomes crossed or locked, and when it is neither again. A crossing that ends at the time at
 * which it began is not reported, because no `at` could show it (P28a).
 */
export class CrossingWatch {
  readonly #onCrossed: OnCrossed;
  #time: EpochMs = 0;
  #isCrossed = false;

  constructor(onCrossed: OnCrossed) {
    this.#onCrossed = onCrossed;
  }

  /** Call before the book changes at `time`, which never decreases. */
  before(book: OrderBook, time: EpochMs): void {
    if (time > this.#time) this.settle(book);
    this.#time = time;
  }

  /** Call when the book is complete for the current time. */
  settle(book: OrderBook): void {
    const isCrossed = book.crossed || book.locked;
    if (isCrossed === this.#isCrossed) return;
    this.#isCrossed = isCrossed;
    this.#onCrossed(this.#time, isCrossed);
  }
}
