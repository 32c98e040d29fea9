/** What went wrong with the history file, as far as a caller can act on it. */
export type HistoryErrorKind =
  | 'read-only'
  | 'disk-full'
  | 'busy'
  | 'corrupt'
  /** One row; the file around it is sound. */
  | 'damaged-row'
  | 'foreign'
  | 'newer'
  | 'missing'
  | 'bad-data'
  | 'taken'
  | 'owned'
  | 'io';

/** The one error of this package: says what was tried, on which file, and what the machine answered (`cause`). */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly kind: HistoryErrorKind;

  constructor(kind: HistoryErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }

  /** True when trying again later may help: the disk may be cleared, the lock released. */
  get temporary(): boolean {
    return this.kind === 'busy' || this.kind === 'disk-full' || this.kind === 'io';
  }
}

const KINDS: readonly (readonly [prefix: string, kind: HistoryErrorKind, text: string])[] = [
  ['SQLITE_FULL', 'disk-full', 'the disk is full'],
  ['ENOSPC', 'disk-full', 'the disk is full'],
  ['SQLITE_CONSTRAINT_UNIQUE', 'taken', 'another process made the same at the same time'],
  ['SQLITE_BUSY', 'busy', 'another process holds the lock'],
  ['SQLITE_LOCKED', 'busy', 'another connection holds the lock'],
  ['SQLITE_READONLY', 'read-only', 'the file or its folder is read-only'],
  ['SQLITE_CANTOPEN', 'read-only', 'the file cannot be opened or made there'],
  ['SQLITE_PERM', 'read-only', 'permission denied'],
  ['EACCES', 'read-only', 'permission denied'],
  ['EPERM', 'read-only', 'permission denied'],
  ['EROFS', 'read-only', 'the file system is read-only'],
  ['ENOTDIR', 'read-only', 'a part of the path is not a folder'],
  ['EEXIST', 'read-only', 'a part of the path is not a folder'],
  ['ENOENT', 'read-only', 'no folder can be made there'],
  ['SQLITE_NOTADB', 'corrupt', 'it is not a SQLite database'],
  ['SQLITE_CORRUPT', 'corrupt', 'the database is damaged'],
  ['SQLITE_IOERR', 'io', 'the disk answered with an error'],
];

/** True for what the disk or SQLite answered, false for a fault of the program. */
export function isMachineError(error: unknown): boolean {
  const code = codeOf(error);
  return historyErrorIn(error) !== undefined || KINDS.some(([prefix]) => code.startsWith(prefix));
}

/** The error of this package that something is, or was caused by: the query builder wraps what it is thrown. */
export function historyErrorIn(error: unknown): HistoryError | undefined {
  if (error instanceof HistoryError) return error;
  return error instanceof Error ? historyErrorIn(error.cause) : undefined;
}

/** True for what the driver itself throws, of a database that it cannot read or write, or that is closed. */
export function isDriverError(error: unknown): boolean {
  if (error instanceof TypeError) return error.message === 'The database connection is not open';
  return codeOf(error).startsWith('SQLITE_');
}

/** What `read` gives, or something else where the history cannot be read: for those who can go on without it. */
export function unlessUnreadable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (historyErrorIn(error) === undefined) throw error;
    return otherwise;
  }
}

/** Wraps whatever the driver or the file system threw; `what` says what was tried: `cannot write history X`. */
export function asHistoryError(error: unknown, what: string): HistoryError {
  const told = historyErrorIn(error);
  if (told !== undefined) return told;
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  // Of text in a row SQLite has no code of its own.
  const isText = code === 'SQLITE_ERROR' && detail.includes('malformed JSON');
  const known = KINDS.find(([prefix]) => (isText ? 'SQLITE_CORRUPT' : code).startsWith(prefix));
  if (known === undefined) return new HistoryError('io', `${what}: ${detail}`, error);
  const answer = detail.startsWith(code) ? detail : `${code}: ${detail}`;
  return new HistoryError(known[1], `${what}: ${known[2]} (${answer})`, error);
}

/** Of the error, or of what caused it: the query builder wraps those of the driver. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}
