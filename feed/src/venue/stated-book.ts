import type { EpochMs } from '@tapedeck/market/number/level';

import type { BookStep, GridDiff, GridLevels, GridSnapshot, VenueBook } from './venue-book.ts';
import { changesBetween, WholeBook } from './whole-book.ts';

/** Such venues send whole books many times a second: after this long without one the stream was interrupted. */
const INTERRUPTED_MS = 10_000;

/** The book of a venue that states it whole: each whole book is recorded as what it changed. */
export class StatedBook implements VenueBook {
  readonly #book = new WholeBook();
  /** Time of the last whole book; undefined while there is none. */
  #wholeAt: EpochMs | undefined;
  #eventTime: EpochMs = 0;

  *snapshot(snapshot: GridSnapshot, receiveTime: EpochMs): Generator<BookStep> {
    const { eventTime: time = receiveTime, bids, asks, text } = snapshot;
    const before = this.#book.levels;
    // While a socket is replaced, both tell the same.
    if (!this.#book.whole({ bids, asks, time })) return;
    const last = this.#wholeAt;
    this.#wholeAt = time;
    if (last !== undefined && time - last <= INTERRUPTED_MS) {
      yield* this.#changed(before, text, time, receiveTime);
      return;
    }
    if (last !== undefined)
      yield { type: 'hole', problem: 'book-gap', detail: `no whole book for ${time - last} ms` };
    this.#eventTime = time;
    yield {
      type: 'begin',
      snapshot: { ...this.#book.levels, text },
      eventTime: time,
      receiveTime,
    };
  }

  *diff(diff: GridDiff, receiveTime: EpochMs): Generator<BookStep> {
    const { eventTime: time, bids, asks, text } = diff;
    const before = this.#book.levels;
    if (!this.#book.top({ bids, asks, time }) || this.#wholeAt === undefined) return;
    yield* this.#changed(before, text, time, receiveTime);
  }

  /** The next whole book has what a lost line had; what cannot be recorded leaves no book. */
  *lost(detail: string, isCertain: boolean): Generator<BookStep> {
    if (!isCertain || this.#wholeAt === undefined) return;
    this.#book.clear();
    this.#wholeAt = undefined;
    yield { type: 'hole', problem: 'book-gap', detail };
  }

  *end(): Generator<BookStep> {}

  *#changed(
    before: WholeBook['levels'],
    text: GridLevels['text'],
    time: EpochMs,
    receiveTime: EpochMs,
  ): Generator<BookStep> {
    const changes = changesBetween(before, this.#book.levels);
    if (changes.bids.length + changes.asks.length === 0) return;
    // A whole book may be older than the best levels before it.
    this.#eventTime = Math.max(time, this.#eventTime);
    const ids = { firstId: time, lastId: time, previousId: undefined };
    const diff = { ...ids, eventTime: this.#eventTime, ...changes, text };
    yield { type: 'apply', diff, receiveTime };
  }
}
