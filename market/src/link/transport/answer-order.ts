import type { HttpAnswer } from './http-port.ts';

const TIME_HEADER = 'Feed-Time';
const MONOTONIC_HEADER = 'Feed-Monotonic';

/**
 * Detects responses from a cache: a fresh one is newer than all before it. Uses the feed's monotonic clock, because
 * the wall clock may be set back, and falls back to the wall clock for a feed that does not send it.
 */
export class AnswerOrder {
  #header = TIME_HEADER;
  #last = 0;

  /** Whether the response is newer than every response accepted before. */
  isNext(answer: HttpAnswer): boolean {
    const isFirst = this.#header !== MONOTONIC_HEADER && answer.header(MONOTONIC_HEADER) !== null;
    if (isFirst) {
      this.#header = MONOTONIC_HEADER;
      this.#last = 0;
    }
    const at = Number(answer.header(this.#header) ?? Number.NaN);
    // NaN is not larger than anything.
    if (!(at > this.#last)) return false;
    this.#last = at;
    return true;
  }
}
