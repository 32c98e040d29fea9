import type { Clock } from '@tapedeck/market/time/clock';

/** A commit comes every 300 ms, the first once the history is open; nobody waits longer for a slow disk. */
const TIMEOUT_MS = 5_000;

type Waiting = { readonly batch: number; readonly settle: (isStored: boolean) => void };

/** Callers waiting until a batch of the recorder is committed. */
export class CommitWait {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #committed = 0;
  #lost = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True once the batch is committed; false if it is lost, or not committed within five seconds. */
  wait(batch: number): Promise<boolean> {
    if (batch <= this.#lost) return Promise.resolve(false);
    if (batch <= this.#committed) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(TIMEOUT_MS, () => waiting.settle(false));
      const waiting: Waiting = {
        batch,
        settle: (isStored) => {
          cancel();
          this.#waiting.delete(waiting);
          resolve(isStored);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /** All batches up to this one are committed. */
  committed(batch: number): void {
    this.#committed = batch;
    for (const each of [...this.#waiting]) if (each.batch <= batch) each.settle(true);
  }

  /** Posted batches up to this one that are not committed are lost. */
  lost(batch: number): void {
    if (batch > this.#committed) this.#lost = batch;
    for (const each of [...this.#waiting]) each.settle(false);
  }
}
