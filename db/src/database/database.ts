import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';

import type { EpochMs } from '@tapedeck/market/number/level';

import {
  APPLICATION_ID,
  type DamagedFile,
  explainedDamage,
  prepareFile,
  realPathOf,
  setAside,
} from './database-file.ts';
import { guardConnection } from './guarded-connection.ts';
import { asHistoryError, HistoryError, isMachineError } from './history-error.ts';
import { HistoryLock, ownerOf } from './history-lock.ts';

/** The raw connection, for prepared statements of the write path and hot reads. */
export type SqliteConnection = Database.Database;
/** The same connection through Drizzle, for everything else. */
export type Orm = BetterSQLite3Database & { readonly $client: SqliteConnection };

/** How a history file is opened. */
export type DatabaseOptions = {
  /** Never writes, never migrates; the file must exist. */
  readonly readonly?: boolean | undefined;
  /** Folder of the generated migrations; defaults to this package's. A bundle passes its own. */
  readonly migrationsFolder?: string | undefined;
  /** How long a statement waits for another writer, ms. */
  readonly busyTimeoutMs?: number | undefined;
  /** `refuse` by default: only a feed moves a file, and a reader never does. */
  readonly damaged?: DamagedFile | undefined;
  /** Makes this process the owner of the file (H7) from `now` on. For feeds only. */
  readonly owner?: { readonly now: EpochMs } | undefined;
  /** Receives every error that SQLite returns. */
  readonly onProblem?: ((problem: HistoryError) => void) | undefined;
};

export type OpenedDatabase = {
  readonly connection: SqliteConnection;
  readonly orm: Orm;
  /** Where a damaged file was moved to, for recovery. No file is ever overwritten. */
  readonly setAside: string | undefined;
  /** Undefined if the file is not owned: for a reader, a command, or an in-memory history. */
  readonly lock: HistoryLock | undefined;
};

/** Acquired before the first write. Reopening a history keeps its lock. */
type Lock = { held: HistoryLock | undefined };

const BUSY_TIMEOUT_MS = 5_000;
/** A segment of a calm market has 2-3 KiB: a 4 KiB page would hold only one and be a third empty. */
const PAGE_BYTES = 16_384;
/** 32 MiB of page cache keep the index pages of a long session in memory, so a seek reads only one segment. */
const CACHE_KIB = 32 * 1_024;

const START_TABLES = [
  'session',
  'session_symbol',
  'instrument',
  'alert_rule',
  'live_source',
  'epoch',
  'gap',
] as const;

/** A new history needs more than this: with less free space, the disk is full. */
const LEAST_FREE_BYTES = 1_000_000;

/** Folder of this package's migrations. */
export const defaultMigrations = (): string =>
  fileURLToPath(new URL('../../migrations', import.meta.url));

/**
 * Opens a history file and, if allowed, creates and migrates it. `:memory:` works.
 * @throws HistoryError with a message that an operator can act on.
 */
export function openDatabase(
  path: string,
  options: DatabaseOptions = {},
  held?: HistoryLock,
): OpenedDatabase {
  const readonly = options.readonly === true;
  if (path === ':memory:' && readonly)
    throw new HistoryError(
      'missing',
      'a history in memory cannot be opened read-only: it is empty',
    );
  const damaged = options.damaged ?? 'refuse';
  if (path !== ':memory:') prepareFile(path, readonly);
  const lock: Lock = { held };
  try {
    return openOrSetAside(path, options, damaged, lock);
  } catch (error) {
    // A lock passed in by the caller stays held.
    if (held === undefined) lock.held?.release();
    throw error;
  }
}

function openOrSetAside(
  path: string,
  options: DatabaseOptions,
  damaged: DamagedFile,
  lock: Lock,
): OpenedDatabase {
  const readonly = options.readonly === true;
  try {
    return { ...open(path, options, lock), setAside: undefined };
  } catch (error) {
    const told = openingProblem(path, readonly, error);
    const problem = told.kind === 'corrupt' ? explainedDamage(path, damaged, told) : told;
    if (problem.kind !== 'corrupt' || readonly) throw problem;
    // Do not move it while another feed owns it, which may not have found the damage yet.
    takeLock(path, options, lock);
    const movedTo = setAside(path, damaged, problem);
    return { ...open(path, options, lock), setAside: movedTo };
  }
}

function takeLock(path: string, { owner }: DatabaseOptions, lock: Lock): void {
  if (owner !== undefined && path !== ':memory:')
    lock.held ??= HistoryLock.take(realPathOf(path), owner.now);
}

