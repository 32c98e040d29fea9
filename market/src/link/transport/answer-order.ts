import type { HttpAnswer } from './http-port.ts';

const TIME_HEADER = 'Feed-Time';
const MONOTONIC_HEADER = 'Feed-Monotonic';

/**
 * Tells an answer that is newer than all before it from one out of a cache. The feed's monotonic clock says so: its wall clock
 * may be set back. Of a feed that does not tell it the wall clock has to do.
 */
export class AnswerOrder {
  #header = TIME_HEADER;
  #last = 0;

  /** Whether it is newer than every answer for which that was true before. */
  isNext(answer: HttpAnswer): boolean {
    const isFirst = this.#header !== MONOTONIC_HEADER && answer.header(MONOTONIC_HEADER) !== null;
    if (isFirst) {
      this.#header = MONOTONIC_HEADER;
      this.#last = 0;
    }
    const at = Number(answer.header(this.#header) ?? Number.NaN);
    // A number that is none is not larger either.
    if (!(at > this.#last)) return false;
    this.#last = at;
    return true;
  }
}
