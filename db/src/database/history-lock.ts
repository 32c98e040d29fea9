/*
 * Ownership of a history file (H7). A feed owns its file while it runs, because two feeds would close each other's
 * sessions. Node has no flock, and a pid file survives a kill, but the system releases SQLite's locks with the
 * process. So the lock is a small database next to the history: the owner writes its name and keeps a write
 * transaction open. Another process cannot start one, but can read the name.
 *
 * While a lock or history file is in use, this process must open it only through SQLite: closing any descriptor of a
 * file drops all POSIX locks of the process on it.
 */
import { rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';

import Database from 'better-sqlite3';

import type { EpochMs } from '@tapedeck/market/number/level';

import { asHistoryError, HistoryError } from './history-error.ts';

/** The process that holds a history. */
export type HistoryOwner = {
  readonly pid: number;
  readonly host: string;
  /** When it acquired the lock. */
  readonly since: EpochMs;
};

type LockDatabase = Database.Database;

/** Acquiring the lock takes two transactions, and another process may be between them. */
const BUSY_TIMEOUT_MS = 250;

/** Path of the lock file of a history. */
export function lockPath(path: string): string {
  return `${path}.lock`;
}

export class HistoryLock {
  readonly #history: string;
  readonly #owner: HistoryOwner;
  #database: LockDatabase | undefined;
  #inode: string | undefined;

  private constructor(history: string, owner: HistoryOwner) {
    this.#history = history;
    this.#owner = owner;
    this.retake();
  }

  /**
   * @throws HistoryError `owned`, naming file, process and what to do; another kind if the lock cannot be created.
   */
  static take(history: string, now: EpochMs): HistoryLock {
    return new HistoryLock(history, { pid: process.pid, host: hostname(), since: now });
  }

  /** Whether the lock file is still the locked one: after it is removed, another feed can lock a new one. */
  get holds(): boolean {
    return this.#database !== undefined && inodeOf(lockPath(this.#history)) === this.#inode;
  }

  /** Locks again after the lock file was removed. @throws HistoryError `owned` if another process was quicker. */
  retake(): void {
    this.release();
    this.#database = taken(this.#history, this.#owner);
    this.#inode = inodeOf(lockPath(this.#history));
  }

  /** Idempotent. */
  release(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}

/** The process that holds a history; undefined if none does. */
export function ownerOf(path: string): HistoryOwner | undefined {
  if (inodeOf(lockPath(path)) === undefined) return undefined;
  let database: LockDatabase | undefined;
  try {
    database = opened(path);
    if (!begun(database)) return nameIn(database) ?? { pid: 0, host: '', since: 0 };
    database.exec('rollback');
    return undefined;
  } catch {
    // An unreadable lock file locks nothing.
    return undefined;
  } finally {
    database?.close();
  }
}

function taken(path: string, owner: HistoryOwner): LockDatabase {
  try {
    return held(path, owner);
  } catch (error) {
    const problem = asHistoryError(error, `cannot lock history ${path}`);
    if (problem.kind !== 'corrupt') throw problem;
    // It contains only a name, so a damaged one can be created again.
    rmSync(lockPath(path), { force: true });
    rmSync(`${lockPath(path)}-journal`, { force: true });
    return held(path, owner);
  }
}

function held(path: string, own: HistoryOwner): LockDatabase {
  const database = opened(path);
  try {
    for (;;) {
      if (!begun(database)) throw owned(path, nameIn(database));
      const name = nameIn(database);
      // The transaction stays open, as it is the lock.
      if (name?.pid === own.pid && name.host === own.host && name.since === own.since)
        return database;
      database.exec('create table if not exists owner (pid integer, host text, since integer)');
      database.exec('delete from owner');
      database.prepare('insert into owner values (@pid, @host, @since)').run(own);
      database.exec('commit');
    }
  } catch (error) {
    database.close();
    throw error;
  }
}

function opened(path: string): LockDatabase {
  const database = new Database(lockPath(path));
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return database;
}

/** False if another connection holds the write lock. */
function begun(database: LockDatabase): boolean {
  try {
    database.exec('begin immediate');
    return true;
  } catch (error) {
    if (asHistoryError(error, '').kind === 'busy') return false;
    throw error;
  }
}

function nameIn(database: LockDatabase): HistoryOwner | undefined {
  const table = database.prepare("select 1 from sqlite_master where name = 'owner'").get();
  if (table === undefined) return undefined;
  return database.prepare<[], HistoryOwner>('select pid, host, since from owner').get();
}

function owned(path: string, owner: HistoryOwner | undefined): HistoryError {
  const who =
    owner === undefined
      ? 'another feed'
      : `another feed: process ${owner.pid} on ${owner.host}, since ${new Date(owner.since).toISOString()}`;
  const stop = owner?.host === hostname() ? `stop it (kill ${owner.pid})` : 'stop it';
  return new HistoryError(
    'owned',
    `history ${path} is in use by ${who}. A history has one feed at a time: ${stop}, or give this one a file of its own (TAPEDECK_DB)`,
  );
}

/** Identity of the file at a path; undefined if there is none. */
export function inodeOf(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false, bigint: true });
  return status && `${status.dev}:${status.ino}`;
}
