import type { EpochMs } from '@tapedeck/market/level';

import type { Connection } from './database.ts';
import type { DamagedSegment, SegmentRow } from './segment-reader.ts';
import type { SessionMarket, SessionStore } from './session-store.ts';

/** Rows of a reader in order that are fetched at once: some tens of KiB. */
const PAGE_ROWS = 16;

const COLUMNS =
  'id, start_time, end_time, start_sequence, end_sequence, continues, hash, keyframe, deltas';

/** A row in order, and the stretch before it where one is not there. */
export type LinkedRow = readonly [SegmentRow, DamagedSegment | undefined];

/** The segments of recordings as they lie in the file, in order, and where one of them is not there. */
export class SegmentRows {
  readonly #sessions: SessionStore;
  readonly #before;
  readonly #preceding;
  readonly #next;
  readonly #first;

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
  }

  /** The last one that begins before a moment. */
  before({ key }: SessionMarket, at: EpochMs): SegmentRow | undefined {
    return this.#before.get(key, at);
  }

  /** The `count` rows before a row, the nearest first. */
  preceding({ key }: SessionMarket, row: SegmentRow, count: number): readonly SegmentRow[] {
    return this.#preceding.all(key, row.start_time, row.start_sequence, row.id, count);
  }

  next({ key }: SessionMarket, row: SegmentRow): SegmentRow | undefined {
    return this.#next.get(key, row.start_time, row.start_sequence, row.id, 1);
  }

  /**
   * Rows in order, from the one that holds the moment before `from` (or the first of all), each with the stretch before
   * it where one is not there.
   */
  *linkedFrom(market: SessionMarket, from: EpochMs): Generator<LinkedRow> {
    let last: SegmentRow | undefined;
    for (const row of this.#rowsFrom(market.key, from)) {
      yield [row, this.missingBefore(market, row, last)];
      last = row;
    }
  }

  /**
   * The stretch of the segments that a row continues and that are not there. `last` is the row before as a reader saw
   * it: it may have grown since, so nothing is missing before the file itself says so. What retention took is no damage.
   */
  missingBefore(
    market: SessionMarket,
    row: SegmentRow,
    last: SegmentRow | undefined,
  ): DamagedSegment | undefined {
    if (row.continues === 0 || last?.end_sequence === row.start_sequence) return undefined;
    const { start_time, start_sequence, id } = row;
    const { session, symbol } = market;
    const [before] = this.preceding(market, row, 1);
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
}
