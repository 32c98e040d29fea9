/*
 * What a book was at each change, as a client without faults heard it on the raw tier: the others are held against it.
 * A conflated view at sequence s is the newest raw view at or before s, once a later one is known.
 */
import type { BookMirror } from '@tapedeck/market/book-mirror';
import type { Level } from '@tapedeck/market/level';

export type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
type Entry = { readonly epoch: string; readonly sequence: number } & Sides;

/** Changes that are remembered: minutes of a busy market. */
const KEPT = 20_000;

export class BookTruth {
  #entries: Entry[] = [];

  add({ epoch, book }: BookMirror): void {
    const { sequence } = book;
    this.#entries.push({ epoch, sequence, bids: book.bids.top(), asks: book.asks.top() });
    if (this.#entries.length > KEPT) this.#entries = this.#entries.slice(KEPT / 2);
  }

  /**
   * Whether the top `depth` of the book was `sides` at that change. Undefined where that is not known: not yet, not any
   * more, or because the reference was not there.
   */
  holds(epoch: string, sequence: number, sides: Sides, depth: number): boolean | undefined {
    let found: Entry | undefined;
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i] as Entry;
      if (entry.epoch !== epoch) continue;
      if (entry.sequence > sequence) {
        found = entry;
        continue;
      }
      // Another one behind it says that nothing came in between.
      if (found === undefined && entry.sequence !== sequence) return undefined;
      return textOf(entry, depth) === textOf(sides);
    }
    return undefined;
  }
}

function textOf({ bids, asks }: Sides, depth = Number.POSITIVE_INFINITY): string {
  return `${bids.slice(0, depth).join(' ')}|${asks.slice(0, depth).join(' ')}`;
}
