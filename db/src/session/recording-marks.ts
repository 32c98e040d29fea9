/*
 * What a recording says of itself beside its rows, so that rows which are not there any more are missed: a segment in the
 * midst is missed by the one that continues it, those at the end of a chain by nobody but these marks.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { Connection } from '../database/database.ts';

/** What is written down of one market of a session. Files of older versions have less of it. */
export type RecordingMarks = {
  /** Retention took what lies before. */
  readonly retainedFrom: EpochMs | null;
  /** How many segments there are. */
  readonly segments: number | null;
  /** Event time and sequence of the book's last change. */
  readonly bookTime: EpochMs | null;
  readonly bookSequence: number | null;
};

/** They stand beside the counts of `messages`, where older versions of the product read over them. */
const MARKS: ReadonlySet<string> = new Set<keyof RecordingMarks>([
  'retainedFrom',
  'segments',
  'bookTime',
  'bookSequence',
]);

/** The messages of a source by kind, without the marks. */
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

/** Reads the marks and holds the rows against them. */
export class MarkReader {
  readonly #read;
  readonly #sum;
  /** Of closed recordings without a count of segments: whether all changes are there. It costs a look at every row. */
  readonly #summed = new Map<number, boolean>();

  constructor(connection: Connection) {
    // One statement, so that marks and rows are of the same moment.
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

  /** True where segments are known not to be there, wherever they stood. */
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
