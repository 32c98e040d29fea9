import type Database from 'better-sqlite3';

import { asHistoryError, type HistoryError, isDriverError } from './history-error.ts';

type Connection = Database.Database;
type Call = (...args: never[]) => unknown;
type Told = (problem: HistoryError) => unknown;

/** Receives the problems of a connection. */
const listeners = new WeakMap<Connection, Told>();

/** Reports damage found in rows that SQLite itself reads without an error. */
export function tellOf(connection: Connection): Told {
  return listeners.get(connection) ?? (() => {});
}

/**
 * Converts every SQLite error of a connection to a `HistoryError`, whichever way the statement runs, so that a caller
 * that forgets to handle it cannot turn a damaged page into a program fault. `tell` is called with each of them.
 */
export function guardConnection(connection: Connection, path: string, tell: Told): void {
  // Reading from a closed connection is not a fault of the file.
  const heard: Told = (problem) => connection.open && tell(problem);
  listeners.set(connection, heard);
  const reading = failing(`cannot read history ${path}`, heard);
  const writing = failing(`cannot write history ${path}`, heard);
  const prepare = connection.prepare.bind(connection);
  connection.prepare = ((source: string) => {
    const statement = reading(() => prepare(source));
    const iterate = statement.iterate.bind(statement);
    Object.assign(statement, {
      run: guarded(statement.run.bind(statement), writing),
      // `insert ... returning` reads as well.
      get: guarded(statement.get.bind(statement), reading),
      all: guarded(statement.all.bind(statement), reading),
      iterate: (...args: never[]) => stepped(() => iterate(...args), reading),
    });
    return statement;
  }) as Connection['prepare'];
  connection.exec = guarded(connection.exec.bind(connection), writing);
  connection.pragma = guarded(connection.pragma.bind(connection), reading);
  const transaction = connection.transaction.bind(connection);
  connection.transaction = ((work: Call) => {
    const made = transaction(work as (...args: unknown[]) => unknown);
    const begun = guarded(made, writing);
    return Object.assign(begun, {
      deferred: guarded((...args: never[]) => made.deferred(...args), writing),
      immediate: guarded((...args: never[]) => made.immediate(...args), writing),
      exclusive: guarded((...args: never[]) => made.exclusive(...args), writing),
    });
  }) as Connection['transaction'];
}

/** Runs a call of the driver. */
type Runner = <T>(work: () => T) => T;

function failing(what: string, tell: Told): Runner {
  return (work) => {
    try {
      return work();
    } catch (error) {
      if (!isDriverError(error)) throw error;
      const problem = asHistoryError(error, what);
      tell(problem);
      throw problem;
    }
  };
}

function guarded<T extends (...args: never[]) => unknown>(call: T, run: Runner): T {
  return ((...args: never[]) => run(() => call(...args))) as T;
}

function* stepped<T>(begin: () => Iterator<T>, run: Runner): Generator<T> {
  const rows = run(begin);
  try {
    for (;;) {
      const row = run(() => rows.next());
      if (row.done === true) return;
      yield row.value;
    }
  } finally {
    rows.return?.();
  }
}
