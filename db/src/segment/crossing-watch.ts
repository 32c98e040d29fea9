import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs } from '@tapedeck/market/number/level';

/** Told when a book became crossed or locked, and when it no longer was (P15). */
export type OnCrossed = (time: EpochMs, crossed: boolean) => void;

/** Sees a book become crossed or locked, and apart again. What is over within its own moment nobody can be shown (P28a). */
export class CrossingWatch {
  readonly #onCrossed: OnCrossed;
  #time: EpochMs = 0;
  #isCrossed = false;

  constructor(onCrossed: OnCrossed) {
    this.#onCrossed = onCrossed;
  }

  /** The book is about to change at `time`, which does not run back. */
  before(book: OrderBook, time: EpochMs): void {
    if (time > this.#time) this.settle(book);
    this.#time = time;
  }

  /** The book stands as it is for now. */
  settle(book: OrderBook): void {
    const isCrossed = book.crossed || book.locked;
    if (isCrossed === this.#isCrossed) return;
    this.#isCrossed = isCrossed;
    this.#onCrossed(this.#time, isCrossed);
  }
}
