import type { Clock } from '@tapedeck/market/time/clock';

/** A commit comes every 300 ms, the first one once the history is open; a disk that takes longer keeps nobody waiting. */
const TIMEOUT_MS = 5_000;

type Waiting = { readonly batch: number; readonly settle: (isStored: boolean) => void };

/** Who waits until a batch of the recorder is committed. */
export class CommitWait {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #committed = 0;
  #lost = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True once the batch is committed; false where it is lost, or not committed within five seconds. */
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

  /** What was posted up to this batch and not committed is gone. */
  lost(batch: number): void {
    if (batch > this.#committed) this.#lost = batch;
    for (const each of [...this.#waiting]) each.settle(false);
  }
}
