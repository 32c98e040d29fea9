import type { BookDelta, BookSnapshot } from '@tapedeck/market/book-delta';
import type { EpochMs, Level } from '@tapedeck/market/level';
import { OrderBook } from '@tapedeck/market/order-book';

import { encodeDeltas, encodeKeyframe, PayloadSealer, segmentHash } from './segment-codec.ts';
import { VarintWriter } from './varint.ts';

/** H1: a segment is cut at so many deltas or after so long, whichever comes first: a seek decodes at most this. */
export const SEGMENT_MAX_DELTAS = 500;
export const SEGMENT_MAX_MS = 10_000;

/** What became of a delta: `gap` deltas are dropped until the next snapshot, `old` ones are already in the book. */
export type DeltaVerdict = 'apply' | 'old' | 'gap';

/** A segment as it goes into the table. */
export type SegmentImage = {
  readonly startTime: EpochMs;
  readonly endTime: EpochMs;
  readonly startSequence: number;
  readonly endSequence: number;
  readonly count: number;
  readonly continues: number;
  /** null while it still grows. */
  readonly hash: Buffer | null;
  readonly keyframe: Buffer;
  readonly deltas: Buffer;
};

/** Makes segment rows; one a writer, so that buffers and what was learnt about compression are kept. */
export class SegmentEncoder {
  readonly #writer = new VarintWriter();
  readonly #keyframes = new PayloadSealer();
  readonly #deltas = new PayloadSealer();

  /** Columns of the row; `final` ones are compressed where that pays and carry their hash (H2). */
  encode(segment: GrowingSegment, final: boolean): SegmentImage {
    const { keyframe, deltas } = segment;
    const keyframePayload = encodeKeyframe(keyframe, this.#writer);
    const deltasPayload = encodeDeltas(keyframe, deltas, this.#writer);
    const last = deltas.at(-1) ?? keyframe;
    return {
      startTime: keyframe.eventTime,
      endTime: last.eventTime,
      startSequence: keyframe.sequence,
      endSequence: last.sequence,
      count: deltas.length,
      continues: segment.continues ? 1 : 0,
      hash: final ? segmentHash(keyframePayload, deltasPayload) : null,
      keyframe: this.#keyframes.seal(keyframePayload, final),
      deltas: this.#deltas.seal(deltasPayload, final),
    };
  }
}

/** A segment on its way to the table; `rowId` is set once it was written while it still grew. */
export class GrowingSegment {
  readonly keyframe: BookSnapshot;
  readonly deltas: BookDelta[] = [];
  readonly continues: boolean;
  rowId: number | undefined;
  /** How many of the deltas the row holds; -1 while there is no row. */
  written = -1;

  constructor(keyframe: BookSnapshot, continues: boolean) {
    this.keyframe = keyframe;
    this.continues = continues;
  }
}

/**
 * Snapshots and deltas of one market -> segments. Keeps its own mirror of the book, so that every keyframe is the
 * full recorded book. Recorded times never run back within a market: the sequence is the order, and a venue's clock
 * that steps back is held at its highest, or a seek by time would land on the wrong side of it.
 */
export class SegmentBuilder {
  readonly #book = new OrderBook();
  #current: GrowingSegment | undefined;
  #closed: GrowingSegment[] = [];
  #stale = true;
  #lastTime: EpochMs = 0;

  /** The segment that grows. */
  get current(): GrowingSegment | undefined {
    return this.#current;
  }

  /** Takes the segments that were cut since the last call. */
  takeClosed(): readonly GrowingSegment[] {
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  get closedCount(): number {
    return this.#closed.length;
  }

  /** Replaces the book; what came before and after it are not one stretch. */
  snapshot(snapshot: BookSnapshot): void {
    this.cut();
    this.#lastTime = Math.max(this.#lastTime, snapshot.eventTime);
    this.#book.applySnapshot({ ...snapshot, eventTime: this.#lastTime });
    this.#stale = false;
    this.#begin(false);
  }

  delta(delta: BookDelta): DeltaVerdict {
    if (this.#stale) return 'gap';
    if (delta.previous !== this.#book.sequence) {
      if (delta.sequence <= this.#book.sequence) return 'old';
      this.cut();
      this.#stale = true;
      return 'gap';
    }
    const recorded = this.#canonical(delta);
    const current = this.#current;
    if (
      current !== undefined &&
      (current.deltas.length >= SEGMENT_MAX_DELTAS ||
        recorded.eventTime - current.keyframe.eventTime >= SEGMENT_MAX_MS)
    ) {
      this.cut();
      this.#begin(true);
    }
    this.#book.applyDelta(recorded);
    this.#current?.deltas.push(recorded);
    return 'apply';
  }

  /** Ends the growing segment. */
  cut(): void {
    if (this.#current !== undefined) this.#closed.push(this.#current);
    this.#current = undefined;
  }

  /** The chain is known to be broken: deltas are `gap` until the next snapshot. */
  breakOff(): void {
    this.cut();
    this.#stale = true;
  }

  #begin(continues: boolean): void {
    this.#current = new GrowingSegment(this.#book.snapshot(), continues);
  }

  /** Levels in book order and times that do not run back: equal markets give equal bytes (H2). */
  #canonical(delta: BookDelta): BookDelta {
    const bids = inOrder(delta.bids, -1);
    const asks = inOrder(delta.asks, 1);
    this.#lastTime = Math.max(this.#lastTime, delta.eventTime);
    if (bids === delta.bids && asks === delta.asks && this.#lastTime === delta.eventTime)
      return delta;
    return { ...delta, bids, asks, eventTime: this.#lastTime };
  }
}

function inOrder(levels: readonly Level[], direction: 1 | -1): readonly Level[] {
  for (let i = 1; i < levels.length; i++) {
    const step = (levels[i] as Level)[0] - (levels[i - 1] as Level)[0];
    if (step * direction < 0) return levels.toSorted((a, b) => (a[0] - b[0]) * direction);
  }
  return levels;
}
