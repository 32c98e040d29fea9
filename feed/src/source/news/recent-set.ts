/** A set of the texts that were added last; `has` renews one. */
export class RecentSet {
  readonly #limit: number;
  readonly #texts = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(text: string): boolean {
    if (!this.#texts.delete(text)) return false;
    this.#texts.add(text);
    return true;
  }

  add(text: string): void {
    this.#texts.delete(text);
    this.#texts.add(text);
    const [oldest] = this.#texts;
    if (this.#texts.size > this.#limit && oldest !== undefined) this.#texts.delete(oldest);
  }
}
