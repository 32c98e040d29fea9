/*
 * Which markets have their best bid and ask streamed. A busy market sends over a hundred quotes a second, so only so
 * many are subscribed at a time: if there are more markets, they take turns.
 */
import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

/** 200 markets all have had a turn after 5 minutes. */
const AT_ONCE = 10;
const TURN_MS = 15_000;

export type RotaChange = { readonly add: readonly string[]; readonly remove: readonly string[] };

export class QuoteRota {
  #current: readonly string[] = [];
  #from = 0;
  #turnAt: MonotonicMs | undefined;

  /** Undefined if nothing changes. */
  tick(now: MonotonicMs, markets: readonly string[]): RotaChange | undefined {
    if (markets.length <= AT_ONCE) {
      this.#turnAt = undefined;
      return this.#become(markets);
    }
    if (this.#turnAt !== undefined && now < this.#turnAt) {
      // A market that was removed is not subscribed any more, and its place stays free until the next turn.
      this.#current = this.#current.filter((market) => markets.includes(market));
      return undefined;
    }
    this.#turnAt = later(now, TURN_MS);
    const from = this.#from % markets.length;
    this.#from = from + AT_ONCE;
    const twice = [...markets, ...markets];
    return this.#become(twice.slice(from, from + AT_ONCE));
  }

  #become(next: readonly string[]): RotaChange | undefined {
    const before = this.#current;
    this.#current = next;
    const add = next.filter((market) => !before.includes(market));
    const remove = before.filter((market) => !next.includes(market));
    return add.length + remove.length === 0 ? undefined : { add, remove };
  }
}
