/** The newest `capacity` items, oldest first. Appending is O(1) amortised; what falls out is counted. */
export class Ring<T> {
  readonly #capacity: number;
  #items: T[] = [];
  #start = 0;
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length - this.#start;
  }

  /** Items that have fallen out since the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.length <= this.#capacity) return;
    this.#start++;
    this.#dropped++;
    // Half of the array is dead: move the living to the front once.
    if (this.#start >= this.#capacity) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The last item. */
  get last(): T | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1);
  }

  /** The first item that is still kept. */
  get first(): T | undefined {
    return this.#items[this.#start];
  }

  /** The newest `count` items (all by default), oldest first. */
  tail(count: number = this.length): T[] {
    return this.#items.slice(Math.max(this.#start, this.#items.length - count));
  }

  /** Replaces the last item, which must exist. */
  replaceLast(item: T): void {
    this.#items[this.#items.length - 1] = item;
  }

  /** The item at this place, 0 being the first that is kept. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#start + index];
  }

  /** Replaces the item at this place, which must exist. */
  replace(index: number, item: T): void {
    this.#items[this.#start + index] = item;
  }

  /** Puts an item before the one at this place: O(n), for what is rare. What falls out is the first. */
  insert(index: number, item: T): void {
    this.#items.splice(this.#start + index, 0, item);
    if (this.length <= this.#capacity) return;
    this.#start++;
    this.#dropped++;
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
  }
}