function open(
  path: string,
  options: DatabaseOptions,
  lock: Lock,
): Omit<OpenedDatabase, 'setAside'> {
  const readonly = options.readonly === true;
  const connection = new Database(path, { readonly, fileMustExist: readonly });
  try {
    connection.pragma(`busy_timeout = ${options.busyTimeoutMs ?? BUSY_TIMEOUT_MS}`);
    const orm = drizzle({ client: connection });
    const owner = checkOwner(connection, path);
    const folder = options.migrationsFolder ?? defaultMigrations();
    const version = checkVersion(connection, path, folder);
    connection.pragma(`cache_size = -${CACHE_KIB}`);
    connection.pragma('foreign_keys = ON');
    if (!readonly) {
      takeLock(path, options, lock);
      if (version === 'old' && lock.held === undefined) checkNobodyOwns(path);
      // Takes effect in a new file only, and only before WAL.
      connection.pragma(`page_size = ${PAGE_BYTES}`);
      // Lets retention free pages in small steps (H4). Only in a new file, before its first table: in any other file
      // this has no effect, but is a write that waits for other writers.
      if (version !== 'current') connection.pragma('auto_vacuum = INCREMENTAL');
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = NORMAL');
      // Only if it is missing, because this is a write as well.
      if (owner !== APPLICATION_ID) connection.pragma(`application_id = ${APPLICATION_ID}`);
      if (version !== 'current') bringUpToDate(orm, connection, path, folder);
      if (options.owner !== undefined) readWhatAStartNeeds(connection);
    }
    guardConnection(connection, path, (problem) => options.onProblem?.(problem));
    return { connection, orm, lock: lock.held };
  } catch (error) {
    connection.close();
    throw openingProblem(path, readonly, error);
  }
}

/** If several processes open an old file at once, one migrates it and the others find the result. */
function bringUpToDate(orm: Orm, connection: SqliteConnection, path: string, folder: string): void {
  try {
    migrate(orm, { migrationsFolder: folder });
  } catch (error) {
    if (checkVersion(connection, path, folder) !== 'current') throw error;
  }
}

/** Prevents an older version from writing to tables that it does not know. */
function checkNobodyOwns(path: string): void {
  const owner = ownerOf(realPathOf(path));
  if (owner !== undefined && owner.pid !== process.pid)
    throw new HistoryError(
      'owned',
      `history ${path} was made by an older version of Tapedeck, and a feed is using it (process ${owner.pid}): stop that feed first, so that the file can be migrated`,
    );
}

/**
 * Reads every row of the small tables that serving and recording need, so that damage in them is found here, where
 * the file can still be moved aside, and does not make the start fail.
 */
function readWhatAStartNeeds(connection: SqliteConnection): void {
  for (const table of START_TABLES) {
    for (const _ of connection.prepare(`select * from ${table}`).iterate());
  }
}

/** The root cause of an error from SQLite or the query builder. */
function openingProblem(path: string, readonly: boolean, error: unknown): HistoryError {
  const what = `cannot open history ${path}`;
  // A full disk ends the transaction, so its rollback fails, and the query builder reports only that failure.
  const isFull =
    !readonly &&
    !isMachineError(error) &&
    path !== ':memory:' &&
    freeBytes(path) < LEAST_FREE_BYTES;
  if (isFull) return new HistoryError('disk-full', `${what}: the disk is full`, error);
  const problem = asHistoryError(error, what);
  if (problem.kind !== 'read-only' || path === ':memory:') return problem;
  try {
    const mode = readonly ? constants.R_OK : constants.R_OK | constants.W_OK;
    accessSync(existsSync(path) ? path : dirname(path), mode);
    return problem;
  } catch (denied) {
    return asHistoryError(denied, what);
  }
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}

/** Refuses a database of another program, which a migration would harm. Reading the schema also detects damage. */
function checkOwner(connection: SqliteConnection, path: string): unknown {
  const tables = connection.prepare('select count(*) from sqlite_master').pluck().get();
  if (tables === 0 && connection.readonly)
    throw new HistoryError('missing', `there is no history in ${path}: the file is empty`);
  const owner = connection.pragma('application_id', { simple: true });
  if (tables !== 0 && owner !== APPLICATION_ID)
    throw new HistoryError(
      'foreign',
      `${path} is a SQLite database of another program. It was left unchanged`,
    );
  return owner;
}

function checkVersion(
  connection: SqliteConnection,
  path: string,
  folder: string,
): 'new' | 'old' | 'current' {
  const known = readMigrationFiles({ migrationsFolder: folder }).at(-1)?.folderMillis ?? 0;
  const table = connection
    .prepare("select 1 from sqlite_master where name = '__drizzle_migrations'")
    .get();
  if (table === undefined) return 'new';
  const applied = connection
    .prepare('select max(created_at) from __drizzle_migrations')
    .pluck()
    .get();
  if (Number(applied) > known)
    throw new HistoryError(
      'newer',
      `${path} was made by a newer version of Tapedeck; this one would damage it: upgrade, or use another file`,
    );
  // Another process may have created only the table so far.
  if (Number(applied) === 0) return 'new';
  return Number(applied) < known ? 'old' : 'current';
}
