import type { EpochMs } from '@tapedeck/market/number/level';

import { asHistoryError, HistoryError } from '../database/history-error.ts';
import type { History } from '../history.ts';
import { sessionDigest } from './session-digest.ts';

/** The session in the target; `already` if it was there before. */
export type SessionCopy = { readonly session: string; readonly already: boolean };

export type CopyOptions = {
  /**
   * Called between transactions with the rows copied and their total. May throw to abort: the partial copy is
   * deleted.
   */
  readonly onProgress?: ((rows: number, total: number) => void) | undefined;
  readonly now: EpochMs;
};

/** Rows per transaction: few, so that a recorder on the same file never waits long. */
const CHUNK_ROWS = 2_000;

type TableCopy = {
  readonly table: string;
  /** Columns that are copied unchanged. */
  readonly columns: string;
  /** What a row belongs to: a market of the session (by its integer key), or the session itself. */
  readonly owner: 'session_symbol' | 'session';
};

const TABLES: readonly TableCopy[] = [
  {
    table: 'segment',
    columns:
      'start_time, end_time, start_sequence, end_sequence, count, continues, hash, keyframe, deltas',
    owner: 'session_symbol',
  },
  {
    table: 'trade',
    columns: 'sequence, event_time, price_ticks, size_lots, aggressor',
    owner: 'session_symbol',
  },
  {
    table: 'market_state',
    columns: 'time, state, reason, since, crossed_since',
    owner: 'session_symbol',
  },
  {
    table: 'candle',
    columns:
      'interval_ms, open_time, open, high, low, close, volume, buy_volume, trades, backfilled',
    owner: 'session_symbol',
  },
  {
    table: 'book_check',
    columns: 'sequence, bid_ticks, bid_lots, ask_ticks, ask_lots',
    owner: 'session_symbol',
  },
  { table: 'gap', columns: 'symbol, from_time, to_time, reason', owner: 'session' },
  // Positions in the event log belong to one history: a copy has only times.
  {
    table: 'headline',
    columns: 'time, headline_id, source, symbols, title, event_id, link',
    owner: 'session',
  },
  {
    table: 'status_event',
    columns: 'time, severity, kind, symbols, message',
    owner: 'session',
  },
];

/**
 * Copies a session from one history file into another, rows unchanged and segments byte for byte. The copy becomes
 * visible when it is complete; copying the same session again changes nothing.
 * @throws HistoryError if a segment of the source is damaged, or the source is not a file.
 */
export function copySession(
  source: History,
  id: string,
  target: History,
  options: CopyOptions,
): SessionCopy {
  const session = source.sessions.get(id);
  if (session === undefined) throw new HistoryError('missing', `there is no session ${id}`);
  if (source.path === ':memory:')
    throw new HistoryError('missing', 'a history in memory cannot be copied from');
  const digest = sessionDigest(source, id);
  const own = source.connection
    .prepare<[string], string | null>('select fingerprint from session where id = ?')
    .pluck()
    .get(id);
  const fingerprint = own ?? `digest:${digest}`;
  const known = knownAs(target, id, fingerprint, digest);
  if (known !== undefined) return { session: known, already: true };
  const { label, source: kind, origin } = session;
  const state = 'importing';
  const { now } = options;
  const copy = target.sessions.create({ id, label, source: kind, state, origin, fingerprint, now });
  try {
    for (const instrument of source.instruments.list(id))
      target.sessions.addInstrument(copy, instrument);
    copyRows(source, id, target, copy, options.onProgress);
    target.sessions.close(copy, now);
  } catch (error) {
    target.sessions.delete(copy);
    // An abort by the caller is not an error of the file.
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw asHistoryError(error, `cannot copy session ${id} to ${target.path}`);
  }
  return { session: copy, already: false };
}

function knownAs(
  target: History,
  id: string,
  fingerprint: string,
  digest: string,
): string | undefined {
  const imported = target.sessions.findImport(fingerprint);
  if (imported !== undefined) return imported;
  // A copy that returns to the history in which it was recorded has its own id there.
  const same = target.sessions.get(id);
  return same !== undefined && !same.open && sessionDigest(target, id) === digest ? id : undefined;
}

function copyRows(
  source: History,
  from: string,
  target: History,
  to: string,
  onProgress: CopyOptions['onProgress'],
): void {
  const { connection } = target;
  connection.prepare('attach ? as source').run(source.path);
  try {
    connection
      .prepare(
        `update session_symbol set (first_time, last_time, deltas, trades, messages) = (
           select first_time, last_time, deltas, trades, messages from source.session_symbol other
           where other.session = @from and other.symbol = session_symbol.symbol)
         where session = @to`,
      )
      .run({ from, to });
    // A tape of an older version is opened read-only, not migrated, and may lack a table.
    const present = connection.prepare('select 1 from source.sqlite_master where name = ?');
    const tables = TABLES.filter(({ table }) => present.get(table) !== undefined);
    const parts = tables.map((table) => statementsOf(target, withColumnsOf(connection, table)));
    const total = parts.reduce((sum, part) => sum + (part.count.get({ from }) ?? 0), 0);
    let done = 0;
    for (const { chunkEnd, insert } of parts) {
      let after = 0;
      for (;;) {
        const last = chunkEnd.get({ from, after, limit: CHUNK_ROWS });
        if (last === null || last === undefined) break;
        const copied = insert.run({ from, to, after, last });
        after = last;
        done += copied.changes;
        onProgress?.(done, total);
      }
    }
    // Count what was copied: the source may still grow, and older versions did not count segments.
    connection
      .prepare(
        `update session_symbol set messages = json_replace(messages, '$.segments',
           (select count(*) from segment where session_symbol = session_symbol.id)) where session = ?`,
      )
      .run(to);
  } finally {
    connection.exec('detach source');
  }
}

/** Without the columns that a tape of an older version lacks. */
function withColumnsOf(connection: History['connection'], copy: TableCopy): TableCopy {
  const theirs = connection
    .prepare<[string], string>("select name from pragma_table_info(?, 'source')")
    .pluck()
    .all(copy.table);
  const columns = copy.columns.split(', ').filter((column) => theirs.includes(column));
  return { ...copy, columns: columns.join(', ') };
}

function statementsOf({ connection }: History, { table, columns, owner }: TableCopy) {
  const list = columns.split(', ');
  const theirs = list.map((column) => `s.${column}`).join(', ');
  const isMarket = owner === 'session_symbol';
  const join = isMarket ? 'join source.session_symbol o on o.id = s.session_symbol' : '';
  const where = isMarket ? 'o.session = @from' : 's.session = @from';
  const mine = isMarket
    ? 'join main.session_symbol d on d.symbol = o.symbol and d.session = @to'
    : '';
  return {
    count: connection
      .prepare<{ from: string }, number>(
        `select count(*) from source.${table} s ${join} where ${where}`,
      )
      .pluck(),
    chunkEnd: connection
      .prepare<{ from: string; after: number; limit: number }, number | null>(
        `select max(id) from (select s.rowid as id from source.${table} s ${join}
         where ${where} and s.rowid > @after order by s.rowid limit @limit)`,
      )
      .pluck(),
    insert: connection.prepare(
      `insert into main.${table} (${owner}, ${columns})
       select ${isMarket ? 'd.id' : '@to'}, ${theirs} from source.${table} s ${join} ${mine}
       where ${where} and s.rowid > @after and s.rowid <= @last order by s.rowid`,
    ),
  };
}
