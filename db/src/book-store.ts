import type { BookSnapshot } from '@tapedeck/market/book-delta';
import type { Grid } from '@tapedeck/market/grid';
import type { EpochMs } from '@tapedeck/market/level';
import type { OrderBook } from '@tapedeck/market/order-book';
import type { Gap } from '@tapedeck/market/session';

import type { Connection } from './database.ts';
import type { DeltaColumns } from './delta-columns.ts';
import { HistoryError } from './history-error.ts';
import {
  type DamagedSegment,
  type ScannedSegment,
  type Segment,
  SegmentReader,
  type SegmentRow,
} from './segment-reader.ts';
import type { SessionMarket, SessionStore } from './session-store.ts';

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
/** Reason of a hole in the trades that leaves the book as it is. */
const TRADES_ALONE = 'trades-overflow';
/** Rows of a reader in order that are fetched at once: some tens of KiB. */
const PAGE_ROWS = 16;
/** Sessions looked through for the book of one moment: recordings of one market seldom overlap. */
const MAX_OVERLAPPING = 16;
/** Segments looked through for a sound one beside a damaged one: half an hour of a busy market. */
const MAX_DAMAGED = 256;

/** Whether a book is not known within a hole: lost trades alone leave the book as it is. */
export function hidesBook(gap: Gap): boolean {
  return gap.reason !== TRADES_ALONE;
}

const COLUMNS =
  'id, start_time, end_time, start_sequence, end_sequence, continues, hash, keyframe, deltas';

/** Books of the past: seek to a moment, or read on from one. */
export class BookStore {
  readonly #sessions: SessionStore;
  readonly #before;
  readonly #preceding;
  readonly #next;
  readonly #first;
  readonly #holeAt;

