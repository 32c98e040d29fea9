/*
 * Whether the file that was opened is still the one at its path (H7). SQLite goes on reading and writing a file that
 * was removed or replaced, and everything that it is told is gone with the process.
 */
import { accessSync, constants, existsSync, renameSync, rmSync, statSync } from 'node:fs';

import { realPathOf } from './database-file.ts';
import type { Connection } from './database.ts';
import { inodeOf } from './history-lock.ts';

/** What can be wrong with a file that is in use, in a word. */
export type FileFault = {
  readonly state: 'removed' | 'replaced' | 'damaged' | 'read-only';
  readonly message: string;
};

/** What SQLite keeps beside it for as long as somebody has it open. */
const SIBLINGS = ['-wal', '-shm'] as const;
const WRITABLE = 0o222;
/** Where rows are added, one look at the last row meets the page that a recorder writes next. */
const GROWING = ['session', 'segment', 'trade', 'headline'] as const;

export class FileStanding {
  readonly #path: string;
  readonly #connection: Connection;
  readonly #inode: string | undefined;
  readonly #siblings: readonly (readonly [path: string, inode: string | undefined])[];

  /** Of a file that was just opened. */
  constructor(path: string, connection: Connection) {
    this.#path = realPathOf(path);
    this.#connection = connection;
    this.#inode = inodeOf(this.#path);
    this.#siblings = SIBLINGS.map((suffix) => {
      const sibling = this.#path + suffix;
      return [sibling, inodeOf(sibling)] as const;
    });
  }

  /** True while what is committed is in the file that stands at the path. Some microseconds. */
  get holds(): boolean {
    return this.#moved() === undefined;
  }

  /** What is wrong with the file now, if anything. @throws HistoryError where SQLite cannot read it. */
  fault(): FileFault | undefined {
    return this.#moved() ?? this.#shortened() ?? this.#closedToWriters();
  }

  /**
   * Runs `close`, after which SQLite removes what stands beside the file, by name: what was put there since belongs to
   * somebody else, and stays. Beside a file that is not this one any more SQLite leaves it, and would read this one's WAL
   * into that one.
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

  /** What is not in the file is in the WAL, which cannot hold more pages than it has bytes for. */
  #shortened(): FileFault | undefined {
    const pages = Number(this.#connection.pragma('page_count', { simple: true }));
    const pageBytes = Number(this.#connection.pragma('page_size', { simple: true }));
    for (const table of GROWING)
      this.#connection.prepare(`select * from ${table} order by rowid desc limit 1`).get();
    const size = sizeOf(this.#path);
    if (size > 0 && size + sizeOf(`${this.#path}-wal`) >= pages * pageBytes) return undefined;
    return {
      state: 'damaged',
      message: `history ${this.#path} was cut short: ${size} bytes are there of ${pages * pageBytes}`,
    };
  }

  #closedToWriters(): FileFault | undefined {
    const isClosed = (): boolean => {
      try {
        accessSync(this.#path, constants.W_OK);
        // For the super-user, who may write everywhere, the wish counts.
        return (statSync(this.#path).mode & WRITABLE) === 0;
      } catch {
        return true;
      }
    };
    if (!isClosed()) return undefined;
    return {
      state: 'read-only',
      message: `history ${this.#path} was made read-only: what is open still writes, the next start cannot`,
    };
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
