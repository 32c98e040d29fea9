import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

const BASE_MS = 250;
const CAP_MS = 4_000;

/** Requests of one book: one at a time, the first at once, each further one after a longer delay. */
export class FetchPace {
  readonly #clock: Clock;
  readonly #random: Random;
  #running: Cancel | undefined;
  #count = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The next request starts without a delay. */
  reset(): void {
    this.#count = 0;
  }

  /** `ask` returns how to cancel the request, which ends with `done`; or nothing if there is none to wait for. */
  start(ask: () => Cancel | undefined): void {
    if (this.#running !== undefined) return;
    const delay =
      this.#count === 0
        ? 0
        : Math.min(CAP_MS, BASE_MS * 2 ** (this.#count - 1)) * (0.5 + this.#random.next());
    this.#count++;
    this.#running = this.#clock.after(delay, () => {
      this.#running = undefined;
      this.#running = ask();
    });
  }

  done(): void {
    this.#running = undefined;
  }

  cancel(): void {
    this.#running?.();
    this.#running = undefined;
  }
}
