/** The newest keys of a market's trades: more than any venue lists, so that a trade older than these is not asked for. */
export class RecentKeys {
  static readonly COUNT = 20_000;
  readonly #keys = new Set<string>();

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** False if it is known. */
  add(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size <= RecentKeys.COUNT) return true;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      break;
    }
    return true;
  }
}
