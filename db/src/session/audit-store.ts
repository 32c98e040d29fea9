import type { SqliteConnection } from '../database/database.ts';
import type { SessionStore } from './session-store.ts';

/** The venue's own best bid and ask as of the delta `sequence`. */
export type BookCheck = {
  readonly sequence: number;
  readonly bidTicks: number;
  readonly bidLots: number;
  readonly askTicks: number;
  readonly askLots: number;
};

/** Audit points of imported books. */
export class AuditStore {
  readonly #sessions: SessionStore;
  readonly #read;

  constructor(connection: SqliteConnection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#read = connection.prepare<[number], BookCheck>(
      `select sequence, bid_ticks as bidTicks, bid_lots as bidLots, ask_ticks as askTicks, ask_lots as askLots
       from book_check where session_symbol = ? order by sequence`,
    );
  }

  /** All audit points of a market in a session, by sequence. The connection is busy until the iteration ends. */
  *checks(session: string, symbol: string): Generator<BookCheck> {
    const market = this.#sessions.market(session, symbol);
    if (market !== undefined) yield* this.#read.all(market.key);
  }
}
