/*
 * What a pusher numbered last of one symbol, and what its next numbers mean (P9, P12a, P17). Numbers are optional: without
 * one nothing can be old or missing.
 *
 *   book   snapshot n ─▶ update n+1 ─▶ update n+2 ... ─▶ hole ─▶ only a snapshot that is not older than what was applied
 *   tape   trade n ─▶ trade n+1 ─▶ trade n+4: two are lost
 *
 * Announcing the instrument again begins all numbers anew.
 */
export class PushedNumbers {
  /** Of the last change that followed the one before it; undefined behind a hole. */
  #book: number | undefined;
  /** Of the newest change that was applied; a hole leaves it. */
  #applied: number | undefined;
  #trade: number | undefined;
  #isBookRenumbered = false;
  #isTold = false;

  /** The next numbers may be below the last ones. The book goes on if its next change follows, else it needs a snapshot. */
  renumber(): void {
    this.#trade = undefined;
    this.#isBookRenumbered = true;
    this.#isTold = false;
  }

  /** `old`: of a moment before the newest change that was applied. */
  snapshot(sequence: number | undefined): 'apply' | 'old' {
    if (!this.#isBookRenumbered && isBelow(sequence, this.#applied)) return 'old';
    this.#isBookRenumbered = false;
    this.#follow(sequence);
    return 'apply';
  }

  /** `previous` is what this change follows, `sequence - 1` where it is left out. */
  update(sequence: number | undefined, previous: number | undefined): 'apply' | 'old' | 'gap' {
    const last = this.#book;
    if (sequence !== undefined && last !== undefined && (previous ?? sequence - 1) !== last) {
      // Where numbers begin anew a low one is not old: it is of a book whose snapshot is still to come.
      if (sequence <= last && !this.#isBookRenumbered) return 'old';
      this.#book = undefined;
      return 'gap';
    }
    this.#follow(sequence);
    return 'apply';
  }

  /** How many trades are missing before this one; `old` for one that was there. */
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

  /** True once for each time that numbers went back: people are told of a cause, not of every event. */
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
