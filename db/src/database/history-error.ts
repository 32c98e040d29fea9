/** What is wrong with the history file, as far as a caller can act on it. */
export type HistoryErrorKind =
  | 'read-only'
  | 'disk-full'
  | 'busy'
  | 'corrupt'
  /** A single row; the rest of the file is sound. */
  | 'damaged-row'
  | 'foreign'
  | 'newer'
  | 'missing'
  | 'bad-data'
  | 'taken'
  | 'owned'
  | 'io';

/** The only error of this package. Names the operation and the file; `cause` is the error of driver or system. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly kind: HistoryErrorKind;

  constructor(kind: HistoryErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }

  /** Whether a retry may succeed: the disk may have space again, the lock may be released. */
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

/** True for an error of disk or SQLite, false for a fault of the program. */
export function isMachineError(error: unknown): boolean {
  const code = codeOf(error);
  return historyErrorIn(error) !== undefined || KINDS.some(([prefix]) => code.startsWith(prefix));
}

/** The `HistoryError` in an error's chain of causes, as the query builder wraps errors. */
export function historyErrorIn(error: unknown): HistoryError | undefined {
  if (error instanceof HistoryError) return error;
  return error instanceof Error ? historyErrorIn(error.cause) : undefined;
}

/** Whether the driver itself threw: the database is unreadable, unwritable or closed. */
export function isDriverError(error: unknown): boolean {
  if (error instanceof TypeError) return error.message === 'The database connection is not open';
  return codeOf(error).startsWith('SQLITE_');
}

/** The result of `read`, or a fallback if the history cannot be read, for callers that can do without. */
export function unlessUnreadable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (historyErrorIn(error) === undefined) throw error;
    return otherwise;
  }
}

/** Wraps an error of driver or file system; `what` describes the operation: `cannot write history X`. */
export function asHistoryError(error: unknown, what: string): HistoryError {
  const told = historyErrorIn(error);
  if (told !== undefined) return told;
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  // SQLite has no code for invalid text in a row.
  const isText = code === 'SQLITE_ERROR' && detail.includes('malformed JSON');
  const known = KINDS.find(([prefix]) => (isText ? 'SQLITE_CORRUPT' : code).startsWith(prefix));
  if (known === undefined) return new HistoryError('io', `${what}: ${detail}`, error);
  const answer = detail.startsWith(code) ? detail : `${code}: ${detail}`;
  return new HistoryError(known[1], `${what}: ${known[2]} (${answer})`, error);
}

/** The code of the error or of its cause, as the query builder wraps errors of the driver. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}
