/*
 * A new socket takes a book over from the one that serves, without a moment in which there is none. Where changes are
 * numbered the new socket's are kept until they join what is known; where a stream begins with a whole book that is built
 * beside the old one, and what differs is one change.
 */
import type { Grid } from '@tapedeck/market/grid/grid';
import type { Level } from '@tapedeck/market/number/level';

import type { LiveBookRule } from '../../../venue/live-venue.ts';
import type { VenueDiff, VenueSnapshot } from '../../../venue/venue-event.ts';
import { type BookOutcome, LiveBook } from './live-book.ts';

type BookEvent = VenueSnapshot | VenueDiff;

type HandoverStep =
  | { readonly type: 'waits' }
  /** Take these; from now on the new socket's changes go on. */
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

  /** What the new socket made of its stream so far, and what it said. */
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
    // Other steps are taken over with a whole book, not with a change.
    if (outcome.type !== 'began' || !isAlike(outcome.grid, old.grid?.grid)) return WAITS;
    this.#isDone = true;
    const { bids, asks } = this.#book.levels;
    const was = old.levels;
    return {
      type: 'swap',
      book: this.#book,
      changed: {
        type: 'changed',
        eventTime: outcome.eventTime,
        bids: difference(was.bids, bids),
        asks: difference(was.asks, asks),
      },
    };
  }

  /** What waits, if it joins the book now. */
  retry(old: LiveBook): readonly BookEvent[] {
    const { mark } = old;
    const [first] = this.#events;
    if (this.#book !== undefined || mark === undefined || first?.type !== 'diff') return [];
    const verdict = this.#rule.check(mark, first);
    if (verdict !== 'old' && verdict !== 'apply') return [];
    this.#isDone = true;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function isAlike(a: Grid, b: Grid | undefined): boolean {
  return a.tickSize === b?.tickSize && a.lotSize === b.lotSize;
}

function difference(before: readonly Level[], after: readonly Level[]): readonly Level[] {
  const levels = new Map<number, number>(before.map(([price]) => [price, 0]));
  const was = new Map(before);
  for (const [price, size] of after) levels.set(price, size);
  return [...levels].filter(([price, size]) => was.get(price) !== size);
}
