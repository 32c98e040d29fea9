/*
 * One market of the double: a recorded excerpt in an endless loop, each round with new ids and times. What it has
 * sent so far is the truth that a client's book is compared with.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

export type DoubleTrade = {
  readonly id: number;
  /** Id of the aggregate that contains it, if any. */
  readonly aggregate?: number | undefined;
  readonly time: EpochMs;
  readonly price: string;
  readonly size: string;
  readonly isBuyerMaker: boolean;
  readonly kind: string;
};

/** One frame to send, and its stream. */
export type DoubleFrame = { readonly stream: string; readonly text: string };

export interface DoubleMarket {
  readonly id: string;
  readonly truth: TruthBook;
  /** Digests of the books that a client may have now, if `truth` is not what it is told. */
  readonly possible?: readonly number[];
  /** Time of the book's last delta, by the venue's clock. */
  readonly eventTime: EpochMs;
  readonly trades: readonly DoubleTrade[];
  /** The next event of the recording, and the delay before it. */
  next(): { readonly afterMs: number; readonly happen: () => readonly DoubleFrame[] };
  /** Moves its times, so that the recording begins at `time`. If never called, they are as recorded. */
  startAt(time: EpochMs): void;
  /** Restarts the venue's ids at lower numbers. */
  renumber(): void;
}

/** Price texts mapped to size texts. */
export class TruthBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();

  /** The prices as numbers, to find the best without reading every text. */
  readonly #prices = { bids: new Map<string, number>(), asks: new Map<string, number>() };
  #digest = 0;

  /** Digest of all levels, independent of their order of arrival. */
  get digest(): number {
    return this.#digest;
  }

  set(side: 'bids' | 'asks', levels: readonly (readonly [string, string])[]): void {
    for (const [price, size] of levels) this.#put(side, plain(price), plain(size));
  }

  #put(side: 'bids' | 'asks', price: string, size: string): void {
    const before = this[side].get(price);
    if (before !== undefined) this.#digest = (this.#digest - levelDigest(side, price, before)) | 0;
    if (Number(size) === 0) {
      this[side].delete(price);
      this.#prices[side].delete(price);
    } else {
      this[side].set(price, size);
      this.#prices[side].set(price, Number(price));
      this.#digest = (this.#digest + levelDigest(side, price, size)) | 0;
    }
  }

  /** Best first. */
  sorted(side: 'bids' | 'asks'): readonly (readonly [string, string])[] {
    const sign = side === 'bids' ? -1 : 1;
    return [...this[side]].toSorted(([a], [b]) => sign * (Number(a) - Number(b)));
  }

  /** The best level; undefined if there is none. */
  best(side: 'bids' | 'asks'): readonly [string, string] | undefined {
    const sign = side === 'bids' ? -1 : 1;
    let best: string | undefined;
    let least = Infinity;
    for (const [price, number] of this.#prices[side])
      if (sign * number < least) [best, least] = [price, sign * number];
    return best === undefined ? undefined : [best, this[side].get(best) ?? '0'];
  }

  cut(depth: number): void {
    for (const side of ['bids', 'asks'] as const)
      for (const [price] of this.sorted(side).slice(depth)) this.#put(side, price, '0');
  }
}

/** A hash of one level; the sum over all levels distinguishes books. */
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
