import { existsSync } from 'node:fs';

import { BookStore } from './book/book-store.ts';
import { SilhouetteStore } from './book/silhouette-store.ts';
import { StateStore } from './book/state-store.ts';
import { setAside } from './database/database-file.ts';
import {
  type SqliteConnection,
  type DatabaseOptions,
  openDatabase,
  type OpenedDatabase,
} from './database/database.ts';
import { FileStanding } from './database/file-standing.ts';
import { asHistoryError, HistoryError } from './database/history-error.ts';
import type { HistoryLock } from './database/history-lock.ts';
import { AlertStore } from './event/alert-store.ts';
import { EventStore } from './event/event-store.ts';
import { HeadlineImpacts } from './event/headline-impact.ts';
import { AuditStore } from './session/audit-store.ts';
import { InstrumentStore } from './session/instrument-store.ts';
import { SessionStore } from './session/session-store.ts';
import { SourceStore } from './session/source-store.ts';
import { CandleStore } from './tape/candle-store.ts';
import { TradeStore } from './tape/trade-store.ts';
import { VenueCandleStore } from './tape/venue-candles.ts';

/** The stores of an open file. */
type Stores = Readonly<ReturnType<typeof storesOf>>;

/**
 * One history file: all recorded and imported data, by session and symbol, in order. All calls are synchronous; reads
 * see the last committed state and never wait for a writer (WAL).
 *
 * @example
 * const history = openHistory('data/tapedeck.db');
 * const recorded = history.books.at('BTCUSDT@binance', 1_723_161_300_000);
 */
export class History {
  readonly path: string;
  readonly #options: DatabaseOptions;
  readonly #lock: HistoryLock | undefined;
  #setAside: string | undefined;
  #stores: Stores | undefined;
  /** Why no file is open. */
  #closed: HistoryError | undefined;

  constructor(path: string, options: DatabaseOptions) {
    this.path = path;
    this.#options = options;
    const database = openDatabase(path, options);
    this.#lock = database.lock;
    this.#setAside = database.setAside;
    this.#stores = storesOf(path, database);
  }

  /** Where a damaged file was moved to before this one was created in its place. */
  get setAside(): string | undefined {
    return this.#setAside;
  }
  /** Undefined if this process does not own the file. */
  get lock(): HistoryLock | undefined {
    return this.#lock;
  }
  /** For writers (`SessionWriter`, benchmarks) that prepare their own statements. */
  get connection(): SqliteConnection {
    return this.#open.connection;
  }
  get instruments(): InstrumentStore {
    return this.#open.instruments;
  }
  get sessions(): SessionStore {
    return this.#open.sessions;
  }
  get books(): BookStore {
    return this.#open.books;
  }
  get trades(): TradeStore {
    return this.#open.trades;
  }
  get candles(): CandleStore {
    return this.#open.candles;
  }
  get venueCandles(): VenueCandleStore {
    return this.#open.venueCandles;
  }
  get events(): EventStore {
    return this.#open.events;
  }
  get alerts(): AlertStore {
    return this.#open.alerts;
  }
  get sources(): SourceStore {
    return this.#open.sources;
  }
  get audits(): AuditStore {
    return this.#open.audits;
  }
  get impacts(): HeadlineImpacts {
    return this.#open.impacts;
  }
  get silhouettes(): SilhouetteStore {
    return this.#open.silhouettes;
  }
  get states(): StateStore {
    return this.#open.states;
  }

  /** Checks that the file is still the opened one. @throws HistoryError if none is open, or it cannot be read. */
  get standing(): FileStanding {
    return this.#open.standing;
  }

  /**
   * Closes the file and opens the one now at its path, under the same lock, after the file was removed, replaced, or
   * lost a companion file. With `damage` the file is moved aside first. If this fails, every call throws the reason
   * until the next attempt. Nothing else in this process may write the file meanwhile.
   * @throws HistoryError
   */
  reopen(damage?: HistoryError): void {
    try {
      this.#letGo();
      if (this.#lock?.holds === false) this.#lock.retake();
      // Only once: if a later step fails, the next attempt must not move the file again.
      const isThere = existsSync(this.path);
      this.#setAside = damage && isThere ? setAside(this.path, 'always', damage) : undefined;
      // Do not move a file that another process has put there.
      const options = { ...this.#options, damaged: 'refuse' } as const;
      const database = openDatabase(this.path, options, this.#lock);
      this.#stores = storesOf(this.path, database);
    } catch (error) {
      this.#closed = asHistoryError(error, `cannot open history ${this.path} again`);
      throw this.#closed;
    }
  }

  /** Closes the file; the last writer merges the WAL into it. Idempotent. */
  close(): void {
    try {
      this.#letGo();
    } finally {
      this.#lock?.release();
    }
  }

  /** A response that is still being read in pieces keeps the file open; try again later. */
  #letGo(): void {
    const stores = this.#stores;
    if (stores === undefined) return;
    const { connection, standing } = stores;
    if (this.#lock === undefined || standing.holds) connection.close();
    else {
      try {
        // Merge the WAL into the file, even if the WAL's directory entry was removed.
        connection.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // The file itself is gone, so there is nothing to merge into.
      }
      standing.closing(() => connection.close());
    }
    this.#stores = undefined;
  }

  get #open(): Stores {
    if (this.#stores !== undefined) return this.#stores;
    throw this.#closed ?? new HistoryError('io', `history ${this.path} is closed`);
  }
}

function storesOf(path: string, { connection, orm }: OpenedDatabase) {
  const sessions = new SessionStore(orm);
  const books = new BookStore(connection, sessions);
  const trades = new TradeStore(connection, sessions);
  return {
    connection,
    standing: new FileStanding(path, connection),
    sessions,
    books,
    trades,
    instruments: new InstrumentStore(orm),
    candles: new CandleStore(connection, sessions, trades),
    venueCandles: new VenueCandleStore(connection),
    events: new EventStore(connection),
    alerts: new AlertStore(orm),
    sources: new SourceStore(orm),
    audits: new AuditStore(connection, sessions),
    impacts: new HeadlineImpacts(connection, sessions),
    silhouettes: new SilhouetteStore(connection, sessions, books),
    states: new StateStore(connection, sessions),
  } as const;
}

/**
 * Opens a history; creates and migrates it if needed. `:memory:` is not persistent.
 * @throws HistoryError: read-only folder, full disk, damaged, foreign or newer file, or a file owned by another feed.
 * A file that is not a database is left unchanged; a damaged one is moved aside if `damaged` allows it.
 */
export function openHistory(path: string, options: DatabaseOptions = {}): History {
  return new History(path, options);
}
