/*
 * Marks by which missing rows of a recording are detected. A missing segment in the middle shows in the segment that
 * continues it; missing segments at the end of a chain show only in these marks.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { SqliteConnection } from '../database/database.ts';

/** The marks of one market of a session. Files of older versions have fewer. */
export type RecordingMarks = {
  /** Retention deleted everything before this time. */
  readonly retainedFrom: EpochMs | null;
  /** Number of segments. */
  readonly segments: number | null;
  /** Event time and sequence of the book's last change. */
  readonly bookTime: EpochMs | null;
  readonly bookSequence: number | null;
};

/** Stored with the counts of `messages`, where older versions ignore them. */
const MARKS: ReadonlySet<string> = new Set<keyof RecordingMarks>([
  'retainedFrom',
  'segments',
  'bookTime',
  'bookSequence',
]);

/** The source's message counts by kind, without the marks. */
export function countsOf(
  messages: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> {
  const all = Object.entries(messages as Readonly<Record<string, number>>);
  return Object.fromEntries(all.filter(([name]) => !MARKS.has(name)));
}

type MarksRow = RecordingMarks & {
  readonly deltas: number;
  readonly isOpen: 0 | 1;
  readonly present: number;
};

/** Reads the marks and checks the rows against them. */
export class MarkReader {
  readonly #read;
  readonly #sum;
  /** For closed recordings without a segment count: whether all changes are present. Reads every row. */
  readonly #summed = new Map<number, boolean>();

  constructor(connection: SqliteConnection) {
    // One statement, so that marks and rows are consistent.
    this.#read = connection.prepare<[number], MarksRow>(
      `select deltas, session.state <> 'closed' as isOpen,
         json_extract(messages, '$.retainedFrom') as retainedFrom, json_extract(messages, '$.segments') as segments,
         json_extract(messages, '$.bookTime') as bookTime, json_extract(messages, '$.bookSequence') as bookSequence,
         (select count(*) from segment where session_symbol = ss.id) as present
       from session_symbol ss join session on session.id = ss.session where ss.id = ?`,
    );
    this.#sum = connection
      .prepare<[number], number | null>('select sum(count) from segment where session_symbol = ?')
      .pluck();
  }

  of(key: number): RecordingMarks | undefined {
    return this.#read.get(key);
  }

  /** Whether any segments are known to be missing. */
  isShort(key: number): boolean {
    const marks = this.#read.get(key);
    if (marks === undefined) return false;
    if (marks.segments !== null) return marks.present < marks.segments;
    if (marks.isOpen === 1) return false;
    const known = this.#summed.get(key);
    if (known !== undefined) return known;
    const isShort = (this.#sum.get(key) ?? 0) < marks.deltas;
    this.#summed.set(key, isShort);
    return isShort;
  }
}
