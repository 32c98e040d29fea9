import type { BookDelta } from '@tapedeck/market/book/book-delta';
import type { EpochMs } from '@tapedeck/market/number/level';

/**
 * Merges deltas of one market into one with the same effect (P10): the last size of each price. Unlike `coalesce` it
 * keeps its maps, so that a busy market costs one set per level.
 */
export class DeltaConflater {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #previous: number | undefined;
  #sequence = 0;
  #eventTime: EpochMs = 0;
  #receiveTime: EpochMs = 0;

  /** False if `delta` does not follow the held ones: merging across a hole would hide it. */
  add(delta: BookDelta): boolean {
    if (this.#previous === undefined) this.#previous = delta.previous;
    else if (delta.previous !== this.#sequence) return false;
    this.#sequence = delta.sequence;
    this.#eventTime = Math.max(this.#eventTime, delta.eventTime);
    this.#receiveTime = delta.receiveTime;
    for (const [price, size] of delta.bids) this.#bids.set(price, size);
    for (const [price, size] of delta.asks) this.#asks.set(price, size);
    return true;
  }

  /** The merged delta, once; undefined if there was none since the last call. */
  take(): BookDelta | undefined {
    if (this.#previous === undefined) return undefined;
    const delta: BookDelta = {
      previous: this.#previous,
      sequence: this.#sequence,
      eventTime: this.#eventTime,
      receiveTime: this.#receiveTime,
      bids: [...this.#bids],
      asks: [...this.#asks],
    };
    this.clear();
    return delta;
  }

  clear(): void {
    this.#previous = undefined;
    this.#bids.clear();
    this.#asks.clear();
  }
}