  constructor(connection: Connection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#before = connection.prepare<[number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ? and start_time < ?
       order by start_time desc, start_sequence desc, id desc limit 1`,
    );
    this.#preceding = connection.prepare<[number, number, number, number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       and (start_time, start_sequence, id) < (?, ?, ?)
       order by start_time desc, start_sequence desc, id desc limit ?`,
    );
    this.#next = connection.prepare<[number, number, number, number, number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       and (start_time, start_sequence, id) > (?, ?, ?)
       order by start_time, start_sequence, id limit ?`,
    );
    this.#first = connection.prepare<[number], SegmentRow>(
      `select ${COLUMNS} from segment where session_symbol = ?
       order by start_time, start_sequence, id limit 1`,
    );
    this.#holeAt = connection.prepare<[string, number, number], Gap>(
      `select symbol, from_time as "from", to_time as "to", reason from gap
       where symbol = ? and from_time < ? and to_time >= ? and reason <> '${TRADES_ALONE}'
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
    const row = this.#before.get(market.key, at);
    const found = row && this.#soundBefore(market, row, at);
    if (found === undefined) return undefined;
    const { book, columns } = found;
    columns.applyRange(book, 0, columns.countBefore(at));
    const gap =
      found.hole ??
      this.#sessions
        .gaps(session, symbol)
        .find(
          (hole) =>
            hidesBook(hole) && hole.from < at && at <= hole.to && book.eventTime <= hole.from,
        );
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
    return this.#before.get(market.key, Number.MAX_SAFE_INTEGER)?.end_time;
  }

  /**
   * Every segment in order for an audit: a damaged one is told instead of thrown, and so is one that is not there; one
   * whose hash does not fit its content is damaged too.
   */
  *scan(session: string, symbol: string): Generator<ScannedSegment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    const reader = this.#reader(market);
    for (const [row, missing] of this.#linkedFrom(market, 0)) {
      if (missing !== undefined) {
        reader.breakOff();
        yield missing;
      }
      yield reader.audit(row);
    }
  }

  /** Like `segmentsFrom`, but a damaged segment is told instead of thrown, and the reader goes on behind it. */
  *soundFrom(session: string, symbol: string, from: EpochMs): Generator<ScannedSegment> {
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return;
    const reader = this.#reader(market);
    for (const [row, missing] of this.#linkedFrom(market, from)) {
      if (missing !== undefined) {
        reader.breakOff();
        yield missing;
      }
      yield reader.read(row);
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
    for (const [row, missing] of this.#linkedFrom(market, from)) {
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
    for (const [row, missing] of this.#linkedFrom(market, 0)) {
      if (missing !== undefined) throw new HistoryError('corrupt', missing.damage);
      // What retention left may begin with one that continued another.
      if (row.continues === 0 || isFirst) book.applySnapshot(reader.bookOf(row).snapshot());
      isFirst = false;
      const columns = reader.columnsOf(row);
      columns.applyRange(book, 0, columns.length);
    }
  }

  /** Rows in order, each with the stretch before it where one is not there. */
  *#linkedFrom(
    market: SessionMarket,
    from: EpochMs,
  ): Generator<readonly [SegmentRow, DamagedSegment | undefined]> {
    let last: SegmentRow | undefined;
    for (const row of this.#rowsFrom(market.key, from)) {
      yield [row, this.#missingBefore(market, row, last)];
      last = row;
    }
  }

  /**
   * The stretch of the segments that a row continues and that are not there. `last` is the row before as a reader saw
   * it: it may have grown since, so nothing is missing before the file itself says so. What retention took is no damage.
   */
  #missingBefore(
    market: SessionMarket,
    row: SegmentRow,
    last: SegmentRow | undefined,
  ): DamagedSegment | undefined {
    if (row.continues === 0 || last?.end_sequence === row.start_sequence) return undefined;
    const { start_time, start_sequence, id } = row;
    const { key, session, symbol } = market;
    const before = this.#preceding.get(key, start_time, start_sequence, id, 1);
    const isWhole =
      before === undefined
        ? this.#sessions.messages(session, symbol)['retainedFrom'] !== undefined
        : before.end_sequence === start_sequence;
    if (isWhole) return undefined;
    return {
      damage: `segment ${id} of ${symbol} in session ${session}: what it continues is not there`,
      startTime: before?.end_time ?? Math.min(market.firstTime, start_time),
      endTime: start_time,
      isMissing: true,
    };
  }

  /** Some rows at a time: a query for each takes longer than all else. One that still grows is read when it is due. */
  *#rowsFrom(key: number, from: EpochMs): Generator<SegmentRow> {
    let last = this.#before.get(key, from) ?? this.#first.get(key);
    if (last === undefined) return;
    yield last;
    for (;;) {
      const { start_time, start_sequence, id }: SegmentRow = last;
      const page = this.#next.all(key, start_time, start_sequence, id, PAGE_ROWS);
      if (page.length === 0) return;
      for (const [at, row] of page.entries()) {
        if (at > 0 && row.hash === null) break;
        last = row;
        yield row;
      }
    }
  }

  #reader(market: SessionMarket): SegmentReader {
    return new SegmentReader(market, (row, count) =>
      this.#preceding.all(market.key, row.start_time, row.start_sequence, row.id, count),
    );
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
        const from = this.#missingBefore(market, after, row)?.startTime ?? after.start_time;
        const to = this.#soundAfter(market, wanted);
        return { ...opened, hole: { symbol: market.symbol, from, to, reason: DAMAGED } };
      }
      after = row;
      row = this.#preceding.get(market.key, row.start_time, row.start_sequence, row.id, 1);
    }
    return undefined;
  }

  /** The hole behind a sound row whose next one continues another that is not there. */
  #holeAfter(market: SessionMarket, row: SegmentRow): Gap | undefined {
    const { start_time, start_sequence, id } = row;
    const next = this.#next.get(market.key, start_time, start_sequence, id, 1);
    const missing = next && this.#missingBefore(market, next, row);
    if (next === undefined || missing === undefined) return undefined;
    const isSound = openRow(this.#reader(market), next) !== undefined;
    const to = isSound ? next.start_time : this.#soundAfter(market, next);
    return { symbol: market.symbol, from: missing.startTime, to, reason: DAMAGED };
  }

  /** When the first sound segment after a damaged one begins, or where the damage ends. */
  #soundAfter(market: SessionMarket, damaged: SegmentRow): EpochMs {
    const reader = this.#reader(market);
    let row = damaged;
    for (let tries = 0; tries < MAX_DAMAGED; tries++) {
      const next = this.#next.get(market.key, row.start_time, row.start_sequence, row.id, 1);
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
