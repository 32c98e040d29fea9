import { AlertStore } from './alert-store.ts';
import { AuditStore } from './audit-store.ts';
import { BookStore } from './book-store.ts';
import { CandleStore } from './candle-store.ts';
import {
  type Connection,
  type DatabaseOptions,
  openDatabase,
  type OpenedDatabase,
} from './database.ts';
import { EventStore } from './event-store.ts';
import { HeadlineImpacts } from './headline-impact.ts';
import { InstrumentStore } from './instrument-store.ts';
import { SessionStore } from './session-store.ts';
import { SilhouetteStore } from './silhouette-store.ts';
import { TradeStore } from './trade-store.ts';

/**
 * One history file: everything that was recorded or imported, by session and symbol, always in order. All calls are
 * synchronous; reads take the last committed state and never wait for a writer (WAL).
 *
 * @example
 * const history = openHistory('data/tapedeck.db');
 * const recorded = history.books.at('BTCUSDT@binance', 1_723_161_300_000);
 */
export class History {
  readonly path: string;
  /** Where a damaged file was moved to when this one was opened in its place. */
  readonly setAside: string | undefined;
  /** For writers (`SessionWriter`, benchmarks) that prepare their own statements. */
  readonly connection: Connection;
  readonly instruments: InstrumentStore;
  readonly sessions: SessionStore;
  readonly books: BookStore;
  readonly trades: TradeStore;
  readonly candles: CandleStore;
  readonly events: EventStore;
  readonly alerts: AlertStore;
  readonly audits: AuditStore;
  readonly impacts: HeadlineImpacts;
  readonly silhouettes: SilhouetteStore;

  constructor(path: string, database: OpenedDatabase) {
    const { connection, orm, setAside } = database;
    this.path = path;
    this.setAside = setAside;
    this.connection = connection;
    this.instruments = new InstrumentStore(orm);
    this.sessions = new SessionStore(orm);
    this.books = new BookStore(connection, this.sessions);
    this.trades = new TradeStore(connection, this.sessions);
    this.candles = new CandleStore(connection, this.sessions, this.trades);
    this.events = new EventStore(connection);
    this.alerts = new AlertStore(orm);
    this.audits = new AuditStore(connection, this.sessions);
    this.impacts = new HeadlineImpacts(connection, this.sessions);
    this.silhouettes = new SilhouetteStore(connection, this.sessions, this.books);
  }

  /** Closes the file; the last writer folds the WAL back into it. Idempotent. */
  close(): void {
    this.connection.close();
  }
}

/**
 * Opens a history, makes and migrates it where needed. `:memory:` keeps nothing.
 * @throws HistoryError: read-only folder, full disk, damaged, foreign or newer file. What is not a database is left as it is; a
 * damaged one is set aside where `damaged` says so.
 */
export function openHistory(path: string, options: DatabaseOptions = {}): History {
  return new History(path, openDatabase(path, options));
}
