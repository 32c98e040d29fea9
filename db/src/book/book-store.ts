import type { BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { Grid } from '@tapedeck/market/grid/grid';
import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { Connection } from '../database/database.ts';
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

/** A full book out of the history. */
export type RecordedBook = {
  readonly session: string;
  /** What its ticks and lots are. */
  readonly grid: Grid;
  readonly book: BookSnapshot;
  /** Set when the moment lies in a hole of the recording: the book is then the last one before it, and stale. */
  readonly gap?: Gap | undefined;
};

/** The book at a row's keyframe, and its deltas, which the next row overwrites. */
type OpenedRow = { readonly book: OrderBook; readonly columns: DeltaColumns };

/** Reason of the hole that damaged segments leave. */
export const DAMAGED = 'damaged';
/** Reasons of holes in the trades, which leave the book as it is. */
const TRADES_ALONE: readonly string[] = ['trades-overflow', 'trades-missing'];
/** Sessions looked through for the book of one moment: recordings of one market seldom overlap. */
const MAX_OVERLAPPING = 16;
/** Segments looked through for a sound one beside a damaged one: half an hour of a busy market. */
const MAX_DAMAGED = 256;

/** Whether a book is not known within a hole: lost trades alone leave the book as it is. */
export function hidesBook(gap: Gap): boolean {
  return !TRADES_ALONE.includes(gap.reason);
}

/** Books of the past: seek to a moment, or read on from one. */
export class BookStore {
  readonly #sessions: SessionStore;
  readonly #rows: SegmentRows;
  readonly #holeAt;

  constructor(connection: Connection, sessions: SessionStore) {
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
   * The full book before `at`: the state after the last delta with `eventTime < at`. Undefined where no session covers
   * the moment; `at` may be up to one past the session's end, which gives its last state. In a damaged segment it is
   * the last book that can be read, with the hole as its `gap`; undefined where none can. Where a
   * segment is not there the hole begins with the end of the one before. In the recorded hole between two sessions it is
   * the last book of the first. Of sessions that overlap the newest one that has a book outside of a hole answers, or,
   * where all are in one, the newest that has a book.
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

  /** Between two sessions, where the later one has the hole recorded: the last book before it, and the hole. */
  #beforeRestart(symbol: string, at: EpochMs): RecordedBook | undefined {
    const hole = this.#holeAt.get(symbol, at, at);
    if (hole === undefined) return undefined;
    // Asked of one session, so that a hole never leads to another hole.
    const end = hole.from + 1;
    const before = this.#sessions.latest(symbol, end);
    const last = before === undefined ? undefined : this.at(symbol, end, before);
    return last && { ...last, gap: hole };
  }

  /** Time of the last change of a book in a session that is over; undefined while it grows or where there is none. */
  endOf(session: string, symbol: string): EpochMs | undefined {
    if (this.#sessions.get(session)?.open !== false) return undefined;
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return undefined;
    return this.#rows.endOf(market);
  }

  /** Time of the first book of a market in a session; undefined where it has none, or none yet. */
  beginOf(session: string, symbol: string): EpochMs | undefined {
    const market = this.#sessions.market(session, symbol);
    return market && this.#rows.beginOf(market);
  }

  /**
   * Every segment in order for an audit: a damaged one is told instead of thrown, and so is one that is not there; one
   * whose hash does not fit its content is damaged too.
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

  /** Like `segmentsFrom`, but a damaged segment is told instead of thrown, and the reader goes on behind it. */
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
   * Segments in order, from the one that holds the moment before `from` (or the first of all). It reads one row at a
   * time, so that a session of any length costs the memory of one segment and a recording may grow meanwhile.
   * @throws HistoryError where one is damaged or not there.
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
   * Plays a recording into a book as fast as it goes: all of it, in order, without an object a change.
   * @throws HistoryError where a segment is damaged or not there.
   */
  playInto(book: OrderBook, session: string, symbol: string): void {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    const reader = this.#reader(market);
    let isFirst = true;
    for (const { row, missing } of this.#rows.linkedFrom(market, 0)) {
      if (missing !== undefined) throw new HistoryError('corrupt', missing.damage);
      // What retention left may begin with one that continued another.
      if (row.continues === 0 || isFirst) book.applySnapshot(reader.bookOf(row).snapshot());
      isFirst = false;
      const columns = reader.columnsOf(row);
      columns.applyRange(book, 0, columns.length);
    }
  }

  #reader(market: SessionMarket): SegmentReader {
    return new SegmentReader(market, (row, count) => this.#rows.preceding(market, row, count));
  }

  /** That row, or the nearest sound one before it; and the hole where `at` lies in one. */
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

  /** The hole behind a sound row: of the rows that should follow it some are not there. */
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

  /** When the first sound segment after a damaged one begins, or where the damage ends. */
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

/** Undefined where the row is damaged, or what its keyframe is rebuilt from. */
function openRow(reader: SegmentReader, row: SegmentRow): OpenedRow | undefined {
  try {
    return { book: reader.bookOf(row), columns: reader.columnsOf(row) };
  } catch (error) {
    if (error instanceof HistoryError) return undefined;
    throw error;
  }
}
