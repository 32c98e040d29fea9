import type { BookCheck } from '@tapedeck/db/session/audit-store';

import type { VenueId } from '../../venue/venue-event.ts';

/** Best bid and ask on the grid. */
export type Quote = Omit<BookCheck, 'sequence'>;

type Ticker = { readonly id: VenueId; readonly quote: Quote };
type Waiting = { readonly lastId: VenueId; readonly sequence: number };

/** Kept on either side until the other arrives; bounded, because a recording may have only one of the two streams. */
const MAX_KEPT = 20_000;

/**
 * Joins book tickers to diffs by the venue's update id: the quote at a diff is the last ticker whose id is not beyond
 * the diff's last. Either stream may be ahead, so a diff is settled once a ticker beyond it is known.
 */
export class TickerAudit {
  #tickers: Ticker[] = [];
  #waiting: Waiting[] = [];

  /** Adds a ticker; returns the check points it settles. */
  ticker(id: VenueId, quote: Quote): readonly BookCheck[] {
    const newest = this.#tickers.at(-1);
    if (newest !== undefined && id < newest.id) return [];
    this.#tickers.push({ id, quote });
    if (this.#tickers.length > MAX_KEPT) this.#tickers = this.#tickers.slice(MAX_KEPT / 2);
    return this.#settle(false);
  }

  /** Adds a diff that was applied as `sequence`; returns the check points that can be settled. */
  diff(lastId: VenueId, sequence: number): readonly BookCheck[] {
    this.#waiting.push({ lastId, sequence });
    if (this.#waiting.length > MAX_KEPT) this.#waiting = this.#waiting.slice(MAX_KEPT / 2);
    return this.#settle(false);
  }

  /** Settles everything that is waiting, at the end of a recording. */
  end(): readonly BookCheck[] {
    return this.#settle(true);
  }

  #settle(isEnd: boolean): readonly BookCheck[] {
    const settled: BookCheck[] = [];
    let at = 0;
    let due = 0;
    for (const { lastId, sequence } of this.#waiting) {
      let next = this.#tickers[at + 1];
      while (next !== undefined && next.id <= lastId) next = this.#tickers[++at + 1];
      const ticker = this.#tickers[at];
      const isBeyond = ticker !== undefined && ticker.id > lastId;
      if (next === undefined && !isBeyond && !isEnd) break;
      due++;
      if (ticker !== undefined && !isBeyond) settled.push({ sequence, ...ticker.quote });
    }
    if (due > 0) this.#waiting = this.#waiting.slice(due);
    // Later diffs need only the current ticker, none before it.
    if (at > 0 && due > 0) this.#tickers = this.#tickers.slice(at);
    return settled;
  }
}
