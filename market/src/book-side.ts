import type { Level, Side } from './level.ts';

const INITIAL_CAPACITY = 64;
const EMPTY_LEVELS: readonly Level[] = [];

/**
 * One side of a book as two parallel sorted arrays, the best level last.
 *
 * Nearly all updates fall near the touch, so the end of the array is where they land: the search gallops from there,
 * and an insert or a removal moves only the few better levels (`copyWithin`, a memmove). The key is the price for
 * bids and its negative for asks, so that both sides ascend towards their best.
 */
export class BookSide {
  readonly side: Side;
  readonly #sign: 1 | -1;
  #keys = new Float64Array(INITIAL_CAPACITY);
  #sizes = new Float64Array(INITIAL_CAPACITY);
  #length = 0;

  constructor(side: Side) {
    this.side = side;
    this.#sign = side === 'bid' ? 1 : -1;
  }

  /** How many levels rest on this side. */
  get length(): number {
    return this.#length;
  }

  /** Price of the level `index` places from the best (0 is the best). Undefined beyond the last. */
  priceAt(index: number): number | undefined {
    return index < this.#length
      ? this.#sign * (this.#keys[this.#length - 1 - index] as number)
      : undefined;
  }

  /** Size of the level `index` places from the best; 0 beyond the last. */
  sizeAt(index: number): number {
    return index < this.#length ? (this.#sizes[this.#length - 1 - index] as number) : 0;
  }

  /** Size resting at `priceTicks`, 0 where there is none. */
  sizeOf(priceTicks: number): number {
    const key = this.#sign * priceTicks;
    const index = this.#lowerBound(key);
    return index < this.#length && this.#keys[index] === key ? (this.#sizes[index] as number) : 0;
  }

  /** Sets the absolute size of a price, 0 removes it (P8). Returns the size before: 0 where there was none. */
  set(priceTicks: number, sizeLots: number): number {
    const key = this.#sign * priceTicks;
    const index = this.#lowerBound(key);
    if (index < this.#length && this.#keys[index] === key) {
      const before = this.#sizes[index] as number;
      if (sizeLots > 0) this.#sizes[index] = sizeLots;
      else this.#removeAt(index);
      return before;
    }
    if (sizeLots > 0) this.#insertAt(index, key, sizeLots);
    return 0;
  }

  /** The best `depth` levels (all by default), best first. */
  top(depth: number = this.#length): readonly Level[] {
    const count = Math.min(depth, this.#length);
    if (count === 0) return EMPTY_LEVELS;
    const levels: Level[] = new Array<Level>(count);
    for (let i = 0, at = this.#length - 1; i < count; i++, at--) {
      levels[i] = [this.#sign * (this.#keys[at] as number), this.#sizes[at] as number];
    }
    return levels;
  }

  clear(): void {
    this.#length = 0;
  }

  /** First index whose key is >= `key`, galloping from the best end. */
  #lowerBound(key: number): number {
    const keys = this.#keys;
    let high = this.#length;
    let low = high;
    let stride = 1;
    while (low > 0 && (keys[low - 1] as number) >= key) {
      high = low - 1;
      low = Math.max(0, low - stride);
      stride *= 2;
      if ((keys[low] as number) < key) break;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insertAt(index: number, key: number, size: number): void {
    if (this.#length === this.#keys.length) this.#grow();
    this.#keys.copyWithin(index + 1, index, this.#length);
    this.#sizes.copyWithin(index + 1, index, this.#length);
    this.#keys[index] = key;
    this.#sizes[index] = size;
    this.#length++;
  }

  #removeAt(index: number): void {
    this.#keys.copyWithin(index, index + 1, this.#length);
    this.#sizes.copyWithin(index, index + 1, this.#length);
    this.#length--;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const sizes = new Float64Array(keys.length);
    keys.set(this.#keys);
    sizes.set(this.#sizes);
    this.#keys = keys;
    this.#sizes = sizes;
  }
}
