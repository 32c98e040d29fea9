/*
 * What may be done to a file that a history is wanted of, before SQLite looks at it. A mistyped path must cost nobody a
 * file: what is not a SQLite database is refused and left as it is, and so is a database of another program. Only a feed
 * moves a damaged history of its own out of the way, to begin another one, and overwrites nothing.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { asHistoryError, HistoryError } from './history-error.ts';

/** 'TAPE' as a big-endian integer: SQLite's `application_id`, which tells our files from other programs'. */
export const APPLICATION_ID = 0x54_41_50_45;

/**
 * What becomes of a file that is damaged. `refuse`: it is left as it is. `where-ours`: it is moved to a free name where it
 * shows that it was a history: our mark in its header, or what SQLite leaves beside it. `always`: the place is one where
 * nothing but a history can be.
 */
export type DamagedFile = 'refuse' | 'where-ours' | 'always';

const MAGIC = 'SQLite format 3\0';
/** Where the header of a SQLite file has its `application_id`. */
const APPLICATION_ID_AT = 68;
const HEADER_BYTES = 100;
/** What SQLite leaves beside a database that was not closed. */
const SIBLINGS = ['-wal', '-shm', '-journal'] as const;

/** True for a SQLite file; whether it is one of ours is told when it is opened. */
export function isDatabaseFile(path: string): boolean {
  return hasMagic(headerOf(path));
}

/**
 * Makes the folder of a history that is to be written, and looks at what is there, without opening it: closing it again
 * would take away the locks by which other connections of this process hold it.
 * @throws HistoryError `foreign` for what is no file, `missing` for a reader of nothing.
 */
export function prepareFile(path: string, readonly: boolean): void {
  if (existsSync(path)) {
    const status = statSync(path);
    if (status.isFile()) return;
    const what = status.isDirectory() ? 'a folder, not a file' : 'no regular file';
    throw new HistoryError('foreign', `cannot open history ${path}: it is ${what}`);
  }
  if (readonly) throw new HistoryError('missing', `there is no history at ${path}`);
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw asHistoryError(error, `cannot make the folder of history ${path}`);
  }
}

/** The problem of a file that SQLite cannot read: where it was never a database it is none that is damaged. */
export function explainedDamage(
  path: string,
  damaged: DamagedFile,
  problem: HistoryError,
): HistoryError {
  const header = headerOf(path);
  if (header.length === 0 || hasMagic(header) || wasOurs(path, header, damaged)) return problem;
  return new HistoryError(
    'foreign',
    `${path} is no history: it is not a SQLite database; it was left as it is`,
    problem,
  );
}

/** Where a file is whatever links lead to it: SQLite puts what belongs to it there, and so must a lock. */
export function realPathOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
}

/** One by one: the recursive call of Node never returns where the system says that there is no such place. */
export function makeFolder(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (folder !== dirname(folder)) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw error;
  }
}

/**
 * Moves a damaged history and what belongs to it out of the way, to a name that is free, which it returns.
 * @throws HistoryError, the `problem` itself where the file is not to be moved.
 */
export function setAside(path: string, damaged: DamagedFile, problem: HistoryError): string {
  if (damaged === 'refuse' || !wasOurs(path, headerOf(path), damaged)) throw problem;
  let target = '';
  for (let n = 1; target === '' || existsSync(target); n++) target = `${path}.damaged-${n}`;
  try {
    renameSync(path, target);
    for (const suffix of SIBLINGS) {
      if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
    }
  } catch (error) {
    throw new HistoryError(
      'corrupt',
      `${problem.message}; it could not be set aside as ${target}`,
      error,
    );
  }
  return target;
}

function wasOurs(path: string, header: Buffer, damaged: DamagedFile): boolean {
  if (damaged === 'always' || SIBLINGS.some((suffix) => existsSync(path + suffix))) return true;
  // The lock stays beside a file that a feed has used (`history-lock.ts`), whoever put another one in its place.
  if (damaged === 'where-ours' && existsSync(`${path}.lock`)) return true;
  return (
    header.length === HEADER_BYTES && header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
  );
}

function hasMagic(header: Buffer): boolean {
  return header.toString('latin1', 0, MAGIC.length) === MAGIC;
}

/** The beginning of a file; empty where it cannot be read, which whoever opens it tells. */
function headerOf(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0));
  } catch {
    return Buffer.alloc(0);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
