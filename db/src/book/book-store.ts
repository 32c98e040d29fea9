import type { BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { Grid } from '@tapedeck/market/grid/grid';
import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { SqliteConnection } from '../database/database.ts';
import { HistoryError } from '../database/history-error.ts';
import type { DeltaColumns } from '../segment/delta-columns.ts';
import {
  type ScannedSegment,
  type Segment,
  SegmentReader,
  type SegmentRow,
} from '../segment/segment-reader.ts';
import { SegmentRows } from '../segment/segment-rows.ts';
import type { SessionMarket, SessionStore } from '../session/session-store.ts';

export type { ScannedSegment, Segment };

/** A full book from the history. */
export type RecordedBook = {
  readonly session: string;
  /** The grid of its ticks and lots. */
  readonly grid: Grid;
  readonly book: BookSnapshot;
  /** Set if the time is in a gap of the recording: the book is then the last one before the gap, and stale. */
  readonly gap?: Gap | undefined;
};

/** The book at a row's keyframe, and its deltas, which the next row overwrites. */
type OpenedRow = { readonly book: OrderBook; readonly columns: DeltaColumns };

/** Reason of the gap that damaged segments leave. */
export const DAMAGED = 'damaged';
/** Reasons of gaps in the trades, which do not affect the book. */
const TRADES_ALONE: readonly string[] = ['trades-overflow', 'trades-missing'];
/** Maximum number of sessions searched for a book: recordings of one market rarely overlap. */
const MAX_OVERLAPPING = 16;
/** Maximum number of segments searched for a sound one next to a damaged one: half an hour of a busy market. */
const MAX_DAMAGED = 256;

/** Whether a gap hides the book: lost trades alone do not affect it. */
export function hidesBook(gap: Gap): boolean {
  return !TRADES_ALONE.includes(gap.reason);
}

/** Historical books: seek to a time, or read on from it. */
export class BookStore {
  readonly #sessions: SessionStore;
  readonly #rows: SegmentRows;
  readonly #holeAt;

  constructor(connection: SqliteConnection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#rows = new SegmentRows(connection, sessions);
    this.#holeAt = connection.prepare<[string, number, number], Gap>(
      `select symbol, from_time as "from", to_time as "to", reason from gap
       where symbol = ? and from_time < ? and to_time >= ? and reason not in ('${TRADES_ALONE.join("', '")}')
       and session in (select id from session where state <> 'importing')
       order by from_time desc limit 1`,
    );
  }

  /**
   * The full book before `at`: the state after the last delta with `eventTime < at`. Undefined if no session covers
   * that time; `at` may be one past the session's end, which gives its last state. In a damaged segment it is the
   * last readable book, with `gap` set, or undefined if there is none. For a missing segment, the gap starts at the
   * end of the previous one. In the recorded gap between two sessions it is the last book of the first. If sessions
   * overlap, the newest one that has a book outside of a gap answers, or, if all are in a gap, the newest that has a
   * book.
   */
  at(symbol: string, at: EpochMs, session?: string): RecordedBook | undefined {
    if (session !== undefined) {
      const market = this.#sessions.market(session, symbol);
      return market && at <= this.#sessions.endOf(session) + 1
        ? this.#bookOf(market, at)
        : undefined;
    }
    let hidden: RecordedBook | undefined;
    for (const market of this.#sessions.markets(symbol, at).slice(0, MAX_OVERLAPPING)) {
      const recorded = this.#bookOf(market, at);
      if (recorded !== undefined && recorded.gap === undefined) return recorded;
      hidden ??= recorded;
    }
    return hidden ?? this.#beforeRestart(symbol, at);
  }

  #bookOf(market: SessionMarket, at: EpochMs): RecordedBook | undefined {
    const { session, symbol, tickSize, lotSize } = market;
    const row = this.#rows.before(market, at);
    const found = row && this.#soundBefore(market, row, at);
    if (found === undefined) return undefined;
    const { book, columns } = found;
    columns.applyRange(book, 0, columns.countBefore(at));
    const gap =
      found.hole ??
      this.#sessions
        .gaps(session, symbol)
        .find((hole) => hidesBook(hole) && hole.from < at && at <= hole.to);
    return { session, grid: { tickSize, lotSize }, book: book.snapshot(), gap };
  }

  /** Between two sessions, if the later one has recorded the gap: the last book before it, and the gap. */
  #beforeRestart(symbol: string, at: EpochMs): RecordedBook | undefined {
    const hole = this.#holeAt.get(symbol, at, at);
    if (hole === undefined) return undefined;
    // Only one session is queried, so that a gap never leads to another gap.
    const end = hole.from + 1;
    const before = this.#sessions.latest(symbol, end);
    const last = before === undefined ? undefined : this.at(symbol, end, before);
    return last && { ...last, gap: hole };
  }

  /** Time of the last change of a book in a finished session; undefined while it grows, or if there is none. */
  endOf(session: string, symbol: string): EpochMs | undefined {
    if (this.#sessions.get(session)?.open !== false) return undefined;
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return undefined;
    return this.#rows.endOf(market);
  }

  /** Time of the first book of a market in a session; undefined if it has none, or none yet. */
  beginOf(session: string, symbol: string): EpochMs | undefined {
    const market = this.#sessions.market(session, symbol);
    return market && this.#rows.beginOf(market);
  }

  /**
   * Every segment in order, for an audit. Damaged and missing segments are yielded, not thrown; a segment whose hash
   * does not match its content counts as damaged.
   */
  *scan(session: string, symbol: string): Generator<ScannedSegment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    const reader = this.#reader(market);
    for (const { row, missing } of this.#rows.linkedFrom(market, 0)) {
      if (missing === undefined) yield reader.audit(row);
      else {
        reader.breakOff();
        yield missing;
      }
    }
  }

  /** Like `segmentsFrom`, but yields a damaged segment instead of throwing, and continues after it. */
  *soundFrom(session: string, symbol: string, from: EpochMs): Generator<ScannedSegment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    const reader = this.#reader(market);
    for (const { row, missing } of this.#rows.linkedFrom(market, from)) {
      if (missing === undefined) yield reader.read(row);
      else {
        reader.breakOff();
        yield missing;
      }
    }
  }

  /**
   * Segments in order, starting with the one that covers the time before `from` (or the first one). Reads one row at
   * a time, so that memory does not grow with the session, and a recording may grow meanwhile.
   * @throws HistoryError if a segment is damaged or missing.
   */
  *segmentsFrom(session: string, symbol: string, from: EpochMs): Generator<Segment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    const reader = this.#reader(market);
    for (const { row, missing } of this.#rows.linkedFrom(market, from)) {
      if (missing !== undefined) throw new HistoryError('corrupt', missing.damage);
      yield reader.segment(row);
    }
  }

  /**
   * Replays a whole recording into a book at full speed, in order, without allocating an object per change.
   * @throws HistoryError if a segment is damaged or missing.
   */
  playInto(book: OrderBook, session: string, symbol: string): void {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    const reader = this.#reader(market);
    let isFirst = true;
    for (const { row, missing } of this.#rows.linkedFrom(market, 0)) {
      if (missing !== undefined) throw new HistoryError('corrupt', missing.damage);
      // After retention, the first segment may be one that continued a deleted one.
      if (row.continues === 0 || isFirst) book.applySnapshot(reader.bookOf(row).snapshot());
      isFirst = false;
      const columns = reader.columnsOf(row);
      columns.applyRange(book, 0, columns.length);
    }
  }

  #reader(market: SessionMarket): SegmentReader {
    return new SegmentReader(market, (row, count) => this.#rows.preceding(market, row, count));
  }

  /** The row, or the nearest sound one before it, and the gap that contains `at`, if any. */
  #soundBefore(
    market: SessionMarket,
    wanted: SegmentRow,
    at: EpochMs,
  ): (OpenedRow & { readonly hole?: Gap | undefined }) | undefined {
    const reader = this.#reader(market);
    let row: SegmentRow | undefined = wanted;
    let after: SegmentRow | undefined;
    for (let tries = 0; row !== undefined && tries < MAX_DAMAGED; tries++) {
      const opened = openRow(reader, row);
      if (opened !== undefined) {
        if (after === undefined)
          return at > row.end_time ? { ...opened, hole: this.#holeAfter(market, row) } : opened;
        const from = this.#rows.missingBefore(market, after, row)?.startTime ?? after.start_time;
        const to = this.#soundAfter(market, wanted);
        return { ...opened, hole: { symbol: market.symbol, from, to, reason: DAMAGED } };
      }
      after = row;
      row = this.#rows.preceding(market, row, 1)[0];
    }
    return undefined;
  }

  /** The gap after a sound row whose following rows are missing. */
  #holeAfter(market: SessionMarket, row: SegmentRow): Gap | undefined {
    const next = this.#rows.next(market, row);
    const missing =
      next === undefined
        ? this.#rows.missingAtEnd(market)
        : this.#rows.missingBefore(market, next, row);
    if (missing === undefined) return undefined;
    const isSound = next === undefined || openRow(this.#reader(market), next) !== undefined;
    const to = isSound ? missing.endTime : this.#soundAfter(market, next);
    return { symbol: market.symbol, from: missing.startTime, to, reason: DAMAGED };
  }

  /** Start of the first sound segment after a damaged one, or the end of the damage. */
  #soundAfter(market: SessionMarket, damaged: SegmentRow): EpochMs {
    const reader = this.#reader(market);
    let row = damaged;
    for (let tries = 0; tries < MAX_DAMAGED; tries++) {
      const next = this.#rows.next(market, row);
      if (next === undefined) return this.#sessions.endOf(market.session) + 1;
      if (openRow(reader, next) !== undefined) return next.start_time;
      row = next;
    }
    return row.end_time;
  }
}

/** Undefined if the row, or a row from which its keyframe is rebuilt, is damaged. */
function openRow(reader: SegmentReader, row: SegmentRow): OpenedRow | undefined {
  try {
    return { book: reader.bookOf(row), columns: reader.columnsOf(row) };
  } catch (error) {
    if (error instanceof HistoryError) return undefined;
    throw error;
  }
}
