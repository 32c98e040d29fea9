import { OrderBook } from '@tapedeck/market/book/order-book';
import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { Level } from '@tapedeck/market/number/level';

import type { GridLevels } from './venue-book.ts';

type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

/** A book that also keeps how the venue wrote each level: venues compute checksums over that text. */
export class TextBook {
  readonly #book = new OrderBook();
  readonly #bidTexts = new Map<number, TextLevel>();
  readonly #askTexts = new Map<number, TextLevel>();
  readonly #keepsText: boolean;
  #depth = Number.MAX_SAFE_INTEGER;

  constructor(keepsText: boolean) {
    this.#keepsText = keepsText;
  }

  /** Replaces everything. `depth` is the number of levels per side that the venue sends. */
  load(levels: GridLevels, depth: number | undefined): void {
    this.#book.clear();
    this.#bidTexts.clear();
    this.#askTexts.clear();
    this.#depth = depth ?? Number.MAX_SAFE_INTEGER;
    this.apply(levels);
  }

  /** Applies a change and returns its effect: each price once, and the levels that dropped out of the view. */
  apply(levels: GridLevels): Sides {
    return {
      bids: this.#applySide('bids', levels, this.#bidTexts),
      asks: this.#applySide('asks', levels, this.#askTexts),
    };
  }

  /** True if the book exactly equals a snapshot. */
  equals(levels: Sides): boolean {
    const own = this.#book.snapshot();
    return isSame(own.bids, levels.bids) && isSame(own.asks, levels.asks);
  }

  /** The venue's own text of the best `depth` levels per side. */
  top(depth: number): { readonly bids: readonly TextLevel[]; readonly asks: readonly TextLevel[] } {
    const textsOf = (levels: readonly Level[], texts: Map<number, TextLevel>): TextLevel[] =>
      levels.flatMap(([price]) => {
        const text = texts.get(price);
        return text === undefined ? [] : [text];
      });
    return {
      bids: textsOf(this.#book.bids.top(depth), this.#bidTexts),
      asks: textsOf(this.#book.asks.top(depth), this.#askTexts),
    };
  }

  #applySide(
    name: 'bids' | 'asks',
    levels: GridLevels,
    texts: Map<number, TextLevel>,
  ): readonly Level[] {
    const side = this.#book[name];
    const changed = new Map<number, number>();
    for (const [i, [price, size]] of levels[name].entries()) {
      side.set(price, size);
      changed.set(price, size);
      const text = levels.text[name][i];
      if (!this.#keepsText || text === undefined) continue;
      if (size === 0) texts.delete(price);
      else texts.set(price, [text[0], text[1]]);
    }
    while (side.length > this.#depth) {
      const worst = side.priceAt(side.length - 1);
      if (worst === undefined) break;
      side.set(worst, 0);
      texts.delete(worst);
      changed.set(worst, 0);
    }
    return [...changed];
  }
}

/** `levels` may include empty ones, in any order. */
function isSame(own: readonly Level[], levels: readonly Level[]): boolean {
  const other = new Map(levels.filter(([, size]) => size !== 0));
  return own.length === other.size && own.every(([price, size]) => other.get(price) === size);
}
