import { readdirSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { readMigrationFiles } from 'drizzle-orm/migrator';

import { realPathOf } from '../database/database-file.ts';
import { type DatabaseOptions, defaultMigrations } from '../database/database.ts';
import { HistoryError } from '../database/history-error.ts';
import { ownerOf } from '../database/history-lock.ts';
import { type History, openHistory } from '../history.ts';

/** One finding. `failed` is damage or loss; `advice` is not urgent. */
export type Finding = {
  readonly check: string;
  readonly state: 'ok' | 'advice' | 'failed';
  readonly detail: string;
};

/** Free space below which a busy recorder has hours left, and below which it has minutes left. */
const LOW_BYTES = 1_000_000_000;
const NO_ROOM_BYTES = 50_000_000;
/** A WAL larger than this means that a reader never ends its transaction. */
const LARGE_WAL_BYTES = 256_000_000;
const SHOWN = 3;

/**
 * Examines a history file without changing it: whether it opens, SQLite's own integrity check, every segment, free
 * space, and gaps. Never throws for a problem of the file, which is a finding.
 */
export function checkHistory(path: string, options: DatabaseOptions = {}): readonly Finding[] {
  let history: History;
  try {
    history = openHistory(path, { ...options, readonly: true });
  } catch (error) {
    if (!(error instanceof HistoryError) || error.kind === 'missing' || error.kind === 'foreign')
      throw error;
    return [
      { check: 'open', state: 'failed', detail: error.message },
      ownership(path),
      ...setAsides(path),
    ];
  }
  try {
    return [
      { check: 'open', state: 'ok', detail: path },
      ownership(path),
      ...[integrity, migrations, segments, gaps, sessions, space].map((check) =>
        guarded(check, history, options),
      ),
      ...setAsides(path),
    ];
  } finally {
    history.close();
  }
}

type Check = (history: History, options: DatabaseOptions) => Finding;

/** A check that fails on a damaged file is itself a finding. */
function guarded(check: Check, history: History, options: DatabaseOptions): Finding {
  try {
    return check(history, options);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { check: check.name, state: 'failed', detail };
  }
}

/** The feed that owns the file (H7). */
function ownership(path: string): Finding {
  const owner = path === ':memory:' ? undefined : ownerOf(realPathOf(path));
  if (owner === undefined) return { check: 'owner', state: 'ok', detail: 'no feed is using it' };
  const { pid, host, since } = owner;
  // The lock was acquired just now, or its name is unreadable.
  const who =
    pid === 0 ? '' : `: process ${pid} on ${host}, since ${new Date(since).toISOString()}`;
  return { check: 'owner', state: 'ok', detail: `a feed is using it${who}` };
}

/** Damaged files that a feed has moved aside. They use disk space until an operator deletes them. */
function setAsides(path: string): readonly Finding[] {
  const folder = dirname(path);
  const before = `${basename(path)}.damaged-`;
  const files = readdirSync(folder)
    .filter((name) => name.startsWith(before) && /^\d+$/.test(name.slice(before.length)))
    .toSorted((a, b) => Number(a.slice(before.length)) - Number(b.slice(before.length)));
  if (files.length === 0) return [];
  const told = files.map((name) => {
    const { size, mtime } = statSync(join(folder, name));
    return `${name} (${megabytes(size)}, last written ${mtime.toISOString()})`;
  });
  return [
    {
      check: 'set aside',
      state: 'advice',
      detail: `${listed(told)}: damaged histories that a feed moved aside: export what you need with --db, then delete them`,
    },
  ];
}

function integrity({ connection }: History): Finding {
  const rows = connection.prepare<[], string>('pragma integrity_check(10)').pluck().all();
  const broken = connection.pragma('foreign_key_check') as readonly unknown[];
  const problems = rows.filter((row) => row !== 'ok');
  if (broken.length > 0) problems.push(`${broken.length} rows refer to missing rows`);
  return problems.length === 0
    ? { check: 'integrity', state: 'ok', detail: 'SQLite found no problem' }
    : { check: 'integrity', state: 'failed', detail: listed(problems) };
}

function migrations({ connection }: History, options: DatabaseOptions): Finding {
  const migrationsFolder = options.migrationsFolder ?? defaultMigrations();
  const known = readMigrationFiles({ migrationsFolder }).length;
  const applied = Number(
    connection.prepare('select count(*) from __drizzle_migrations').pluck().get(),
  );
  const detail = `${applied} of ${known} applied`;
  return applied >= known
    ? { check: 'migrations', state: 'ok', detail }
    : {
        check: 'migrations',
        state: 'advice',
        detail: `${detail}: the next start of the feed applies the rest`,
      };
}

/** CRC, hash and columns of every segment. */
function segments(history: History): Finding {
  let sound = 0;
  const damaged: string[] = [];
  for (const { id, symbols } of history.sessions.list()) {
    for (const symbol of symbols) {
      for (const { damage } of history.books.scan(id, symbol)) {
        if (damage === undefined) sound++;
        else damaged.push(`${symbol} in ${id}: ${damage}`);
      }
    }
  }
  return damaged.length === 0
    ? { check: 'segments', state: 'ok', detail: `${sound} without damage` }
    : {
        check: 'segments',
        state: 'failed',
        detail: `${damaged.length} of ${sound + damaged.length} damaged: ${listed(damaged)}`,
      };
}

/** Gaps are a property of a recording, not a fault of the file. */
function gaps(history: History): Finding {
  const all = history.sessions
    .list()
    .flatMap(({ id, gaps: holes }) => holes.map((gap) => ({ id, ...gap })));
  if (all.length === 0) return { check: 'gaps', state: 'ok', detail: 'none' };
  const byReason = Map.groupBy(all, (gap) => gap.reason);
  const counts = [...byReason].map(([reason, list]) => `${list.length} ${reason}`).join(', ');
  const longest = all.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
  const length = ((longest.to - longest.from) / 1_000).toFixed(1);
  const detail = `${counts}; the longest ${length} s, ${longest.symbol} in ${longest.id}`;
  return { check: 'gaps', state: 'advice', detail };
}

function sessions({ connection, sessions: store }: History): Finding {
  const open = store.list().filter((session) => session.open);
  const importing = Number(
    connection.prepare("select count(*) from session where state = 'importing'").pluck().get(),
  );
  const detail = `${store.list().length}, ${open.length} being recorded`;
  if (open.length <= 1 && importing === 0) return { check: 'sessions', state: 'ok', detail };
  return {
    check: 'sessions',
    state: 'advice',
    detail: `${detail}, ${importing} being imported: interrupted ones are cleaned up by the next start or import`,
  };
}

function space({ connection, path }: History): Finding {
  const { bavail, bsize } = statfsSync(dirname(path));
  const free = bavail * bsize;
  const number = (name: string): number => Number(connection.pragma(name, { simple: true }));
  const unused = number('freelist_count') * number('page_size');
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const detail = `${megabytes(free)} free on the disk, the file has ${megabytes(statSync(path).size)}, ${megabytes(unused)} of them unused`;
  if (free < LOW_BYTES)
    return {
      check: 'space',
      state: free < NO_ROOM_BYTES ? 'failed' : 'advice',
      detail: `${detail}: the disk is nearly full; set TAPEDECK_RETENTION to limit what is kept`,
    };
  if (wal > LARGE_WAL_BYTES)
    return { check: 'space', state: 'advice', detail: `${detail}; the WAL has ${megabytes(wal)}` };
  if (unused > LOW_BYTES && number('auto_vacuum') === 0)
    return {
      check: 'space',
      state: 'advice',
      detail: `${detail}: an older file: run VACUUM once, with the feed stopped, to return them to the disk`,
    };
  return { check: 'space', state: 'ok', detail };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function listed(problems: readonly string[]): string {
  const more = problems.length > SHOWN ? ` and ${problems.length - SHOWN} more` : '';
  return problems.slice(0, SHOWN).join('; ') + more;
}
