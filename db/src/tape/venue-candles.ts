/* Which buckets a live venue's own candles fill, from before this feed recorded the market (V14). */
import type { EpochMs } from '@tapedeck/market/number/level';
import { type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';

import type { SqliteConnection } from '../database/database.ts';

/** How fingerprints of their sessions begin. */
export const VENUE_CANDLES = 'venue-candles:';

type Row = { readonly intervalMs: number; readonly openTime: EpochMs };

export class VenueCandleStore {
  readonly #markets;
  readonly #rows;
  readonly #recorded;

  constructor(connection: SqliteConnection) {
    this.#markets = connection.prepare<[string, string], { readonly key: number }>(
      `select session_symbol.id as key from session_symbol
       join session on session.id = session_symbol.session
       where symbol = ? and substr(fingerprint, 1, ${VENUE_CANDLES.length}) = ? and state = 'closed'`,
    );
    this.#rows = connection.prepare<[number, number, number], Row>(
      `select interval_ms as intervalMs, open_time as openTime from candle
       where session_symbol = ? and open_time >= ? and open_time < ?`,
    );
    this.#recorded = connection.prepare<[string, ...number[]], object>(
      `select 1 from candle join session_symbol on session_symbol.id = candle.session_symbol
       where symbol = ? and session_symbol.id <> ? and interval_ms in (60000, ?)
       and open_time >= ? and open_time < ? limit 1`,
    );
  }

  /** Open times of the candles of `interval` within `from <= openTime < to` that are, in part at least, the venue's. */
  openTimes(
    symbol: string,
    interval: CandleInterval,
    from: EpochMs,
    to: EpochMs,
  ): ReadonlySet<EpochMs> {
    const length = INTERVAL_MS[interval];
    const found = new Set<EpochMs>();
    for (const { key } of this.#markets.all(symbol, VENUE_CANDLES)) {
      for (const { intervalMs, openTime } of this.#rows.all(key, from, to)) {
        const bucket = openTime - (openTime % length);
        if (length % intervalMs !== 0 || found.has(bucket)) continue;
        // What was recorded or imported of the same bucket is used instead.
        const end = openTime + intervalMs;
        if (this.#recorded.get(symbol, key, intervalMs, openTime, end) === undefined)
          found.add(bucket);
      }
    }
    return found;
  }

  /** Whether there are any. */
  has(symbol: string): boolean {
    return this.#markets.get(symbol, VENUE_CANDLES) !== undefined;
  }
}
