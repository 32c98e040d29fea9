import type { BookCheck } from '@tapedeck/db/session/audit-store';

import type { VenueId } from '../../venue/venue-event.ts';

/** Best bid and ask on the grid. */
export type Quote = Omit<BookCheck, 'sequence'>;

type Ticker = { readonly id: VenueId; readonly quote: Quote };
type Waiting = { readonly lastId: VenueId; readonly sequence: number };

/** Kept on either side until the other comes; a recording with one of the two streams must not grow without end. */
const MAX_KEPT = 20_000;

/**
 * Joins book tickers to diffs by the venue's update id: the quote as of a diff is the last ticker whose id is not
 * beyond the diff's last. The streams run ahead of one another, so a diff is settled once a ticker beyond it is known.
 */
export class TickerAudit {
  #tickers: Ticker[] = [];
  #waiting: Waiting[] = [];

  /** A ticker; returns the check points that it settled. */
  ticker(id: VenueId, quote: Quote): readonly BookCheck[] {
    const newest = this.#tickers.at(-1);
    if (newest !== undefined && id < newest.id) return [];
    this.#tickers.push({ id, quote });
    if (this.#tickers.length > MAX_KEPT) this.#tickers = this.#tickers.slice(MAX_KEPT / 2);
    return this.#settle(false);
  }

  /** A diff that was applied as `sequence`; returns the check points that can be settled. */
  diff(lastId: VenueId, sequence: number): readonly BookCheck[] {
    this.#waiting.push({ lastId, sequence });
    if (this.#waiting.length > MAX_KEPT) this.#waiting = this.#waiting.slice(MAX_KEPT / 2);
    return this.#settle(false);
  }

  /** At the end of a recording nothing later can come: settles all that wait. */
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
    // The diffs to come are later still: only the ticker that stands now is needed of the past.
    if (at > 0 && due > 0) this.#tickers = this.#tickers.slice(at);
    return settled;
  }
}
