/*
 * One live book by its venue's rule: the deltas buffered for a snapshot, the snapshot, and the deltas after it. It
 * never guesses: after a gap or a failed checksum there is no book until the next snapshot.
 */
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { Grid } from '@tapedeck/market/grid/grid';
import { GridError, gridFactors, regridBook } from '@tapedeck/market/grid/grid';
import type { StateReason } from '@tapedeck/market/instrument/instrument';
import { must } from '@tapedeck/market/number/assert';
import { DecimalError } from '@tapedeck/market/number/decimal';
import type { EpochMs, Level } from '@tapedeck/market/number/level';

import type { BookMark } from '../../../venue/diff-check.ts';
import type { LiveBookRule } from '../../../venue/live-venue.ts';
import type { VenueDiff, VenueSnapshot } from '../../../venue/venue-event.ts';
import { changesBetween, type Sides, WholeBook } from '../../../venue/whole-book.ts';
import { ChecksumPlaces } from './checksum-places.ts';
import { LiveGrid } from './live-grid.ts';

/** Deltas buffered for a snapshot: at ten a second, over ten minutes. */
const MAX_WAITING = 8_192;
/** Venues stamp snapshots and deltas in different places, so their times differ a little. */
const LATE_MS = 1_000;
/** A snapshot of a whole book may have tens of thousands of levels: as many are merged at once. */
const MANY = 1_000;

/** What a message did to the book. */
export type BookOutcome =
  /** The book is complete, in this grid. */
  | { readonly type: 'began'; readonly grid: Grid; readonly eventTime: EpochMs }
  | ({
      readonly type: 'changed';
      readonly eventTime: EpochMs;
      /** It stated the best levels only: the others are as old as before. */
      readonly isTop?: boolean | undefined;
    } & Sides)
  /** It contained nothing new. */
  | { readonly type: 'old' }
  /** The book awaits a snapshot, or the snapshot awaits a delta. */
  | { readonly type: 'waits' }
  | { readonly type: 'gap'; readonly reason: StateReason; readonly detail: string };

export class LiveBook {
  readonly #rule: LiveBookRule;
  /** Whether snapshots are requested separately, rather than sent in the stream. */
  readonly #isBridged: boolean;
  readonly #book = new OrderBook();
  /** For a venue that states its book whole. */
  readonly #whole: WholeBook | undefined;
  readonly #places: ChecksumPlaces | undefined;
  #grid: LiveGrid | undefined;
  #mark: BookMark | undefined;
  /** A snapshot whose time, or whose position among the deltas, only the next delta determines. */
  #pending: VenueSnapshot | undefined;
  #waiting: VenueDiff[] = [];
  /** Time of the newest delta that arrived, applied or not. */
  #newest: EpochMs = 0;

  constructor(rule: LiveBookRule, isBridged: boolean, grid: Grid | undefined) {
    this.#rule = rule;
    this.#isBridged = isBridged;
    this.#grid = grid && new LiveGrid(grid);
    this.#whole = rule.isWhole === true ? new WholeBook() : undefined;
    this.#places = rule.checksum && new ChecksumPlaces(rule.checksum, grid);
  }

  /** Undefined until one is stated or a first snapshot is loaded. */
  get grid(): LiveGrid | undefined {
    return this.#grid;
  }

  /** The last message applied; undefined while there is no book. */
  get mark(): BookMark | undefined {
    return this.#mark;
  }

  /** Whether a snapshot must be requested. */
  get wantsSnapshot(): boolean {
    return this.#isBridged && this.#mark === undefined && this.#pending === undefined;
  }

