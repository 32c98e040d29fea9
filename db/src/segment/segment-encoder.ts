import { hash } from 'node:crypto';

import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { DeltaColumns } from './delta-columns.ts';
import { encodeColumns, type SegmentStart } from './segment-deltas.ts';
import { encodeBook } from './segment-keyframe.ts';
import { PayloadSealer, tellKeyframe } from './segment-seal.ts';
import { VarintWriter } from './varint.ts';

/** A segment as a table row. */
export type SegmentImage = {
  readonly startTime: EpochMs;
  readonly endTime: EpochMs;
  readonly startSequence: number;
  readonly endSequence: number;
  readonly count: number;
  readonly continues: number;
  /** Null while the segment is growing. */
  readonly hash: Buffer | null;
  readonly keyframe: Buffer;
  readonly deltas: Buffer;
};

/** A segment's properties other than its deltas. */
export type SegmentHead = {
  readonly start: SegmentStart;
  readonly continues: boolean;
  /** 0: the full keyframe is stored; otherwise the number of preceding segments that lead to it. */
  readonly chain: number;
  /** Payload of the full keyframe. */
  readonly keyframe: Uint8Array;
};

/** Encodes segment rows. One per market, to reuse its buffers and compression statistics. */
export class SegmentEncoder {
  readonly #writer = new VarintWriter();
  readonly #keyframes = new PayloadSealer(1);
  readonly #deltas = new PayloadSealer(2);

  /** The keyframe payload of a book. */
  keyframe(book: OrderBook): Uint8Array {
    return encodeBook(book, this.#writer);
  }

  /** Columns of the row. A final segment is compressed if worthwhile, and has its hash (H2). */
  encode(head: SegmentHead, columns: DeltaColumns, isFinal: boolean): SegmentImage {
    const { start, continues, chain, keyframe } = head;
    const payload = encodeColumns(start, columns, this.#writer);
    const last = columns.length - 1;
    return {
      startTime: start.eventTime,
      endTime: last < 0 ? start.eventTime : (columns.eventTime[last] as number),
      startSequence: start.sequence,
      endSequence: last < 0 ? start.sequence : (columns.sequence[last] as number),
      count: columns.length,
      continues: continues ? 1 : 0,
      hash: isFinal ? segmentHash(keyframe, payload) : null,
      keyframe:
        chain > 0
          ? tellKeyframe(keyframe, chain, this.#writer)
          : this.#keyframes.seal(keyframe, isFinal),
      deltas: this.#deltas.seal(payload, isFinal),
    };
  }
}

/**
 * sha256 of both payloads, first that of the full keyframe, so that equal recordings have equal segments however
 * they are stored (H2).
 */
export function segmentHash(keyframe: Uint8Array, deltas: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([keyframe, deltas]), 'buffer');
}
