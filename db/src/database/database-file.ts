/*
 * Checks on a history file before SQLite opens it. A mistyped path must not destroy a file: anything that is not a
 * SQLite database, or belongs to another program, is refused and left unchanged. Only a feed moves its own damaged
 * history aside to start a new one, and it never overwrites a file.
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

/** SQLite's `application_id` of a history: 'TAPE' as a big-endian integer. */
export const APPLICATION_ID = 0x54_41_50_45;

/**
 * What to do with a damaged file. `refuse`: leave it unchanged. `where-ours`: move it to a free name if it is
 * recognisable as a history: by our id in its header, by SQLite's companion files, or by a feed's lock file.
 * `always`: move it, because only a history can be at that path.
 */
export type DamagedFile = 'refuse' | 'where-ours' | 'always';

const MAGIC = 'SQLite format 3\0';
/** Offset of `application_id` in the header of a SQLite file. */
const APPLICATION_ID_AT = 68;
const HEADER_BYTES = 100;
/** Companion files that SQLite leaves next to a database that was not closed. */
const SIBLINGS = ['-wal', '-shm', '-journal'] as const;

/** Whether this is a SQLite file. Opening it shows whether it is a history. */
export function isDatabaseFile(path: string): boolean {
  return hasMagic(headerOf(path));
}

/**
 * Creates the folder of a history to be written, and inspects an existing file without opening it: closing it again
 * would drop the POSIX locks of this process's other connections.
 * @throws HistoryError `foreign` if the path is not a file, `missing` if a reader finds none.
 */
export function prepareFile(path: string, readonly: boolean): void {
  if (existsSync(path)) {
    const status = statSync(path);
    if (status.isFile()) return;
    const what = status.isDirectory() ? 'a folder, not a file' : 'not a regular file';
    throw new HistoryError('foreign', `cannot open history ${path}: it is ${what}`);
  }
  if (readonly) throw new HistoryError('missing', `there is no history at ${path}`);
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw asHistoryError(error, `cannot create the folder of history ${path}`);
  }
}

/** The problem of a file that SQLite cannot read: not a database at all, or a damaged one. */
export function explainedDamage(
  path: string,
  damaged: DamagedFile,
  problem: HistoryError,
): HistoryError {
  const header = headerOf(path);
  if (header.length === 0 || hasMagic(header) || wasOurs(path, header, damaged)) return problem;
  return new HistoryError(
    'foreign',
    `${path} is not a history: it is not a SQLite database. It was left unchanged`,
    problem,
  );
}

/** The path of a file with all links resolved: SQLite puts companion files there, so the lock must be there too. */
export function realPathOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
}

/** Creates folders one by one, because Node's recursive call never returns if the system answers ENOENT. */
export function makeFolder(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (folder !== dirname(folder)) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have created it meanwhile.
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw error;
  }
}

/**
 * Moves a damaged history and its companion files to a free name, and returns that name.
 * @throws HistoryError, or `problem` itself if the file must not be moved.
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
      `${problem.message}; it could not be moved aside to ${target}`,
      error,
    );
  }
  return target;
}

function wasOurs(path: string, header: Buffer, damaged: DamagedFile): boolean {
  if (damaged === 'always' || SIBLINGS.some((suffix) => existsSync(path + suffix))) return true;
  // A lock file next to it shows that a feed has used the path (`history-lock.ts`), even if the file was replaced
  // since.
  if (damaged === 'where-ours' && existsSync(`${path}.lock`)) return true;
  return (
    header.length === HEADER_BYTES && header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
  );
}

function hasMagic(header: Buffer): boolean {
  return header.toString('latin1', 0, MAGIC.length) === MAGIC;
}

/** The first bytes of a file; empty if it cannot be read, as opening it will report that. */
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
