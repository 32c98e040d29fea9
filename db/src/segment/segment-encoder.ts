import { hash } from 'node:crypto';

import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { DeltaColumns } from './delta-columns.ts';
import { encodeColumns, type SegmentStart } from './segment-deltas.ts';
import { encodeBook } from './segment-keyframe.ts';
import { PayloadSealer, tellKeyframe } from './segment-seal.ts';
import { VarintWriter } from './varint.ts';

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

/** What is known of a segment beside its deltas. */
export type SegmentHead = {
  readonly start: SegmentStart;
  readonly continues: boolean;
  /** 0: the keyframe is stored whole; else the segments before that lead to it. */
  readonly chain: number;
  /** Payload of the whole keyframe. */
  readonly keyframe: Uint8Array;
};

/** Makes segment rows; one a market, so that buffers and what was learnt about compression are kept. */
export class SegmentEncoder {
  readonly #writer = new VarintWriter();
  readonly #keyframes = new PayloadSealer(1);
  readonly #deltas = new PayloadSealer(2);

  /** The keyframe payload of a book as it stands. */
  keyframe(book: OrderBook): Uint8Array {
    return encodeBook(book, this.#writer);
  }

  /** Columns of the row; final ones are compressed where that pays and carry their hash (H2). */
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
 * sha256 over both payloads, that of the whole keyframe first: equal recordings have equal segments (H2), however they
 * were stored.
 */
export function segmentHash(keyframe: Uint8Array, deltas: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([keyframe, deltas]), 'buffer');
}
