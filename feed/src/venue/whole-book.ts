/*
 * A book whose venue states it whole, a few times a second, and its best levels more often. It is a function of the
 * newest whole book and the newest best levels alone: whatever was lost between them leaves no trace, and a whole book
 * that is older than the best levels does not undo them.
 */
import type { EpochMs, Level } from '@tapedeck/market/number/level';

export type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
type Stated = Sides & { readonly time: EpochMs };

export class WholeBook {
  #whole: Stated | undefined;
  #top: Stated | undefined;

  clear(): void {
    this.#whole = undefined;
    this.#top = undefined;
  }

  /** Takes a whole book; false if it is not newer than the last one. */
  whole(stated: Stated): boolean {
    if (this.#whole !== undefined && stated.time <= this.#whole.time) return false;
    this.#whole = stated;
    return true;
  }

  /** Takes the best level of each side; false if they are not newer than the last ones. */
  top(stated: Stated): boolean {
    if (this.#top !== undefined && stated.time <= this.#top.time) return false;
    this.#top = stated;
    return true;
  }

  /** Levels are multiples of a smaller unit from now on. */
  convert(finer: (sides: Sides) => Sides): void {
    const of = (stated: Stated | undefined): Stated | undefined =>
      stated && { ...finer(stated), time: stated.time };
    // Both or, if one cannot be converted, none.
    [this.#whole, this.#top] = [of(this.#whole), of(this.#top)];
  }

  /** Both sides, best first; empty before the first whole book. */
  get levels(): Sides {
    const [whole, top] = [this.#whole, this.#top];
    if (whole === undefined) return { bids: [], asks: [] };
    return top === undefined || top.time <= whole.time ? whole : withTop(whole, top);
  }
}

/** Levels better than the best ones are gone, those behind them are as they were. */
function withTop(whole: Sides, { bids: [bid], asks: [ask] }: Sides): Sides {
  return {
    bids: bid === undefined ? [] : [bid, ...whole.bids.filter(([price]) => price < bid[0])],
    asks: ask === undefined ? [] : [ask, ...whole.asks.filter(([price]) => price > ask[0])],
  };
}

/** What makes `after` of `before`: each changed price once, with size 0 if it is gone. */
export function changesBetween(before: Sides, after: Sides): Sides {
  return {
    bids: changedSide(before.bids, after.bids),
    asks: changedSide(before.asks, after.asks),
  };
}

function changedSide(before: readonly Level[], after: readonly Level[]): readonly Level[] {
  const levels = new Map<number, number>(before.map(([price]) => [price, 0]));
  const was = new Map(before);
  for (const [price, size] of after) levels.set(price, size);
  return [...levels].filter(([price, size]) => was.get(price) !== size);
}
