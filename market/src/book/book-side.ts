import type { Level, Side } from '../number/level.ts';

const INITIAL_CAPACITY = 64;
/** Below this many changes, or fewer than 1/MERGED_SHARE of the side, applying them one by one is faster. */
const MERGED_LEVELS = 256;
const MERGED_SHARE = 2;
const EMPTY_LEVELS: readonly Level[] = [];

/**
 * One side of a book as two parallel sorted arrays, best level last.
 *
 * Nearly all updates are near the touch, so they land at the end of the array: the search gallops from there, and an
 * insert or removal moves only the few better levels (`copyWithin`, a memmove). The key is the price for bids and the
 * negated price for asks, so that both sides ascend towards their best.
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

  /** Number of levels on this side. */
  get length(): number {
    return this.#length;
  }

  /** Price in ticks of the level at `index`, 0 being the best; undefined beyond the last. */
  priceAt(index: number): number | undefined {
    return index < this.#length
      ? this.#sign * (this.#keys[this.#length - 1 - index] as number)
      : undefined;
  }

  /** Size in lots of the level at `index`, 0 being the best; 0 beyond the last. */
  sizeAt(index: number): number {
    return index < this.#length ? (this.#sizes[this.#length - 1 - index] as number) : 0;
  }

  /** Size in lots at `priceTicks`, 0 if there is no such level. */
  sizeOf(priceTicks: number): number {
    const key = this.#sign * priceTicks;
    const index = this.#lowerBound(key);
    return index < this.#length && this.#keys[index] === key ? (this.#sizes[index] as number) : 0;
  }

  /** Sets the absolute size at a price, 0 removes the level (P8). Returns the previous size, 0 if there was none. */
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

  /**
   * Sets the levels at indices `from` (inclusive) to `to` (exclusive) of two parallel arrays, in order. A large batch
   * is merged in one pass, because setting levels one by one would move the better levels each time.
   */
  setMany(prices: Float64Array, sizes: Float64Array, from: number, to: number): void {
    const isFew = to - from < MERGED_LEVELS || (to - from) * MERGED_SHARE < this.#length;
    if (!isFew) {
      this.#merge(prices, sizes, from, to);
      return;
    }
    for (let i = from; i < to; i++) this.set(prices[i] as number, sizes[i] as number);
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

  #merge(prices: Float64Array, sizes: Float64Array, from: number, to: number): void {
    const changed = new Map<number, number>();
    for (let i = from; i < to; i++)
      changed.set(this.#sign * (prices[i] as number), sizes[i] as number);
    const added = Float64Array.from(changed.keys()).sort();
    const keys = new Float64Array(capacityFor(this.#length + added.length));
    const kept = new Float64Array(keys.length);
    let length = 0;
    let at = 0;
    for (const key of added) {
      for (; at < this.#length && (this.#keys[at] as number) < key; at++) {
        keys[length] = this.#keys[at] as number;
        kept[length++] = this.#sizes[at] as number;
      }
      if (at < this.#length && this.#keys[at] === key) at++;
      const size = changed.get(key) as number;
      if (size <= 0) continue;
      // Map keys turn -0 into 0, but the key of an ask at price 0 is -0.
      keys[length] = key === 0 && this.#sign < 0 ? -0 : key;
      kept[length++] = size;
    }
    keys.set(this.#keys.subarray(at, this.#length), length);
    kept.set(this.#sizes.subarray(at, this.#length), length);
    this.#length = length + this.#length - at;
    this.#keys = keys;
    this.#sizes = kept;
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

/** A power of two times the initial capacity, as when the arrays grow. */
function capacityFor(length: number): number {
  let capacity = INITIAL_CAPACITY;
  while (capacity < length) capacity *= 2;
  return capacity;
}
