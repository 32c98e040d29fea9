import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs } from '@tapedeck/market/number/level';

import { asHistoryError, HistoryError } from '../database/history-error.ts';
import type { SessionMarket } from '../session/session-store.ts';
import { DeltaColumns } from './delta-columns.ts';
import { decodeColumns } from './segment-deltas.ts';
import { segmentHash } from './segment-encoder.ts';
import { decodeDeltas } from './segment-format-1.ts';
import { decodeKeyframe, encodeBook } from './segment-keyframe.ts';
import { guardColumns, openPayload, tellKeyframe, toldKeyframe } from './segment-seal.ts';
import { VarintWriter } from './varint.ts';

export type SegmentRow = {
  readonly id: number;
  readonly start_time: number;
  readonly end_time: number;
  readonly start_sequence: number;
  readonly end_sequence: number;
  readonly continues: number;
  readonly hash: Buffer | null;
  readonly keyframe: Buffer;
  readonly deltas: Buffer;
};

/** A part of book history: the book at `keyframe`, then `deltas` in order. */
export type Segment = {
  readonly session: string;
  readonly symbol: string;
  /** Row id. Only the recorder rewrites a row. */
  readonly id: number;
  /** Event time of the keyframe, and of the last delta. */
  readonly startTime: EpochMs;
  readonly endTime: EpochMs;
  /** Sequence of the keyframe. */
  readonly startSequence: number;
  /** True if the keyframe equals the book after the previous segment: a sequential reader can skip it. */
  readonly continues: boolean;
  /** The full book before the deltas; rebuilt on first access, which a sequential reader can avoid. */
  readonly keyframe: BookSnapshot;
  readonly deltas: readonly BookDelta[];
};

/** An unreadable period, and why. */
export type DamagedSegment = {
  readonly damage: string;
  readonly startTime: EpochMs;
  readonly endTime: EpochMs;
  /** True if the row is missing, which shows because the next one continues it. */
  readonly isMissing?: boolean | undefined;
};

/** A segment, or its damage and the affected period. */
export type ScannedSegment =
  | { readonly segment: Segment; readonly damage?: undefined }
  | DamagedSegment;

/** The `count` rows of the market before a row, nearest first. */
export type PrecedingRows = (row: SegmentRow, count: number) => readonly SegmentRow[];

/**
 * Decodes rows of one market, in either format, to books and deltas. Damage is a HistoryError that names the segment.
 */
export class SegmentReader {
  readonly #market: Pick<SessionMarket, 'session' | 'symbol'>;
  readonly #preceding: PrecedingRows;
  readonly #columns = new DeltaColumns();
  readonly #writer = new VarintWriter();
  /** During a scan: the book after the previous row; undefined if that is damaged. */
  #scanned: OrderBook | undefined;
  /** During `read`: whether the previous row is sound, undefined before the first. */
  #wasSound: boolean | undefined;

  constructor(market: Pick<SessionMarket, 'session' | 'symbol'>, preceding: PrecedingRows) {
    this.#market = market;
    this.#preceding = preceding;
  }

  /** The deltas of a row, in columns that are reused for the next row. */
  columnsOf(row: SegmentRow): DeltaColumns {
    return this.#guard(row, () => this.#decode(row));
  }

