import type { BookDelta, BookSnapshot } from '@tapedeck/market/book-delta';
import type { EpochMs } from '@tapedeck/market/level';
import { OrderBook } from '@tapedeck/market/order-book';
import type { Gap } from '@tapedeck/market/session';

import type { Connection } from './database.ts';
import { asHistoryError, HistoryError } from './history-error.ts';
import { decodeDeltas, decodeKeyframe, openPayload, segmentHash } from './segment-codec.ts';
import type { SessionStore } from './session-store.ts';

/** A stretch of book history: the book at `keyframe`, then `deltas` in order. */
export type Segment = {
  readonly session: string;
  readonly symbol: string;
  /** Row id: changes when the segment is rewritten by nobody but its recorder. */
  readonly id: number;
  /** Event time of the keyframe, and of the last delta. */
  readonly startTime: EpochMs;
  readonly endTime: EpochMs;
  /** Sequence of the keyframe. */
  readonly startSequence: number;
  /** True when the keyframe equals the state after the segment before: a reader in order may skip it. */
  readonly continues: boolean;
  /** The whole book before the deltas; decoded when it is first read, which a reader in order need not do. */
  readonly keyframe: BookSnapshot;
  readonly deltas: readonly BookDelta[];
};

/** A full book out of the history. */
export type RecordedBook = {
  readonly session: string;
  readonly book: BookSnapshot;
  /** Set when the moment lies in a hole of the recording: the book is then the last one before it, and stale. */
  readonly gap?: Gap | undefined;
};

/** A segment, or what is wrong with it and which stretch it was of. */
export type ScannedSegment =
  | { readonly segment: Segment; readonly damage?: undefined }
  | { readonly damage: string; readonly startTime: EpochMs; readonly endTime: EpochMs };

type SegmentRow = {
  readonly id: number;
  readonly start_time: number;
  readonly end_time: number;
  readonly start_sequence: number;
  readonly continues: number;
  readonly hash: Buffer | null;
  readonly keyframe: Buffer;
  readonly deltas: Buffer;
};

/** Reason of the hole that damaged segments leave. */
export const DAMAGED = 'damaged';
/** Segments looked through for a sound one beside a damaged one: half an hour of a busy market. */
const MAX_DAMAGED = 256;

/** Whether a book is not known within a hole: lost trades alone leave the book as it is. */
export function hidesBook(gap: Gap): boolean {
  return gap.reason !== 'trades-overflow';
}

const COLUMNS = 'id, start_time, end_time, start_sequence, continues, hash, keyframe, deltas';

/** Books of the past: seek to a moment, or read on from one. */
export class BookStore {
  readonly #sessions: SessionStore;
  readonly #before;
  readonly #previous;
  readonly #next;
  readonly #first;

