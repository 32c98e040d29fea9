import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { EpochMs } from '@tapedeck/market/number/level';

import { TextBook } from './text-book.ts';
import type { BookStep, GridDiff, GridSnapshot, Timed, VenueBook } from './venue-book.ts';
import type { VenueId } from './venue-event.ts';

/** What to do with a diff: `stale` ones are older than the book and dropped by the venue's own rule. */
export type DiffOrder = 'apply' | 'stale' | 'duplicate' | 'hole';

/** A venue's rules for its book, for venues that send a snapshot and then changes. */
export type BookRules = {
  /** Judges a diff by the last number; without it every diff applies. */
  readonly order?: (last: VenueId, diff: GridDiff) => DiffOrder;
  /** Diffs before the snapshot are kept for it, because it comes by another channel; a second one is not needed. */
  readonly bridges?: boolean;
  /**
   * Some venues of this kind send only whole books: until a change comes, none can be missing between two of them.
   */
  readonly wholeBooksAlone?: boolean;
  readonly checksum?: {
    readonly depth: number;
    readonly of: (asks: readonly TextLevel[], bids: readonly TextLevel[]) => number;
    /** For a checksum that may not be over the text as it is recorded. */
    readonly holds?: (
      asks: readonly TextLevel[],
      bids: readonly TextLevel[],
      expected: number,
    ) => boolean;
  };
};

/** Such venues send whole books many times a second: after this long without one the stream was interrupted. */
const WHOLE_BOOK_MS = 10_000;
/** Diffs kept while waiting for a snapshot. */
const MAX_WAITING = 8_192;

/**
 * Keeps a book by a venue's rules. A snapshot in the middle means that the venue's stream was interrupted: unless it
 * equals the book, the time between is a hole. A wrong checksum is a hole too, never repaired.
 */
export class RuledBook implements VenueBook {
  readonly #rules: BookRules;
  readonly #book: TextBook;
  #synced = false;
  #lastId: VenueId = 0;
  /** Loaded, not yet begun: a snapshot without a time begins no later than the next diff. */
  #pending: Timed<GridSnapshot> | undefined;
  #waiting: Timed<GridDiff>[] = [];
  /** Time of the first whole book, as long as only whole books have come. */
  #aloneSince: EpochMs | undefined;
  #aloneUntil: EpochMs = 0;
  #hasChanged = false;
  /** Why a change may be missing, until a checksum or a number proves that none is. */
  #doubt: string | undefined;

  constructor(rules: BookRules) {
    this.#rules = rules;
    this.#book = new TextBook(rules.checksum !== undefined);
  }

