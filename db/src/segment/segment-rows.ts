import type { EpochMs } from '@tapedeck/market/number/level';

import type { SqliteConnection } from '../database/database.ts';
import { MarkReader, type RecordingMarks } from '../session/recording-marks.ts';
import type { SessionMarket, SessionStore } from '../session/session-store.ts';
import type { DamagedSegment, SegmentRow } from './segment-reader.ts';

/** Rows fetched at once by a sequential reader: some tens of KiB. */
const PAGE_ROWS = 16;

const COLUMNS =
  'id, start_time, end_time, start_sequence, end_sequence, continues, hash, keyframe, deltas';

/** A row in order, or a period whose rows are missing. */
export type LinkedRow =
  | { readonly row: SegmentRow; readonly missing?: undefined }
  | { readonly row?: undefined; readonly missing: DamagedSegment };

/**
 * The segments of recordings in order, and where segments are missing. The order is by time, then by order of
 * writing, because a sequence may start over (P13).
 */
export class SegmentRows {
  readonly #sessions: SessionStore;
  readonly #before;
  readonly #preceding;
  readonly #next;
  readonly #first;
  readonly #marks: MarkReader;

  constructor(connection: SqliteConnection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#marks = new MarkReader(connection);
    this.#before = connection.prepare<[number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ? and start_time < ?
       order by start_time desc, id desc limit 1`,
    );
    this.#preceding = connection.prepare<[number, number, number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       and (start_time, id) < (?, ?)
       order by start_time desc, id desc limit ?`,
    );
    this.#next = connection.prepare<[number, number, number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       and (start_time, id) > (?, ?)
       order by start_time, id limit ?`,
    );
    this.#first = connection.prepare<[number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       order by start_time, id limit 1`,
    );
  }

  /** The last row that starts before a given time. */
  before({ key }: SessionMarket, at: EpochMs): SegmentRow | undefined {
    return this.#before.get(key, at);
  }

  /** The `count` rows before a row, nearest first. */
  preceding({ key }: SessionMarket, row: SegmentRow, count: number): readonly SegmentRow[] {
    return this.#preceding.all(key, row.start_time, row.id, count);
  }

  next({ key }: SessionMarket, row: SegmentRow): SegmentRow | undefined {
    return this.#next.get(key, row.start_time, row.id, 1);
  }

  /**
   * Rows in order, starting with the one that covers the time before `from` (or the first one), and the periods of
   * missing rows between and after them.
   */
  *linkedFrom(market: SessionMarket, from: EpochMs): Generator<LinkedRow> {
    let last: SegmentRow | undefined;
    for (const row of this.#rowsFrom(market.key, from)) {
      const missing = this.missingBefore(market, row, last);
      if (missing !== undefined) yield { missing };
      yield { row };
      last = row;
    }
    const missing = this.missingAtEnd(market);
    if (missing !== undefined) yield { missing };
  }

  /** Time of the first book, even if its row is missing; undefined if there is no book. */
  beginOf(market: SessionMarket): EpochMs | undefined {
    return this.#first.get(market.key)?.start_time ?? this.missingAtEnd(market)?.startTime;
  }

  /** Time of the book's last change, even if its row is missing; undefined if there is no book. */
  endOf({ key }: SessionMarket): EpochMs | undefined {
    const last = this.#before.get(key, Number.MAX_SAFE_INTEGER)?.end_time;
    return last === undefined ? undefined : Math.max(last, this.#marks.of(key)?.bookTime ?? 0);
  }

  /** The period from the last row to the end of the session, if more of the book was recorded. */
  missingAtEnd(market: SessionMarket): DamagedSegment | undefined {
    const { key, session, symbol } = market;
    // Read the marks before the row, so that in a growing recording the row is never behind its marks.
    const marks = this.#marks.of(key);
    const last = this.#before.get(key, Number.MAX_SAFE_INTEGER);
    if (marks === undefined || !this.#isCut(key, marks, last)) return undefined;
    return {
      damage: `the last segments of ${symbol} in session ${session} are missing`,
      startTime: last?.end_time ?? market.firstTime,
      endTime: this.#sessions.endOf(session) + 1,
      isMissing: true,
    };
  }

  #isCut(key: number, marks: RecordingMarks, last: SegmentRow | undefined): boolean {
    const { bookTime, bookSequence, retainedFrom } = marks;
    if (bookTime === null || bookSequence === null) return this.#marks.isShort(key);
    if (last === undefined) return bookTime >= (retainedFrom ?? 0);
    return (
      last.end_time < bookTime || (last.end_time === bookTime && last.end_sequence < bookSequence)
    );
  }

  /**
   * The period before a row in which segments are missing, if any: the row continues a segment that is not there, or
   * it starts a chain in a recording that has fewer segments than it should, so that the missing ones may have been
   * here. `last` is the previous row as the reader saw it. That row may have grown since, so unless `row` continues
   * `last` directly, the previous row is queried again. Segments deleted by retention are not missing.
   */
  missingBefore(
    market: SessionMarket,
    row: SegmentRow,
    last: SegmentRow | undefined,
  ): DamagedSegment | undefined {
    if (row.continues === 1 && last?.end_sequence === row.start_sequence) return undefined;
    const { start_time: endTime, id } = row;
    const [before] = this.preceding(market, row, 1);
    const startTime = before?.end_time ?? Math.min(market.firstTime, endTime);
    const of = `of ${market.symbol} in session ${market.session}`;
    if (row.continues === 0) {
      const isWhole = startTime === endTime || !this.#marks.isShort(market.key);
      if (isWhole) return undefined;
      const damage = `segments ${of} are missing, perhaps some before segment ${id}`;
      return { damage, startTime, endTime, isMissing: true };
    }
    const isWhole =
      before === undefined
        ? this.#marks.of(market.key)?.retainedFrom !== null
        : before.end_sequence === row.start_sequence;
    if (isWhole) return undefined;
    const damage = `segment ${id} ${of}: the segment before it is missing`;
    return { damage, startTime, endTime, isMissing: true };
  }

  /**
   * Reads several rows at a time, because a query per row would dominate. A row that is still growing (no hash) is
   * queried again when the reader reaches it, because it may have grown since its page was read.
   */
  *#rowsFrom(key: number, from: EpochMs): Generator<SegmentRow> {
    let last = this.#before.get(key, from) ?? this.#first.get(key);
    if (last === undefined) return;
    yield last;
    for (;;) {
      const { start_time, id }: SegmentRow = last;
      const page = this.#next.all(key, start_time, id, PAGE_ROWS);
      if (page.length === 0) return;
      for (const [at, row] of page.entries()) {
        if (at > 0 && row.hash === null) break;
        last = row;
        yield row;
      }
    }
  }
}