  constructor(connection: Connection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#before = connection.prepare<[number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ? and start_time < ?
       order by start_time desc, start_sequence desc, id desc limit 1`,
    );
    this.#previous = connection.prepare<[number, number, number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       and (start_time, start_sequence, id) < (?, ?, ?)
       order by start_time desc, start_sequence desc, id desc limit 1`,
    );
    this.#next = connection.prepare<[number, number, number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       and (start_time, start_sequence, id) > (?, ?, ?)
       order by start_time, start_sequence, id limit 1`,
    );
    this.#first = connection.prepare<[number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       order by start_time, start_sequence, id limit 1`,
    );
  }

  /**
   * The full book before `at`: the state after the last delta with `eventTime < at`. Undefined where no session covers
   * the moment; `at` may be up to one past the session's end, which gives its last state. In a damaged segment it is
   * the last book that can be read, with the hole as its `gap`; undefined where none can.
   */
  at(symbol: string, at: EpochMs, session?: string): RecordedBook | undefined {
    const id = session ?? this.#sessions.latest(symbol, at);
    if (id === undefined) return undefined;
    const market = this.#sessions.market(id, symbol);
    if (market === undefined || at > this.#sessions.endOf(id) + 1) return undefined;
    const row = this.#before.get(market.key, at);
    const found = row && this.#soundBefore(id, symbol, market.key, row);
    if (found === undefined) return undefined;
    const book = new OrderBook();
    book.applySnapshot(found.segment.keyframe);
    for (const delta of found.segment.deltas) {
      if (delta.eventTime >= at) break;
      book.applyDelta(delta);
    }
    const gap =
      found.hole ??
      this.#sessions
        .gaps(id, symbol)
        .find(
          (hole) =>
            hidesBook(hole) && hole.from < at && at <= hole.to && book.eventTime <= hole.from,
        );
    return { session: id, book: book.snapshot(), gap };
  }

  /** Time of the last change of a book in a session that is over; undefined while it grows or where there is none. */
  endOf(session: string, symbol: string): EpochMs | undefined {
    if (this.#sessions.get(session)?.open !== false) return undefined;
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return undefined;
    return this.#before.get(market.key, Number.MAX_SAFE_INTEGER)?.end_time;
  }

  /** The segment that holds the moment before `at`: the last one whose keyframe has `eventTime < at`. */
  segmentAt(session: string, symbol: string, at: EpochMs): Segment | undefined {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return undefined;
    const row = this.#before.get(market.key, at);
    return row === undefined ? undefined : toSegment(session, symbol, row);
  }

  /**
   * Every segment in order for an audit: a damaged one is told instead of thrown, and one whose hash does not fit its
   * content is damaged too.
   */
  *scan(session: string, symbol: string): Generator<ScannedSegment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    let row = this.#first.get(market.key);
    while (row !== undefined) {
      yield scanRow(session, symbol, row);
      row = this.#next.get(market.key, row.start_time, row.start_sequence, row.id);
    }
  }

  /** Like `segmentsFrom`, but a damaged segment is told instead of thrown, and the reader goes on behind it. */
  *soundFrom(session: string, symbol: string, from: EpochMs): Generator<ScannedSegment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    let row = this.#before.get(market.key, from) ?? this.#first.get(market.key);
    while (row !== undefined) {
      yield readRow(session, symbol, row);
      row = this.#next.get(market.key, row.start_time, row.start_sequence, row.id);
    }
  }

  /** That segment, or the nearest sound one before it and the hole between. */
  #soundBefore(
    session: string,
    symbol: string,
    key: number,
    wanted: SegmentRow,
  ): { readonly segment: Segment; readonly hole?: Gap | undefined } | undefined {
    let row: SegmentRow | undefined = wanted;
    let from: EpochMs | undefined;
    for (let tries = 0; row !== undefined && tries < MAX_DAMAGED; tries++) {
      const read = readRow(session, symbol, row);
      if (read.damage === undefined) {
        if (from === undefined) return read;
        const to = this.#soundAfter(session, symbol, key, wanted);
        return { ...read, hole: { symbol, from, to, reason: DAMAGED } };
      }
      from = row.start_time;
      row = this.#previous.get(key, row.start_time, row.start_sequence, row.id);
    }
    return undefined;
  }

  /** When the first sound segment after a damaged one begins, or where the damage ends. */
  #soundAfter(session: string, symbol: string, key: number, damaged: SegmentRow): EpochMs {
    let row = damaged;
    for (let tries = 0; tries < MAX_DAMAGED; tries++) {
      const next = this.#next.get(key, row.start_time, row.start_sequence, row.id);
      if (next === undefined) return this.#sessions.endOf(session) + 1;
      if (readRow(session, symbol, next).damage === undefined) return next.start_time;
      row = next;
    }
    return row.end_time;
  }

  /**
   * Segments in order, from the one that holds the moment before `from` (or the first of all). It reads one row at a
   * time, so that a session of any length costs the memory of one segment and a recording may grow meanwhile.
   */
  *segmentsFrom(session: string, symbol: string, from: EpochMs): Generator<Segment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    let row = this.#before.get(market.key, from) ?? this.#first.get(market.key);
    while (row !== undefined) {
      yield toSegment(session, symbol, row);
      row = this.#next.get(market.key, row.start_time, row.start_sequence, row.id);
    }
  }
}

function toSegment(session: string, symbol: string, row: SegmentRow): Segment {
  const guard = <T>(decode: () => T): T => {
    try {
      return decode();
    } catch (error) {
      throw asHistoryError(error, `segment ${row.id} of ${symbol} in session ${session}`);
    }
  };
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
      return (keyframe ??= guard(() => decodeKeyframe(openPayload(row.keyframe))));
    },
    deltas: guard(() => decodeDeltas(openPayload(row.deltas))),
  };
}

/** A row as a reader needs it: both of its parts must hold what their CRC was taken of. */
function readRow(session: string, symbol: string, row: SegmentRow): ScannedSegment {
  return scanned(row, () => {
    const segment = toSegment(session, symbol, row);
    // The keyframe itself is decoded when it is needed.
    openPayload(row.keyframe);
    return { segment };
  });
}

function scanRow(session: string, symbol: string, row: SegmentRow): ScannedSegment {
  return scanned(row, () => {
    const segment = toSegment(session, symbol, row);
    const hash = segmentHash(openPayload(row.keyframe), openPayload(row.deltas));
    if (row.hash !== null && !hash.equals(row.hash))
      return damaged(row, `segment ${row.id} does not have the content that its hash was taken of`);
    return { segment };
  });
}

function scanned(row: SegmentRow, read: () => ScannedSegment): ScannedSegment {
  try {
    return read();
  } catch (error) {
    if (error instanceof HistoryError) return damaged(row, error.message);
    throw error;
  }
}

function damaged(row: SegmentRow, damage: string): ScannedSegment {
  return { damage, startTime: row.start_time, endTime: row.end_time };
}