  *snapshot(snapshot: GridSnapshot, receiveTime: EpochMs): Generator<BookStep> {
    if (this.#synced) {
      if (this.#rules.bridges === true) return;
      const isAlone = this.#isAlone(snapshot, receiveTime);
      if (!isAlone && this.#book.equals(snapshot)) {
        this.#lastId = snapshot.updateId;
        this.#doubt = undefined;
        return;
      }
      yield* this.#beginPending(snapshot.eventTime ?? receiveTime);
      if (!isAlone) yield* this.#hole('book-gap', 'the venue restarted with another snapshot');
    }
    this.#book.load(snapshot, snapshot.depth);
    const failure = this.#failureOf(snapshot.checksum);
    if (failure !== undefined) {
      yield* this.#hole('checksum', failure);
      return;
    }
    if (this.#isChecked(snapshot.checksum)) yield { type: 'checked' };
    this.#synced = true;
    this.#doubt = undefined;
    this.#lastId = snapshot.updateId;
    this.#pending = { value: snapshot, receiveTime };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { value, receiveTime: time } of waiting) yield* this.diff(value, time);
  }

  *diff(diff: GridDiff, receiveTime: EpochMs): Generator<BookStep> {
    if (!this.#synced) {
      this.#wait(diff, receiveTime);
      return;
    }
    const order = this.#rules.order?.(this.#lastId, diff) ?? 'apply';
    if (order === 'stale') return;
    if (order === 'duplicate') {
      yield { type: 'duplicate' };
      return;
    }
    if (order === 'hole') {
      const first = diff.previousId ?? diff.firstId;
      yield* this.#beginPending(diff.eventTime);
      yield* this.#hole('book-gap', `diff that follows ${first} after update ${this.#lastId}`);
      this.#wait(diff, receiveTime);
      return;
    }
    yield* this.#change(diff.eventTime);
    const levels = this.#book.apply(diff);
    const failure = this.#failureOf(diff.checksum);
    yield* this.#beginPending(diff.eventTime);
    if (failure !== undefined) {
      yield* this.#hole('checksum', failure);
      return;
    }
    if (this.#isChecked(diff.checksum)) yield { type: 'checked' };
    if (this.#isChecked(diff.checksum) || diff.previousId !== undefined) this.#doubt = undefined;
    this.#lastId = diff.lastId;
    yield { type: 'apply', diff: { ...diff, ...levels }, receiveTime };
  }

  *lost(detail: string, isCertain: boolean): Generator<BookStep> {
    if (!this.#synced) return;
    // The next checksum reveals what is missing; if none follows, nothing does.
    if (!isCertain && this.#rules.checksum !== undefined) {
      this.#doubt ??= detail;
      return;
    }
    yield* this.#beginPending(Number.MAX_SAFE_INTEGER);
    yield* this.#hole('book-gap', detail);
  }

  *end(): Generator<BookStep> {
    yield* this.#beginPending(Number.MAX_SAFE_INTEGER);
    if (this.#synced && this.#doubt !== undefined) yield* this.#hole('book-gap', this.#doubt);
  }

  /** Whether a whole book follows another one, from a venue that so far sends nothing else. */
  #isAlone(snapshot: GridSnapshot, receiveTime: EpochMs): boolean {
    if (this.#rules.wholeBooksAlone !== true || this.#hasChanged) return false;
    const before = this.#pending;
    const from = before && (before.value.eventTime ?? before.receiveTime);
    const to = snapshot.eventTime ?? receiveTime;
    if (from === undefined || to - from > WHOLE_BOOK_MS) return false;
    this.#aloneSince ??= from;
    this.#aloneUntil = to;
    return true;
  }

  /** The first change shows that the venue does send changes: those between the previous whole books are missing. */
  *#change(time: EpochMs): Generator<BookStep> {
    if (this.#hasChanged) return;
    this.#hasChanged = true;
    if (this.#aloneSince === undefined) return;
    yield* this.#beginPending(time);
    const detail = 'whole books and no change between them, though the venue sends changes';
    yield { type: 'missed', detail, from: this.#aloneSince, to: this.#aloneUntil };
  }

  *#beginPending(before: EpochMs): Generator<BookStep> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    const { value: snapshot, receiveTime } = pending;
    const eventTime = Math.min(snapshot.eventTime ?? receiveTime, before);
    yield { type: 'begin', snapshot, eventTime, receiveTime };
  }

  *#hole(problem: 'book-gap' | 'checksum', detail: string): Generator<BookStep> {
    this.#synced = false;
    this.#pending = undefined;
    yield { type: 'hole', problem, detail };
  }

  #wait(diff: GridDiff, receiveTime: EpochMs): void {
    if (this.#rules.bridges !== true) return;
    this.#waiting.push({ value: diff, receiveTime });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  #isChecked(expected: number | undefined): boolean {
    return expected !== undefined && this.#rules.checksum !== undefined;
  }

  #failureOf(expected: number | undefined): string | undefined {
    const rule = this.#rules.checksum;
    if (rule === undefined || expected === undefined) return undefined;
    const { asks, bids } = this.#book.top(rule.depth);
    if (rule.holds?.(asks, bids, expected) === true) return undefined;
    const actual = rule.of(asks, bids);
    return actual === expected
      ? undefined
      : `the venue's checksum is ${expected}, the book's is ${actual}`;
  }
}
