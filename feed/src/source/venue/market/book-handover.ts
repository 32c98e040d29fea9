/*
 * A new socket takes over a book from the serving one without interrupting it. If deltas are numbered, those of the
 * new socket are buffered until they connect to the book. If the stream begins with a snapshot, a second book is
 * built beside the old one, and their difference is sent as one delta. If each message is the whole book, the first
 * one of the new socket continues it.
 */
import type { Grid } from '@tapedeck/market/grid/grid';

import type { LiveBookRule } from '../../../venue/live-venue.ts';
import type { VenueDiff, VenueSnapshot } from '../../../venue/venue-event.ts';
import { changesBetween } from '../../../venue/whole-book.ts';
import { type BookOutcome, LiveBook } from './live-book.ts';

type BookEvent = VenueSnapshot | VenueDiff;

type HandoverStep =
  | { readonly type: 'waits' }
  /** Apply these; from now on the new socket's deltas continue the book. */
  | { readonly type: 'join'; readonly events: readonly BookEvent[] }
  | {
      readonly type: 'swap';
      readonly book: LiveBook;
      readonly changed: BookOutcome & { readonly type: 'changed' };
    };

const WAITS: HandoverStep = { type: 'waits' };

export class BookHandover {
  readonly #rule: LiveBookRule;
  readonly #book: LiveBook | undefined;
  #events: BookEvent[] = [];
  #isDone = false;

  constructor(rule: LiveBookRule, isBridged: boolean, grid: Grid | undefined) {
    this.#rule = rule;
    this.#book = isBridged ? undefined : new LiveBook(rule, false, grid);
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** The new socket's book so far. `events`: what it has sent so far. */
  get book(): LiveBook | undefined {
    return this.#isDone ? undefined : this.#book;
  }
  get events(): readonly BookEvent[] {
    return this.#events;
  }

  take(event: BookEvent, old: LiveBook): HandoverStep {
    if (this.#book === undefined) {
      this.#events.push(event);
      const events = this.retry(old);
      return events.length === 0 ? WAITS : { type: 'join', events };
    }
    const outcome = event.type === 'snapshot' ? this.#book.snapshot(event) : this.#book.diff(event);
    // A different grid cannot be taken over by a delta: it needs a full book.
    if (outcome.type !== 'began' || !isAlike(outcome.grid, old.grid?.grid)) return WAITS;
    this.#isDone = true;
    const { eventTime } = outcome;
    const changes = changesBetween(old.levels, this.#book.levels);
    return { type: 'swap', book: this.#book, changed: { type: 'changed', eventTime, ...changes } };
  }

  /** The buffered events, if they connect to the book now; otherwise none. */
  retry(old: LiveBook): readonly BookEvent[] {
    const { mark } = old;
    const [first] = this.#events;
    if (this.#book !== undefined || mark === undefined) return [];
    if (this.#rule.isWhole === true) {
      // A book that is older than the old socket's changes nothing.
      if (this.#events.every(({ type }) => type !== 'snapshot')) return [];
    } else {
      if (first?.type !== 'diff') return [];
      const verdict = this.#rule.check(mark, first);
      if (verdict !== 'old' && (verdict !== 'apply' || this.#rule.overlaps === true)) return [];
    }
    this.#isDone = true;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function isAlike(a: Grid, b: Grid | undefined): boolean {
  return a.tickSize === b?.tickSize && a.lotSize === b.lotSize;
}
