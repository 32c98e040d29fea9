/*
 * Reads of the past use only time that the live market leaves: one piece after another, each in turns of a few
 * milliseconds with longer rests between them, so that however much is requested, most of the event loop remains for
 * the live market.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { ApiError } from './api-error.ts';

/** Shorter than the interval between live frames. */
const TURN_MS = 4;
/** Rest for each millisecond of work: at most a fifth of a core. */
const REST = 4;
/** Queued pieces; more than all the panels of a wall request at once. */
const MAX_WAITING = 128;

export class SpareTime {
  readonly #workNow: () => number;
  readonly #rest: (ms: number) => Promise<unknown>;
  /** By client; the one whose turn is next comes first. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #count = 0;
  #isBusy = false;

  /** `workNow` is monotonic, ms. */
  constructor(workNow: () => number, rest: (ms: number) => Promise<unknown> = pause) {
    this.#workNow = workNow;
    this.#rest = rest;
  }

  /**
   * Does work that yields often. A client that requests much delays only itself: clients take turns, one piece each.
   * @throws ApiError if the queue is full.
   */
  async do<T>(asker: string, work: () => Generator<void, T>): Promise<T> {
    if (this.#count >= MAX_WAITING)
      throw new ApiError(
        'notReady',
        `history: ${MAX_WAITING} requests are waiting; try again later`,
      );
    return new Promise<T>((resolve, reject) => {
      const piece = (): Promise<void> => this.#inTurns(work()).then(resolve, reject);
      this.#waiting.set(asker, [...(this.#waiting.get(asker) ?? []), piece]);
      this.#count++;
      if (!this.#isBusy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const [asker, [piece, ...others]] = next;
      this.#waiting.delete(asker);
      if (others.length > 0) this.#waiting.set(asker, others);
      await piece?.();
      this.#count--;
    }
    this.#isBusy = false;
  }

  async #inTurns<T>(work: Generator<void, T>): Promise<T> {
    for (;;) {
      const start = this.#workNow();
      let step = work.next();
      while (step.done !== true && this.#workNow() - start < TURN_MS) step = work.next();
      // Before the answer as well, so that the next piece starts only after the rest.
      await this.#rest(Math.ceil((this.#workNow() - start) * REST));
      if (step.done === true) return step.value;
    }
  }
}
