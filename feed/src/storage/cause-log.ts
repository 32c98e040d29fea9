import { type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

type Cause = { count: number; due: MonotonicMs };

/** A lasting cause is logged again after this time, with its count. */
const AGAIN_MS = 60_000;
/** Causes remembered; more at once could not be followed anyway. */
const MAX_CAUSES = 100;

/** Logs a cause once, however often it occurs, and later how often it did. */
export class CauseLog {
  readonly #clock: Clock;
  readonly #log: (text: string) => void;
  readonly #causes = new Map<string, Cause>();

  constructor(clock: Clock, log: (text: string) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  tell(cause: string): void {
    const now = this.#clock.monotonic();
    const known = this.#causes.get(cause);
    if (known === undefined) {
      if (this.#causes.size >= MAX_CAUSES) this.#causes.clear();
      this.#causes.set(cause, { count: 0, due: later(now, AGAIN_MS) });
      this.#log(cause);
      return;
    }
    known.count++;
    if (now < known.due) return;
    this.#log(`${cause} (${known.count} more times)`);
    known.count = 0;
    known.due = later(now, AGAIN_MS);
  }
}
