import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs } from '@tapedeck/market/number/level';

import { CrossingWatch, type OnCrossed } from './crossing-watch.ts';
import { DeltaColumns } from './delta-columns.ts';
import { SegmentEncoder, type SegmentHead, type SegmentImage } from './segment-encoder.ts';

/** A segment ends after this many deltas or this long, whichever comes first (H1). */
const SEGMENT_MAX_DELTAS = 500;
const SEGMENT_MAX_MS = 10_000;
/**
 * Maximum time and changes covered by a full keyframe: following segments store only the CRC of theirs. This halves
 * the size of a deep, quiet book. The limits are low, so that a seek stays short and damage costs less than a minute;
 * below this number of changes, applying them is faster than reading a full book.
 */
const CHAIN_MAX_MS = 30_000;
const CHAIN_MAX_CHANGES = 3_000;
const CHAIN_MAX_SEGMENTS = 5;

/** Result for a delta: `gap` deltas are dropped until the next snapshot, `old` ones are already in the book. */
export type DeltaVerdict = 'apply' | 'old' | 'gap';

/** A finished segment; `rowId` is set if it was written while growing. */
export type ClosedSegment = { readonly rowId: number | undefined; readonly image: SegmentImage };

/** A delta whose levels stand in an array of numbers: bids from `at`, then asks, each a price and a size. */
export type DeltaNumbers = {
  readonly values: Float64Array;
  readonly at: number;
  readonly bidCount: number;
  readonly askCount: number;
};

/** The growing segment. */
type GrowingSegment = SegmentHead & {
  rowId: number | undefined;
  /** Number of deltas in its row; -1 while there is no row. */
  written: number;
};

/**
 * Builds segments from snapshots and deltas of one market. Keeps its own mirror of the book, so that every keyframe
 * is the full recorded book. Recorded times never go backwards within a market: if a venue's clock steps back, its
 * highest time is used, because a seek by time must agree with the order of sequences.
 */
export class SegmentBuilder {
  /** The book at the growing segment's keyframe, before `columns`. */
  readonly #book = new OrderBook();
  readonly #columns = new DeltaColumns();
  readonly #encoder = new SegmentEncoder();
  readonly #crossings: CrossingWatch | undefined;
  #current: GrowingSegment | undefined;
  #closed: ClosedSegment[] = [];
  #stale = true;
  #sequence = 0;
  #lastTime: EpochMs = 0;
  /** Time of the last full keyframe, and level changes since. */
  #wholeTime: EpochMs = 0;
  #changes = 0;
  #chain = 0;

  /** `onCrossed` is called when a segment is cut, for everything in it. */
  constructor(onCrossed?: OnCrossed) {
    this.#crossings = onCrossed && new CrossingWatch(onCrossed);
  }

