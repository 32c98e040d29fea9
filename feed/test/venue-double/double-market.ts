/*
 * One market of the double: a recorded stretch that goes on for ever, each round with new numbers and times. What it has
 * sent so far is the truth that a client's book is held to.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

export type DoubleTrade = {
  readonly id: number;
  /** Number of the aggregate that it is in, where there are such. */
  readonly aggregate?: number | undefined;
  readonly time: EpochMs;
  readonly price: string;
  readonly size: string;
  readonly isBuyerMaker: boolean;
  readonly kind: string;
};

/** What is sent at a moment of the round. */
export type DoubleFrame = { readonly stream: string; readonly text: string };

export interface DoubleMarket {
  readonly id: string;
  readonly truth: TruthBook;
  /** Time of the last change of the book, by the venue's clock. */
  readonly eventTime: EpochMs;
  readonly trades: readonly DoubleTrade[];
  /** The next things that happen, and after how many milliseconds. */
  next(): { readonly afterMs: number; readonly happen: () => readonly DoubleFrame[] };
  /** The venue counts anew. */
  renumber(): void;
}

/** Text of prices to text of sizes. */
export class TruthBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();

  #digest = 0;

  /** Of all levels, in whatever order they came. */
  get digest(): number {
    return this.#digest;
  }

  set(side: 'bids' | 'asks', levels: readonly (readonly [string, string])[]): void {
    for (const [price, size] of levels) this.#put(side, plain(price), plain(size));
  }

  #put(side: 'bids' | 'asks', price: string, size: string): void {
    const before = this[side].get(price);
    if (before !== undefined) this.#digest = (this.#digest - levelDigest(side, price, before)) | 0;
    if (Number(size) === 0) this[side].delete(price);
    else {
      this[side].set(price, size);
      this.#digest = (this.#digest + levelDigest(side, price, size)) | 0;
    }
  }

  /** Best first. */
  sorted(side: 'bids' | 'asks'): readonly (readonly [string, string])[] {
    const sign = side === 'bids' ? -1 : 1;
    return [...this[side]].toSorted(([a], [b]) => sign * (Number(a) - Number(b)));
  }

  cut(depth: number): void {
    for (const side of ['bids', 'asks'] as const)
      for (const [price] of this.sorted(side).slice(depth)) this.#put(side, price, '0');
  }
}

/** A number for a level: their sum tells two books apart. */
export function levelDigest(side: 'bids' | 'asks', price: string, size: string): number {
  let hash = side === 'bids' ? 17 : 31;
  for (const text of [price, ' ', size])
    for (let i = 0; i < text.length; i++)
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) + 0x9e37;
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) | 0;
}

/** Without trailing zeros. */
export function plain(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
