import type { MonotonicMs } from '@tapedeck/market/time/clock';

type Batch = { readonly id: number; readonly values: number; readonly at: MonotonicMs };

/** Batches posted to the worker and not committed, oldest first. */
export class PostedBatches {
  #batches: Batch[] = [];
  #values = 0;

  get count(): number {
    return this.#batches.length;
  }
  /** Numbers in all of them, 8 bytes each. */
  get values(): number {
    return this.#values;
  }
  /** When the oldest was posted. */
  get since(): MonotonicMs | undefined {
    return this.#batches[0]?.at;
  }

  add(batch: Batch): void {
    this.#batches.push(batch);
    this.#values += batch.values;
  }

  /** Everything up to and including this one is on disk. */
  written(id: number): void {
    while (this.#batches[0] !== undefined && this.#batches[0].id <= id)
      this.#values -= this.#batches.shift()?.values ?? 0;
  }

  /** The worker is gone, and the batches with it. */
  clear(): void {
    this.#batches = [];
    this.#values = 0;
  }
}
