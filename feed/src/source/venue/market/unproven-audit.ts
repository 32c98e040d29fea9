/*
 * Checks a book in which nothing shows a missing delta (V6). Every few minutes a snapshot is requested, and brought up
 * to date with the deltas that arrive meanwhile: it must then equal the book. A book that stays crossed is wrong, too.
 */
import type { Level } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveBookRule } from '../../../venue/live-venue.ts';
import {
  isSameId,
  type VenueDiff,
  type VenueEvent,
  type VenueSnapshot,
} from '../../../venue/venue-event.ts';
import type { Sides } from '../../../venue/whole-book.ts';
import { LiveBook } from './live-book.ts';

/** A snapshot by request may be this much older than the stream: deltas are kept for so long before it. */
const LEAD_MS = 3_000;
/** A snapshot that is older still is requested again. */
const RETRY_MS = 2_000;
const MOST_TRIES = 10;
/** Two sides may cross between two deltas of one trade. */
const CROSSED_MS = 500;

/** Compares a book, now and then, with what its venue states by request. */
export interface RequestedAudit {
  /** The book starts over. */
  clear(): void;
  /** After each message applied to the book. Text if the book is wrong: how; undefined if nothing was compared. */
  take(event: VenueDiff | VenueSnapshot, book: LiveBook): true | string | undefined;
  /** To be called a few times a second while the book is live. */
  tick(book: LiveBook): true | string | undefined;
}

export type AuditOptions = {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly rule: LiveBookRule;
  readonly everyMs: number;
  readonly fetch: (done: (answer: VenueEvent | string) => void) => Cancel;
};

export class UnprovenAudit implements RequestedAudit {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #random: Random;
  readonly #rule: LiveBookRule;
  readonly #everyMs: number;
  readonly #fetch: (done: (answer: VenueEvent | string) => void) => Cancel;
  #at: MonotonicMs | undefined;
  #askAt: MonotonicMs | undefined;
  #asking: Cancel | undefined;
  #tries = 0;
  /** The book made of the snapshot, while a comparison is being made. */
  #other: LiveBook | undefined;
  #crossedSince: MonotonicMs | undefined;

  constructor(options: AuditOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#rule = options.rule;
    this.#everyMs = options.everyMs;
    this.#fetch = options.fetch;
  }

  clear(): void {
    this.#asking?.();
    this.#asking = undefined;
    this.#askAt = undefined;
    this.#other = undefined;
    this.#at = undefined;
    this.#crossedSince = undefined;
  }

  take(event: VenueDiff | VenueSnapshot, book: LiveBook): true | string | undefined {
    const other = this.#other;
    if (other === undefined || event.type !== 'diff') return undefined;
    const outcome = other.diff(event);
    return outcome.type === 'gap' ? this.#postpone() : this.#compare(other, book);
  }

  tick(book: LiveBook): true | string | undefined {
    const now = this.#clock.monotonic();
    // Not all books of a venue at once.
    this.#at ??= later(now, this.#everyMs * (0.5 + 0.5 * this.#random.next()));
    if (now >= this.#at && this.#other === undefined) {
      this.#other = this.#begin(book);
      this.#askAt = later(now, LEAD_MS);
      this.#tries = 0;
    }
    if (this.#askAt !== undefined && now >= this.#askAt) this.#ask();
    return this.#crossed(book, now);
  }

  /** The buffer begins with what the book has already: no older snapshot can be compared. */
  #begin(book: LiveBook): LiveBook {
    const other = new LiveBook(this.#rule, true, book.grid?.grid);
    const { id = 0, eventTime = 0 } = book.mark ?? {};
    const ids = { firstId: id, lastId: id, previousId: undefined };
    other.diff({ type: 'diff', ...ids, eventTime, bids: [], asks: [] });
    return other;
  }

  #ask(): void {
    this.#askAt = undefined;
    this.#asking = this.#fetch((answer) => {
      this.#asking = undefined;
      const other = this.#other;
      if (other === undefined) return;
      if (typeof answer !== 'string' && answer.type === 'snapshot') other.snapshot(answer);
      if (other.mark !== undefined) return;
      if (++this.#tries >= MOST_TRIES) this.#postpone();
      else this.#askAt = later(this.#clock.monotonic(), RETRY_MS);
    });
  }

  #crossed(book: LiveBook, now: MonotonicMs): string | undefined {
    const { bid, ask } = book.best;
    if (bid === undefined || ask === undefined || bid[0] < ask[0]) {
      this.#crossedSince = undefined;
      return undefined;
    }
    this.#crossedSince ??= now;
    return now - this.#crossedSince > CROSSED_MS ? 'the book is crossed' : undefined;
  }

  #compare(other: LiveBook, book: LiveBook): true | string | undefined {
    if (other.mark === undefined || book.mark === undefined) return undefined;
    if (!isSameId(other.mark.id, book.mark.id)) return undefined;
    this.#postpone();
    if (other.grid?.grid.tickSize !== book.grid?.grid.tickSize) return undefined;
    if (other.grid?.grid.lotSize !== book.grid?.grid.lotSize) return undefined;
    const wrong = differing(other.levels, book.levels);
    return wrong === 0 ? true : `${wrong} of its levels differ from the venue's own book`;
  }

  #postpone(): undefined {
    this.#other = undefined;
    this.#askAt = undefined;
    this.#at = later(this.#clock.monotonic(), this.#everyMs);
  }
}

/** How many prices have another size, as far as the venue's book reaches. */
function differing(venue: Sides, own: Sides): number {
  return (['bids', 'asks'] as const).reduce((sum, side) => {
    const worst = venue[side].at(-1)?.[0];
    const isWithin = ([price]: Level): boolean =>
      worst !== undefined && (side === 'bids' ? price >= worst : price <= worst);
    const sizes = new Map(own[side].filter(isWithin));
    const other = venue[side].filter(([price, size]) => sizes.get(price) !== size).length;
    const stated = new Set(venue[side].map(([price]) => price));
    return sum + other + [...sizes.keys()].filter((price) => !stated.has(price)).length;
  }, 0);
}
