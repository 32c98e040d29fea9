import { MARKET_STATES, STATE_REASONS } from '@tapedeck/market/instrument/instrument';
import {
  type RecordedState,
  recordedTrouble,
  type StateBand,
} from '@tapedeck/market/instrument/recorded-state';
import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import { shown } from '@tapedeck/market/wire/codec/codec';

import { damagedRow } from '../database/damaged-row.ts';
import type { SqliteConnection } from '../database/database.ts';
import type { SessionStore } from '../session/session-store.ts';
import { hidesBook } from './book-store.ts';

/** Bands of a range, oldest first; `next` is set if there are more, to continue from. */
export type StateBandPage = {
  readonly bands: readonly StateBand[];
  readonly next?: EpochMs | undefined;
};

type Row = Omit<RecordedState, 'crossedSince'> & {
  readonly id: number;
  readonly crossedSince: EpochMs | null;
};

/** Rows per read: a recording may have any number, and may grow meanwhile. */
const CHUNK_ROWS = 256;
/** Rows per response. A book that flickers between crossed and not has the most: ten a second. */
const MAX_ROWS = 2_000;

/**
 * Recorded market states (H6). A file of an older version has no rows, and if opened read-only no table either; then
 * only its gaps count.
 */
export class StateStore {
  readonly #connection: SqliteConnection;
  readonly #sessions: SessionStore;
  readonly #before;
  readonly #from;

  constructor(connection: SqliteConnection, sessions: SessionStore) {
    this.#connection = connection;
    this.#sessions = sessions;
    const columns = 'id, time, state, reason, since, crossed_since as crossedSince';
    if (!hasStates(connection)) return;
    this.#before = connection.prepare<[number, number], Row>(
      `select ${columns} from market_state where session_symbol = ? and time < ?
       order by time desc, id desc limit 1`,
    );
    this.#from = connection.prepare<[number, number, number, number], Row>(
      `select ${columns} from market_state where session_symbol = ? and (time, id) > (?, ?)
       order by time, id limit ?`,
    );
  }

  /** The last change before a time; undefined if there is none. */
  before(session: string, symbol: string, time: EpochMs): RecordedState | undefined {
    const key = this.#sessions.market(session, symbol)?.key;
    const row = key === undefined ? undefined : this.#before?.get(key, time);
    return row && stateOf(this.#connection, row);
  }

  /** Every change with `time >= from`, in order. */
  *statesFrom(session: string, symbol: string, from: EpochMs): Generator<RecordedState> {
    const key = this.#sessions.market(session, symbol)?.key;
    if (key === undefined || this.#from === undefined) return;
    let last: Pick<Row, 'time' | 'id'> = { time: from - 1, id: Number.MAX_SAFE_INTEGER };
    for (;;) {
      const rows = this.#from.all(key, last.time, last.id, CHUNK_ROWS);
      for (const row of rows) yield stateOf(this.#connection, row);
      const end = rows.at(-1);
      if (end === undefined || rows.length < CHUNK_ROWS) return;
      last = end;
    }
  }

  /** Periods of `from..to` in which the market was not `ok`, or was crossed, from rows and gaps combined. */
  bands(session: string, symbol: string, from: EpochMs, to: EpochMs): StateBandPage {
    const holes = this.#sessions.gaps(session, symbol).filter(hidesBook);
    const rows: RecordedState[] = [];
    const first = this.before(session, symbol, from + 1);
    if (first !== undefined) rows.push(first);
    let next: EpochMs | undefined;
    for (const row of this.statesFrom(session, symbol, from + 1)) {
      if (row.time >= to) break;
      if (rows.length >= MAX_ROWS) {
        next = row.time;
        break;
      }
      rows.push(row);
    }
    const bands = bandsOf(rows, holes, from, next ?? to);
    return next === undefined ? { bands } : { bands, next };
  }
}

/** The table is missing in a read-only file of an older version. */
export function hasStates(connection: SqliteConnection): boolean {
  const found = connection.prepare("select 1 from sqlite_master where name = 'market_state'").get();
  return found !== undefined;
}

/** Walks once over all times at which a row or gap changes the state. */
function bandsOf(
  rows: readonly RecordedState[],
  holes: readonly Gap[],
  from: EpochMs,
  to: EpochMs,
): readonly StateBand[] {
  const changes = [
    ...rows.map(({ time }) => time),
    ...holes.flatMap((hole) => [hole.from, hole.to]),
  ];
  const inside = changes.filter((time) => time > from && time < to);
  const starts = [...new Set([from, ...inside])].toSorted((a, b) => a - b);
  const bands: StateBand[] = [];
  let at = 0;
  let row: RecordedState | undefined;
  for (const [i, start] of starts.entries()) {
    for (let each = rows[at]; each !== undefined && each.time <= start; each = rows[++at])
      row = each;
    const hole = holes.find((each) => each.from <= start && start < each.to);
    const trouble = recordedTrouble(row, hole);
    const crossed = row?.crossedSince !== undefined;
    const end = starts[i + 1] ?? to;
    if ((trouble === undefined && !crossed) || end <= start) continue;
    const { state, reason } = trouble ?? { state: 'ok' as const, reason: 'crossed' as const };
    const last = bands.at(-1);
    const goesOn =
      last?.to === start &&
      last.state === state &&
      last.reason === reason &&
      last.crossed === crossed;
    if (goesOn) bands[bands.length - 1] = { ...last, to: end };
    else bands.push({ from: start, to: end, state, reason, crossed });
  }
  return bands;
}

/** @throws HistoryError for an unknown state or reason. */
function stateOf(connection: SqliteConnection, row: Row): RecordedState {
  const { id, time, state, reason, since, crossedSince } = row;
  if (!MARKET_STATES.includes(state) || !STATE_REASONS.includes(reason))
    throw damagedRow(
      connection,
      `market state ${id}`,
      `${shown(String(state))} (${shown(String(reason))}) is none`,
    );
  return { time, state, reason, since, crossedSince: crossedSince ?? undefined };
}