  /** Returns and removes the segments finished since the last call. */
  takeClosed(): readonly ClosedSegment[] {
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  /** The last accepted change; undefined before the first snapshot. */
  get end(): { readonly time: EpochMs; readonly sequence: number } | undefined {
    return this.#sequence === 0 && this.#lastTime === 0
      ? undefined
      : { time: this.#lastTime, sequence: this.#sequence };
  }

  get closedCount(): number {
    return this.#closed.length;
  }

  /** The growing segment, if it has anything that its row does not have yet. Call `written` when the row has it. */
  partial(): (ClosedSegment & { readonly written: (rowId: number) => void }) | undefined {
    const current = this.#current;
    if (current === undefined || current.written >= this.#columns.length) return undefined;
    const count = this.#columns.length;
    const written = (rowId: number): void => {
      current.rowId = rowId;
      current.written = count;
    };
    return { rowId: current.rowId, image: this.#imageOf(current, false), written };
  }

  /** Replaces the book: segments before and after a snapshot do not form one chain. */
  snapshot(snapshot: BookSnapshot): void {
    this.cut();
    this.#lastTime = Math.max(this.#lastTime, snapshot.eventTime);
    this.#crossings?.before(this.#book, this.#lastTime);
    this.#book.applySnapshot({ ...snapshot, eventTime: this.#lastTime });
    this.#sequence = snapshot.sequence;
    this.#stale = false;
    this.#begin(false);
  }

  delta(delta: BookDelta): DeltaVerdict {
    const verdict = this.#open(delta.previous, delta.sequence, delta.eventTime);
    if (verdict !== 'apply') return verdict;
    const { bids, asks } = this.#columns;
    for (const level of delta.bids) bids.push(level[0], level[1]);
    for (const level of delta.asks) asks.push(level[0], level[1]);
    this.#apply(delta.previous, delta.sequence, delta.receiveTime);
    return verdict;
  }

  /** The same without an object a level: what the recorder's worker gets. */
  deltaOf(head: Omit<BookDelta, 'bids' | 'asks'>, numbers: DeltaNumbers): DeltaVerdict {
    const verdict = this.#open(head.previous, head.sequence, head.eventTime);
    if (verdict !== 'apply') return verdict;
    const { bids, asks } = this.#columns;
    const { values, bidCount, askCount } = numbers;
    let { at } = numbers;
    for (let i = 0; i < bidCount; i++, at += 2)
      bids.push(values[at] as number, values[at + 1] as number);
    for (let i = 0; i < askCount; i++, at += 2)
      asks.push(values[at] as number, values[at + 1] as number);
    this.#apply(head.previous, head.sequence, head.receiveTime);
    return verdict;
  }

  /** The current full book; undefined after a gap. */
  book(): BookSnapshot | undefined {
    if (this.#stale) return undefined;
    const book = new OrderBook();
    book.applySnapshot(this.#book.snapshot());
    if (this.#current !== undefined) this.#columns.applyRange(book, 0, this.#columns.length);
    return book.snapshot();
  }

  /** Ends the growing segment. */
  cut(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#closed.push({ rowId: current.rowId, image: this.#imageOf(current, true) });
    this.#current = undefined;
    if (this.#crossings !== undefined) this.#watch(this.#crossings);
  }

  /** Records a gap: deltas are `gap` until the next snapshot. */
  breakOff(): void {
    this.cut();
    this.#stale = true;
  }

  /** Segments before the growing one were deleted, so it must not depend on them. */
  standAlone(): void {
    this.#chain = 0;
    this.#changes = 0;
    const current = this.#current;
    if (current === undefined) return;
    this.#wholeTime = current.start.eventTime;
    this.#current = { ...current, chain: 0 };
  }

  /** Judges a delta and makes room for it: the segment before it may be full. */
  #open(previous: number, sequence: number, eventTime: EpochMs): DeltaVerdict {
    if (this.#stale) return 'gap';
    if (previous !== this.#sequence) {
      if (sequence <= this.#sequence) return 'old';
      this.cut();
      this.#stale = true;
      return 'gap';
    }
    if (eventTime > this.#lastTime) this.#lastTime = eventTime;
    const current = this.#current;
    const isFull =
      current !== undefined &&
      (this.#columns.length >= SEGMENT_MAX_DELTAS ||
        this.#lastTime - current.start.eventTime >= SEGMENT_MAX_MS);
    if (isFull) {
      this.cut();
      // The mirror is needed where a segment begins, and only there: who watches it has brought it here.
      if (this.#crossings === undefined)
        this.#columns.applyRange(this.#book, 0, this.#columns.length);
      this.#begin(true);
    }
    return 'apply';
  }

  /** Brings the mirror to the end of the segment, change by change. */
  #watch(crossings: CrossingWatch): void {
    const [book, columns] = [this.#book, this.#columns];
    for (let i = 0; i < columns.length; i++) {
      crossings.before(book, columns.eventTime[i] as number);
      columns.applyRange(book, i, i + 1);
    }
    crossings.settle(book);
  }

  /** Levels in book order and monotonic times, so that equal markets give equal bytes (H2). */
  #apply(previous: number, sequence: number, receiveTime: EpochMs): void {
    const columns = this.#columns;
    const { bids, asks, length } = columns;
    const bidStart = columns.bidStart(length);
    const askStart = columns.askStart(length);
    bids.order(bidStart);
    asks.order(askStart);
    columns.close(previous, sequence, this.#lastTime, receiveTime);
    this.#sequence = sequence;
    this.#changes += bids.length - bidStart + asks.length - askStart;
  }

  #begin(continues: boolean): void {
    const book = this.#book;
    const { sequence, eventTime, receiveTime } = book;
    const reach = Math.max(CHAIN_MAX_CHANGES, book.bids.length + book.asks.length);
    const isTold =
      continues &&
      this.#chain < CHAIN_MAX_SEGMENTS &&
      this.#changes <= reach &&
      eventTime - this.#wholeTime < CHAIN_MAX_MS;
    this.#chain = isTold ? this.#chain + 1 : 0;
    if (!isTold) {
      this.#wholeTime = eventTime;
      this.#changes = 0;
    }
    this.#columns.clear();
    this.#current = {
      start: { sequence, eventTime, receiveTime },
      continues,
      chain: this.#chain,
      keyframe: this.#encoder.keyframe(book),
      rowId: undefined,
      written: -1,
    };
  }

  #imageOf(segment: GrowingSegment, isFinal: boolean): SegmentImage {
    return this.#encoder.encode(segment, this.#columns, isFinal);
  }
}
