/*
 * Whether the opened file is still the one at its path (H7). SQLite keeps reading and writing a file that was removed
 * or replaced, and everything written to it is lost when the process ends.
 */
import { accessSync, constants, existsSync, renameSync, rmSync, statSync } from 'node:fs';

import { realPathOf } from './database-file.ts';
import type { SqliteConnection } from './database.ts';
import { inodeOf } from './history-lock.ts';

/** What can be wrong with a file in use. */
export type FileFault = {
  readonly state: 'removed' | 'replaced' | 'damaged' | 'read-only';
  readonly message: string;
};

/** Companion files that SQLite keeps while the database is open. */
const SIBLINGS = ['-wal', '-shm'] as const;
const WRITABLE = 0o222;
/** Reading the last row of these tables reads the page that a recorder writes next. */
const GROWING = ['session', 'segment', 'trade', 'headline'] as const;

export class FileStanding {
  readonly #path: string;
  readonly #connection: SqliteConnection;
  readonly #inode: string | undefined;
  readonly #siblings: readonly (readonly [path: string, inode: string | undefined])[];

  /** Call right after the file was opened. */
  constructor(path: string, connection: SqliteConnection) {
    this.#path = realPathOf(path);
    this.#connection = connection;
    this.#inode = inodeOf(this.#path);
    this.#siblings = SIBLINGS.map((suffix) => {
      const sibling = this.#path + suffix;
      return [sibling, inodeOf(sibling)] as const;
    });
  }

  /** Whether commits reach the file at the path. Takes some microseconds. */
  get holds(): boolean {
    return this.#moved() === undefined;
  }

  /** The current problem of the file, if any. @throws HistoryError if SQLite cannot read it. */
  fault(): FileFault | undefined {
    return this.#moved() ?? this.#shortened() ?? this.#closedToWriters();
  }

  /**
   * Runs `close`, after which SQLite removes its companion files by name, and protects those that another process has
   * put there since. If another file is now at the path, SQLite leaves this file's WAL behind and would apply it to
   * that file; this removes it.
   */
  closing(close: () => void): void {
    const others = this.#siblings
      .filter(([path, inode]) => existsSync(path) && inodeOf(path) !== inode)
      .map(([path]) => [path, `${path}.kept`] as const);
    for (const [path, kept] of others) renameSync(path, kept);
    try {
      close();
    } finally {
      for (const [path, kept] of others) renameSync(kept, path);
    }
    if (inodeOf(this.#path) === this.#inode) return;
    for (const [path, inode] of this.#siblings) {
      if (inode !== undefined && inodeOf(path) === inode) rmSync(path);
    }
  }

  #moved(): FileFault | undefined {
    const path = this.#path;
    const inode = inodeOf(path);
    if (inode === undefined)
      return { state: 'removed', message: `history ${path} was removed while it was in use` };
    if (inode !== this.#inode)
      return {
        state: 'replaced',
        message: `history ${path} was replaced by another file while it was in use`,
      };
    const lost = this.#siblings.find(([sibling, own]) => inodeOf(sibling) !== own);
    if (lost === undefined) return undefined;
    return {
      state: 'removed',
      message: `${lost[0]}, a part of history ${path}, was removed or replaced while it was in use`,
    };
  }

  /** Pages missing from the file must be in the WAL, whose size limits their number. */
  #shortened(): FileFault | undefined {
    const pages = Number(this.#connection.pragma('page_count', { simple: true }));
    const pageBytes = Number(this.#connection.pragma('page_size', { simple: true }));
    for (const table of GROWING)
      this.#connection.prepare(`select * from ${table} order by rowid desc limit 1`).get();
    const size = sizeOf(this.#path);
    if (size > 0 && size + sizeOf(`${this.#path}-wal`) >= pages * pageBytes) return undefined;
    return {
      state: 'damaged',
      message: `history ${this.#path} was cut short: ${size} of ${pages * pageBytes} bytes are left`,
    };
  }

  #closedToWriters(): FileFault | undefined {
    const isClosed = (): boolean => {
      try {
        accessSync(this.#path, constants.W_OK);
        // Root may write everywhere, so the file's mode decides.
        return (statSync(this.#path).mode & WRITABLE) === 0;
      } catch {
        return true;
      }
    };
    if (!isClosed()) return undefined;
    return {
      state: 'read-only',
      message: `history ${this.#path} was made read-only: the running feed can still write it, the next start cannot`,
    };
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
