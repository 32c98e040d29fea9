/** The newest `capacity` items, oldest first. Appending is O(1) amortised; dropped items are counted. */
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

  /** Number of items dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.length <= this.#capacity) return;
    this.#start++;
    this.#dropped++;
    // Half of the array is unused: move the items to the front once.
    if (this.#start >= this.#capacity) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The last item. */
  get last(): T | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1);
  }

  /** The oldest item kept. */
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

  /** The item at this index; 0 is the oldest kept. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#start + index];
  }

  /** Replaces the item at this index, which must exist. */
  replace(index: number, item: T): void {
    this.#items[this.#start + index] = item;
  }

  /** Inserts an item before the one at this index: O(n), for rare use. The oldest item is dropped if full. */
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
