import type Database from 'better-sqlite3';

import { asHistoryError, type HistoryError, isDriverError } from './history-error.ts';

type Connection = Database.Database;
type Call = (...args: never[]) => unknown;
type Told = (problem: HistoryError) => unknown;

/** Who hears of a connection's problems. */
const listeners = new WeakMap<Connection, Told>();

/** For what is found in the rows of a connection, which SQLite itself is content with. */
export function tellOf(connection: Connection): Told {
  return listeners.get(connection) ?? (() => {});
}

/**
 * Makes whatever SQLite answers on a connection a `HistoryError`, on any path that a statement may be run from: a caller
 * that forgot to ask cannot turn a damaged page into a fault of the program. `tell` hears each of them.
 */
export function guardConnection(connection: Connection, path: string, tell: Told): void {
  // Whoever still reads of one that was closed has found no fault of the file.
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
      // `insert ... returning` reads, too.
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

/** Runs something of the driver's. */
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
