/*
 * A pusher's last numbers for one symbol, and what its next ones mean (P9, P12a, P17). Numbers are optional: without
 * them nothing can be old or missing.
 *
 *   book   snapshot n ─▶ update n+1 ─▶ update n+2 ... ─▶ gap ─▶ only a snapshot not older than the applied changes
 *   tape   trade n ─▶ trade n+1 ─▶ trade n+4: two are lost
 *
 * Announcing the instrument again restarts all numbers.
 */
export class PushedNumbers {
  /** Of the last change in sequence; undefined after a gap. */
  #book: number | undefined;
  /** Of the newest change applied; a gap does not reset it. */
  #applied: number | undefined;
  #trade: number | undefined;
  #isBookRenumbered = false;
  #isTold = false;

  /**
   * The next numbers may be below the last ones. The book continues if its next change follows, otherwise it needs a
   * snapshot.
   */
  renumber(): void {
    this.#trade = undefined;
    this.#isBookRenumbered = true;
    this.#isTold = false;
  }

  /** `old`: earlier than the newest change applied. */
  snapshot(sequence: number | undefined): 'apply' | 'old' {
    if (!this.#isBookRenumbered && isBelow(sequence, this.#applied)) return 'old';
    this.#isBookRenumbered = false;
    this.#follow(sequence);
    return 'apply';
  }

  /** `previous` is the number this change follows; by default `sequence - 1`. */
  update(sequence: number | undefined, previous: number | undefined): 'apply' | 'old' | 'gap' {
    const last = this.#book;
    if (sequence !== undefined && last !== undefined && (previous ?? sequence - 1) !== last) {
      // After a restart of the numbering a low one is not old: its book's snapshot is still to come.
      if (sequence <= last && !this.#isBookRenumbered) return 'old';
      this.#book = undefined;
      return 'gap';
    }
    this.#follow(sequence);
    return 'apply';
  }

  /** How many trades are missing before this one; `old` for a known one. */
  trade(sequence: number | undefined): number | 'old' {
    const last = this.#trade;
    if (sequence !== undefined && last !== undefined && sequence <= last) return 'old';
    this.#trade = sequence;
    this.#isTold = false;
    return sequence === undefined || last === undefined ? 0 : sequence - last - 1;
  }

  /** Newest number of the book or the tape, for messages. */
  get applied(): number | undefined {
    return this.#applied;
  }
  get lastTrade(): number | undefined {
    return this.#trade;
  }

  /** True once per restart of the numbering: people need the cause once, not every event. */
  isNews(): boolean {
    const isNews = !this.#isTold;
    this.#isTold = true;
    return isNews;
  }

  #follow(sequence: number | undefined): void {
    this.#book = sequence;
    this.#applied = sequence;
    this.#isTold = false;
  }
}

function isBelow(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && one < other;
}