  get levels(): Sides {
    return { bids: this.#book.bids.top(), asks: this.#book.asks.top() };
  }

  get best(): { readonly bid: Level | undefined; readonly ask: Level | undefined } {
    return { bid: this.#book.bids.top(1)[0], ask: this.#book.asks.top(1)[0] };
  }

  /** Adopts the grid that a trade needs and converts the book to it; false if its numbers are too large for that. */
  refine(grid: LiveGrid): boolean {
    const before = this.#grid;
    try {
      this.#regrid(grid);
      return true;
    } catch (error) {
      if (!(error instanceof GridError)) throw error;
      this.#grid = before;
      return false;
    }
  }

  /** Discards the book and its buffers. */
  clear(): void {
    this.#mark = undefined;
    this.#pending = undefined;
    this.#newest = 0;
    this.#book.clear();
    this.#whole?.clear();
    this.#waiting = [];
  }

  snapshot(snapshot: VenueSnapshot): BookOutcome {
    // A book that is already live is newer than a requested snapshot.
    if (this.#isBridged && this.#mark !== undefined) return { type: 'old' };
    const { eventTime } = snapshot;
    if (this.#whole !== undefined && this.#mark !== undefined && eventTime !== undefined)
      return this.#restate(this.#whole, { ...snapshot, eventTime });
    // Newer deltas arrived before this snapshot: it lacks them, and they are no longer available.
    if (!this.#isBridged && eventTime !== undefined && eventTime < this.#newest - LATE_MS)
      return { type: this.#mark === undefined ? 'waits' : 'old' };
    this.#pending = snapshot;
    if (this.#isBridged) return this.#replay();
    if (eventTime === undefined) return { type: 'waits' };
    const before = this.#mark === undefined ? undefined : this.levels;
    const outcome = this.settle(eventTime);
    return outcome.type === 'began' && before !== undefined && isSame(before, this.levels)
      ? { type: 'old' }
      : outcome;
  }

  /** A snapshot without a time waits for the delta after it; if none arrives, it gets this time. */
  settle(eventTime: EpochMs): BookOutcome {
    const pending = this.#pending;
    if (pending === undefined || this.#isBridged) return { type: 'waits' };
    this.#pending = undefined;
    return this.#load(pending) ?? this.#began(pending.eventTime ?? eventTime);
  }

  diff(diff: VenueDiff): BookOutcome {
    if (this.#whole !== undefined) return this.#restate(this.#whole, diff);
    this.#newest = Math.max(this.#newest, diff.eventTime);
    if (this.#mark === undefined && this.#pending !== undefined && !this.#isBridged) {
      const pending = this.#pending;
      this.#pending = undefined;
      const outcome = this.#load(pending) ?? this.#apply(diff);
      return outcome.type === 'gap' ? outcome : this.#began(diff.eventTime);
    }
    if (this.#mark === undefined) {
      if (!this.#isBridged) return { type: 'waits' };
      this.#wait(diff);
      return this.#pending === undefined ? { type: 'waits' } : this.#replay();
    }
    const verdict = this.#rule.check(this.#mark, diff);
    if (verdict === 'old') return { type: 'old' };
    if (verdict === 'apply') {
      const before = this.#grid;
      const outcome = this.#apply(diff);
      return outcome.type === 'changed' && this.#grid !== before
        ? this.#began(diff.eventTime)
        : outcome;
    }
    const { id } = this.#mark;
    this.#drop();
    this.#wait(diff);
    return verdict === 'reset'
      ? this.#gap('upstream-reset', `the venue counts anew: ${diff.lastId} after ${id}`)
      : this.#gap('upstream-gap', `${diff.previousId ?? diff.firstId} after ${id}`);
  }

  /** The requested snapshot, then the deltas buffered meanwhile. */
  #replay(): BookOutcome {
    const snapshot = must(this.#pending, 'a snapshot');
    const mark = { id: snapshot.updateId, eventTime: snapshot.eventTime, isSnapshot: true };
    const verdicts = this.#waiting.map((diff) => this.#rule.check(mark, diff));
    // Deltas before it may have sequences from before the venue reset them.
    const from = verdicts.indexOf('apply');
    if (this.#rule.overlaps === true && (from === 0 || verdicts.length === 0)) {
      // Deltas between the snapshot and the first one in the buffer may be missing.
      this.#pending = verdicts.length === 0 ? snapshot : undefined;
      return { type: 'waits' };
    }
    if (from < 0 && this.#rule.overlaps === true) return this.#loadAll(snapshot);
    if (from < 0) {
      // Older than the buffer: the buffer is kept for the next snapshot (V7). If newer, it waits for the next delta.
      if ((verdicts.at(-1) ?? 'old') !== 'old') this.#pending = undefined;
      return { type: 'waits' };
    }
    const waiting = this.#waiting.slice(from);
    const first = must(waiting[0], 'a change');
    this.#pending = undefined;
    this.#waiting = [];
    const failure = this.#load(snapshot);
    if (failure !== undefined) return failure;
    let eventTime = first.eventTime;
    for (const [i, diff] of waiting.entries()) {
      const verdict = this.#rule.check(must(this.#mark, 'a book'), diff);
      if (verdict === 'old') continue;
      const outcome: BookOutcome =
        verdict === 'apply' ? this.#apply(diff) : this.#gap('upstream-gap', 'while it waited');
      if (outcome.type === 'gap') {
        this.#drop();
        this.#waiting = waiting.slice(i);
        return outcome;
      }
      eventTime = Math.max(eventTime, diff.eventTime);
    }
    return this.#began(eventTime);
  }

  /** A snapshot that has everything in the buffer. */
  #loadAll(snapshot: VenueSnapshot): BookOutcome {
    this.#pending = undefined;
    this.#waiting = [];
    return this.#load(snapshot) ?? this.#began(Math.max(snapshot.eventTime ?? 0, this.#newest));
  }

  /** The whole book or its best levels, anew. */
  #restate(
    whole: WholeBook,
    event: (VenueSnapshot & { eventTime: EpochMs }) | VenueDiff,
  ): BookOutcome {
    const { eventTime } = event;
    const before = this.#grid;
    // The best levels may come before the first whole book, and before any grid is known.
    this.#grid ??= LiveGrid.of(event);
    const sides = this.#levelsOf(event);
    if (typeof sides === 'string') return this.#fail('upstream-gap', sides);
    const isTop = event.type === 'diff';
    const stated = { ...sides, time: eventTime };
    if (!(isTop ? whole.top(stated) : whole.whole(stated))) return { type: 'old' };
    if (this.#mark === undefined) return { type: 'waits' };
    this.#mark = { id: eventTime, eventTime, isSnapshot: !isTop };
    const changes = changesBetween(this.levels, whole.levels);
    if (isTop && changes.bids.length + changes.asks.length === 0) return { type: 'old' };
    this.#set(changes);
    return this.#grid === before
      ? { type: 'changed', eventTime, isTop, ...changes }
      : this.#began(eventTime);
  }

  /** Undefined on success. */
  #load(snapshot: VenueSnapshot): BookOutcome | undefined {
    this.#book.clear();
    this.#grid ??= LiveGrid.of(snapshot);
    const levels = this.#levelsOf(snapshot);
    if (typeof levels === 'string') return this.#fail('upstream-gap', levels);
    this.#whole?.whole({ ...levels, time: snapshot.eventTime ?? 0 });
    this.#set(this.#whole?.levels ?? levels);
    this.#cut();
    const { updateId: id, stateId, eventTime, checksum } = snapshot;
    if (this.#places?.holdsAtFirst(this.#book, this.#grid, checksum) === false)
      return this.#fail('checksum', `a snapshot whose checksum is not ${checksum}`);
    this.#mark = { id, stateId, eventTime, isSnapshot: true };
    return undefined;
  }

  #apply(diff: VenueDiff): BookOutcome {
    const levels = this.#levelsOf(diff);
    if (typeof levels === 'string') return this.#fail('upstream-gap', levels);
    this.#set(levels);
    const cut = this.#cut();
    const { lastId: id, stateId, eventTime, checksum } = diff;
    if (this.#places?.holds(this.#book, must(this.#grid, 'a grid'), checksum) === false)
      return this.#fail('checksum', `a change whose checksum is not ${checksum}`);
    this.#mark = { id, stateId, eventTime, isSnapshot: false };
    return {
      type: 'changed',
      eventTime,
      bids: once(levels.bids, cut.bids),
      asks: once(levels.asks, cut.asks),
    };
  }

  /** The levels in the grid, refined if they need it; text if they are not numbers: what is wrong. */
  #levelsOf(event: VenueSnapshot | VenueDiff): Sides | string {
    const grid = must(this.#grid, 'a grid');
    try {
      return sidesOf(event, grid);
    } catch (error) {
      if (!(error instanceof DecimalError)) throw error;
    }
    const finer = grid.refined(event);
    try {
      if (finer !== undefined) {
        const levels = sidesOf(event, finer);
        this.#regrid(finer);
        return levels;
      }
      return sidesOf(event, grid);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #regrid(finer: LiveGrid): void {
    const before = this.#grid;
    this.#grid = finer;
    const factors = before && gridFactors(before.grid, finer.grid);
    if (factors === undefined) return;
    const book = regridBook(this.#book.snapshot(), factors);
    this.#whole?.convert((sides) => regridBook(sides, factors));
    if (this.#mark !== undefined) this.#book.applySnapshot(book);
  }

  #set(levels: Sides): void {
    for (const name of ['bids', 'asks'] as const) {
      const side = this.#book[name];
      const changes = levels[name];
      if (changes.length < MANY) for (const [price, size] of changes) side.set(price, size);
      else {
        const [prices, sizes] = [0, 1].map((i) =>
          Float64Array.from(changes, (level) => level[i] as number),
        ) as [Float64Array, Float64Array];
        side.setMany(prices, sizes, 0, changes.length);
      }
    }
  }

  /** Removes the levels beyond the depth that the venue maintains; returns them as deletions. */
  #cut(): Sides {
    const cut: { readonly bids: Level[]; readonly asks: Level[] } = { bids: [], asks: [] };
    const { depth } = this.#rule;
    if (depth === undefined) return cut;
    for (const name of ['bids', 'asks'] as const) {
      const side = this.#book[name];
      while (side.length > depth) {
        const worst = must(side.priceAt(side.length - 1), 'a level');
        side.set(worst, 0);
        cut[name].push([worst, 0]);
      }
    }
    return cut;
  }

  #began(eventTime: EpochMs): BookOutcome {
    return { type: 'began', grid: must(this.#grid, 'a grid').grid, eventTime };
  }

  #fail(reason: StateReason, detail: string): BookOutcome {
    this.#drop();
    return this.#gap(reason, detail);
  }

  #gap(reason: StateReason, detail: string): BookOutcome {
    return { type: 'gap', reason, detail };
  }

  #drop(): void {
    this.#mark = undefined;
    this.#book.clear();
    this.#whole?.clear();
  }

  #wait(diff: VenueDiff): void {
    if (!this.#isBridged) return;
    this.#waiting.push(diff);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }
}

/** @throws DecimalError if a number does not fit the grid, or is none. */
export function sidesOf(event: VenueSnapshot | VenueDiff, grid: LiveGrid): Sides {
  const side = (levels: readonly TextLevel[]): readonly Level[] =>
    levels.map(([price, size]) => [grid.price.toUnits(price), grid.lots(size)]);
  return { bids: side(event.bids), asks: side(event.asks) };
}

function isSame(a: Sides, b: Sides): boolean {
  return (['bids', 'asks'] as const).every(
    (side) =>
      a[side].length === b[side].length &&
      a[side].every(([price, size], i) => price === b[side][i]?.[0] && size === b[side][i]?.[1]),
  );
}

/** Each price once, with its last size. */
function once(levels: readonly Level[], more: readonly Level[]): readonly Level[] {
  // Most venues send a side in the order of its prices.
  if (more.length === 0 && isOrdered(levels)) return levels;
  const at = new Map<number, number>();
  for (const [price, size] of levels) at.set(price, size);
  for (const [price, size] of more) at.set(price, size);
  return [...at];
}

function isOrdered(levels: readonly Level[]): boolean {
  let [last] = levels[0] ?? [0];
  const sign = Math.sign((levels[1]?.[0] ?? last) - last);
  for (let i = 1; i < levels.length; i++) {
    const price = levels[i]?.[0] ?? last;
    if (Math.sign(price - last) !== sign || sign === 0) return false;
    last = price;
  }
  return true;
}