  /** The book of a row's keyframe: stored in the row, or rebuilt from the preceding segments. */
  bookOf(row: SegmentRow): OrderBook {
    return this.#guard(row, () => {
      const told = toldKeyframe(row.keyframe);
      const book = new OrderBook();
      if (told === undefined) {
        book.applySnapshot(wholeKeyframe(row));
        return book;
      }
      const rows = this.#preceding(row, told.chain);
      const first = rows[told.chain - 1];
      if (first === undefined || toldKeyframe(first.keyframe) !== undefined)
        throw new HistoryError('corrupt', `the ${told.chain} segments before it are missing`);
      book.applySnapshot(wholeKeyframe(first));
      for (const each of rows.toReversed()) {
        const columns = this.#decode(each);
        columns.applyRange(book, 0, columns.length);
      }
      this.#check(row, told.chain, encodeBook(book, this.#writer));
      return book;
    });
  }

  /** Opens a row and checks its CRCs; the keyframe is rebuilt only on access. */
  segment(row: SegmentRow): Segment {
    return this.#describe(row, () => this.bookOf(row).snapshot());
  }

  /** For sequential reads: the segment before the next row is missing, so there is no book that leads to it. */
  breakOff(): void {
    this.#wasSound = false;
    this.#scanned = undefined;
  }

  /** For sequential reads: returns a damaged row as such instead of throwing. */
  read(row: SegmentRow): ScannedSegment {
    const wasSound = this.#wasSound;
    this.#wasSound = false;
    return this.#scan(row, () => {
      const told = toldKeyframe(row.keyframe);
      if (told === undefined) openPayload(row.keyframe);
      // The book after a sound row is rebuilt only on demand.
      else if (wasSound !== true) this.bookOf(row);
      else if (told.sequence !== row.start_sequence || told.eventTime !== row.start_time)
        throw new HistoryError('corrupt', 'its keyframe does not match its row');
      const segment = this.segment(row);
      this.#wasSound = true;
      return { segment };
    });
  }

  /** For an audit in order: also checks CRC and hash of the keyframe against the book after the previous row. */
  audit(row: SegmentRow): ScannedSegment {
    const before = this.#scanned;
    this.#scanned = undefined;
    return this.#scan(row, () => {
      const told = toldKeyframe(row.keyframe);
      const book = told !== undefined && before !== undefined ? before : this.bookOf(row);
      const payload = encodeBook(book, this.#writer);
      if (told !== undefined) this.#check(row, told.chain, payload);
      const stored = told === undefined ? openPayload(row.keyframe).payload : payload;
      const hash = segmentHash(stored, openPayload(row.deltas).payload);
      if (row.hash !== null && !hash.equals(row.hash))
        throw new HistoryError('corrupt', 'its content does not match its hash');
      const keyframe = book.snapshot();
      const segment = this.#describe(row, () => keyframe);
      this.#columns.applyRange(book, 0, this.#columns.length);
      this.#scanned = book;
      return { segment };
    });
  }

  /** Decodes the deltas; the columns are valid until `keyframe` is accessed. */
  #describe(row: SegmentRow, rebuild: () => BookSnapshot): Segment {
    const { session, symbol } = this.#market;
    const deltas = this.columnsOf(row).deltas();
    let keyframe: BookSnapshot | undefined;
    return {
      session,
      symbol,
      id: row.id,
      startTime: row.start_time,
      endTime: row.end_time,
      startSequence: row.start_sequence,
      continues: row.continues === 1,
      get keyframe() {
        return (keyframe ??= rebuild());
      },
      deltas,
    };
  }

  /** Byte for byte what telling of this book writes: its CRC among it. */
  #check(row: SegmentRow, chain: number, payload: Uint8Array): void {
    if (!tellKeyframe(payload, chain, this.#writer).equals(row.keyframe))
      throw new HistoryError('corrupt', 'the segments before it do not lead to its keyframe');
  }

  #scan(row: SegmentRow, read: () => ScannedSegment): ScannedSegment {
    try {
      return this.#guard(row, read);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      return { damage: error.message, startTime: row.start_time, endTime: row.end_time };
    }
  }

  #decode(row: SegmentRow): DeltaColumns {
    const { format, payload } = openPayload(row.deltas);
    guardColumns(() =>
      format === 1 ? decodeDeltas(payload, this.#columns) : decodeColumns(payload, this.#columns),
    );
    return this.#columns;
  }

  #guard<T>(row: SegmentRow, read: () => T): T {
    try {
      return read();
    } catch (error) {
      const { symbol, session } = this.#market;
      const what = `segment ${row.id} of ${symbol} in session ${session}`;
      if (!(error instanceof HistoryError)) throw asHistoryError(error, what);
      if (error.message.startsWith(what)) throw error;
      throw new HistoryError(error.kind, `${what}: ${error.message}`, error);
    }
  }
}

function wholeKeyframe(row: SegmentRow): BookSnapshot {
  return decodeKeyframe(openPayload(row.keyframe).payload);
}
