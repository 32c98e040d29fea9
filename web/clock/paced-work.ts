import type { Cancel, Clock } from '@tapedeck/market/time/clock';

type Options = {
  readonly clock: Clock;
  /** Milliseconds from the end of one run to the start of the next. */
  readonly restMs: number;
  readonly work: () => Promise<void> | void;
};

/**
 * Runs `work` when asked: at once, but never twice at a time and never within `restMs` of the last run. Requests made
 * meanwhile become one run after the rest, so the last request is always followed by a whole run.
 */
export class PacedWork {
  readonly #options: Options;
  #isBusy = false;
  #isAsked = false;
  #isStopped = false;
  #cancelRest: Cancel | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  ask(): void {
    this.#isAsked = true;
    if (!this.#isBusy && !this.#isStopped) void this.#run();
  }

  /** Begins no further run; one in progress ends by itself. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRest?.();
  }

  async #run(): Promise<void> {
    const { clock, restMs, work } = this.#options;
    this.#isAsked = false;
    this.#isBusy = true;
    try {
      await work();
    } finally {
      if (!this.#isStopped)
        this.#cancelRest = clock.after(restMs, () => {
          this.#isBusy = false;
          if (this.#isAsked) void this.#run();
        });
    }
  }
}
