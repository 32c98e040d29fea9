/*
 * What a book was at each change, as received by a client without faults on the raw tier: the other clients are
 * compared with it. A conflated view at sequence s is the newest raw view at or before s, once a later one is known.
 * The reference is a client like the others: on a busy machine the feed may slow it too. What it then did not receive
 * proves nothing about the others, and is counted.
 */
import type { BookMirror } from '@tapedeck/market/book/book-mirror';
import type { Level } from '@tapedeck/market/number/level';
import type { BookDeltaMessage, BookSnapshotMessage } from '@tapedeck/market/wire/book';

export type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
/** Result of a comparison: `unheard` if the reference itself was behind at that time and will never know. */
export type Verdict = 'right' | 'unheard' | { readonly wrong: string };
type Entry = {
  readonly epoch: string;
  readonly sequence: number;
  /** A snapshot: the reference may have missed what was between it and the previous entry. */
  readonly isFresh: boolean;
} & Sides;

/** Changes remembered: minutes of a busy market. */
const KEPT = 20_000;
/** How much of a difference is printed. */
const SHOWN_LEVELS = 4;

export class BookTruth {
  #entries: Entry[] = [];

  add({ epoch, book }: BookMirror, { type }: BookSnapshotMessage | BookDeltaMessage): void {
    const { sequence } = book;
    const isFresh = type === 'book-snapshot';
    this.#entries.push({ epoch, sequence, isFresh, bids: book.bids.top(), asks: book.asks.top() });
    if (this.#entries.length > KEPT) this.#entries = this.#entries.slice(KEPT / 2);
  }

  /** Whether the top `depth` of the book was `sides` at that change; undefined while that may still arrive. */
  judge(epoch: string, sequence: number, sides: Sides, depth: number): Verdict | undefined {
    let later: Entry | undefined;
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i] as Entry;
      if (entry.epoch !== epoch) continue;
      if (entry.sequence > sequence) {
        later = entry;
        continue;
      }
      if (entry.sequence !== sequence) {
        // A later entry proves that nothing came in between.
        if (later === undefined) return undefined;
        if (later.isFresh) return 'unheard';
      }
      const wrong = differenceOf(sides, entry, depth);
      return wrong === undefined
        ? 'right'
        : { wrong: `${wrong}, by ${entry.sequence}, next ${later?.sequence}` };
    }
    return undefined;
  }
}

/** The first levels that only one of the two has. */
function differenceOf(said: Sides, truth: Sides, depth: number): string | undefined {
  const parts: string[] = [];
  for (const side of ['bids', 'asks'] as const) {
    const is = new Set(said[side].map(String));
    const should = new Set(truth[side].slice(0, depth).map(String));
    const extra = [...is].filter((level) => !should.has(level)).slice(0, SHOWN_LEVELS);
    const missing = [...should].filter((level) => !is.has(level)).slice(0, SHOWN_LEVELS);
    if (extra.length + missing.length > 0)
      parts.push(
        `${side} have ${extra.join(' ') || 'all'} and lack ${missing.join(' ') || 'none'}`,
      );
    else if (said[side].length !== should.size) parts.push(`${side} say a level twice`);
  }
  return parts.length === 0 ? undefined : parts.join('; ');
}
