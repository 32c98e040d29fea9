/*
 * Work for whoever looks at the past, in what time the live market leaves: one piece after another, each in turns of a
 * few milliseconds with rests between them that are longer, so that however much is asked for, most of the event loop is
 * the live market's.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { ApiError } from './api-error.ts';

/** Shorter than the frames of the live market are apart. */
const TURN_MS = 4;
/** Rest for each millisecond of work: a fifth of a core at most. */
const REST = 4;
/** Pieces that wait; more than all the panels of a wall ask for at once. */
const MAX_WAITING = 128;

export class SpareTime {
  readonly #workNow: () => number;
  readonly #rest: (ms: number) => Promise<unknown>;
  /** By who asked; whose turn is next stands first. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #count = 0;
  #isBusy = false;

  /** `workNow` is monotonic, ms. */
  constructor(workNow: () => number, rest: (ms: number) => Promise<unknown> = pause) {
    this.#workNow = workNow;
    this.#rest = rest;
  }

  /**
   * Does work that yields often. Who asks for much waits for himself: those who wait take turns, a piece each.
   * @throws ApiError where too much waits.
   */
  async do<T>(asker: string, work: () => Generator<void, T>): Promise<T> {
    if (this.#count >= MAX_WAITING)
      throw new ApiError(
        'notReady',
        `history: ${MAX_WAITING} drawings are waiting, ask again later`,
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
      // Before the answer, too: the next piece begins after it.
      await this.#rest(Math.ceil((this.#workNow() - start) * REST));
      if (step.done === true) return step.value;
    }
  }
}
