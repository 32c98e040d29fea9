import type { EpochMs } from '@tapedeck/market/number/level';

import type { SqliteConnection } from '../database/database.ts';
import type { SessionStore } from '../session/session-store.ts';
import type { BookStore } from './book-store.ts';

/** A summary of a session in buckets of equal length from `from` on, for a scrubber. */
export type SessionSilhouette = {
  readonly from: EpochMs;
  readonly bucketMs: number;
  /** Headlines per bucket. */
  readonly news: readonly number[];
  readonly markets: readonly MarketSilhouette[];
};

export type MarketSilhouette = {
  readonly symbol: string;
  /** Lots traded per bucket. */
  readonly volume: readonly number[];
  /** Spread in ticks at the middle of each period of `spreadMs`; null if there was no book, or a gap. */
  readonly spread: readonly (number | null)[];
  readonly spreadMs: number;
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Maximum number of books rebuilt for all curves together, because each costs a seek. */
const MAX_SPREADS = 40;
/** Minimum number of points of a curve. */
const LEAST_SPREADS = 8;

/** Summaries of whole sessions, from the cheapest rows for the requested width. */
export class SilhouetteStore {
  readonly #sessions: SessionStore;
  readonly #books: BookStore;
  readonly #volume;
  readonly #news;

  constructor(connection: SqliteConnection, sessions: SessionStore, books: BookStore) {
    this.#sessions = sessions;
    this.#books = books;
    this.#volume = connection.prepare<Buckets & { key: number; intervalMs: number }, BucketRow>(
      `select cast((open_time - @from) / @bucketMs as integer) as bucket, sum(volume) as value from candle
       where session_symbol = @key and interval_ms = @intervalMs
       and open_time >= @from - @intervalMs and open_time <= @to group by bucket`,
    );
    this.#news = connection.prepare<Buckets & { session: string }, BucketRow>(
      `select cast((time - @from) / @bucketMs as integer) as bucket, count(*) as value from headline
       where session = @session and time >= @from and time <= @to group by bucket`,
    );
  }

  /**
   * Draws some of a session's markets in at most `points` buckets of whole seconds. Yields after each query and each
   * book (some milliseconds of work), so that the caller can let other work run.
   */
  *draw(
    session: string,
    symbols: readonly string[],
    range: { readonly from: EpochMs; readonly to: EpochMs },
    points: number,
  ): Generator<void, SessionSilhouette> {
    const bucketing = bucketsOf(range, points);
    const { from, bucketMs, count } = bucketing;
    const spreads = Math.max(LEAST_SPREADS, Math.floor(MAX_SPREADS / Math.max(1, symbols.length)));
    const news = spreadOut(count, this.#news.all({ ...bucketing, session }));
    const markets: MarketSilhouette[] = [];
    for (const symbol of symbols) {
      const volume = this.#volumeOf(session, symbol, bucketing);
      yield;
      markets.push({
        symbol,
        volume,
        ...(yield* this.#spreadsOf(session, symbol, bucketing, spreads)),
      });
    }
    return { from, bucketMs, news, markets };
  }

  /** Only the volumes; yields after each market. */
  *volumes(
    session: string,
    symbols: readonly string[],
    range: { readonly from: EpochMs; readonly to: EpochMs },
    points: number,
  ): Generator<
    void,
    { readonly bucketMs: number; readonly volume: Readonly<Record<string, readonly number[]>> }
  > {
    const bucketing = bucketsOf(range, points);
    const volume: Record<string, readonly number[]> = {};
    for (const symbol of symbols) {
      volume[symbol] = this.#volumeOf(session, symbol, bucketing);
      yield;
    }
    return { bucketMs: bucketing.bucketMs, volume };
  }

  #volumeOf(session: string, symbol: string, bucketing: Buckets): readonly number[] {
    const key = this.#sessions.market(session, symbol)?.key ?? -1;
    // Minute rows if no bucket is narrower: a sixtieth of the rows, and a blur of half a minute that is not visible.
    const intervalMs = bucketing.bucketMs >= 2 * MINUTE_MS ? MINUTE_MS : SECOND_MS;
    return spreadOut(bucketing.count, this.#volume.all({ ...bucketing, key, intervalMs }));
  }

  *#spreadsOf(
    session: string,
    symbol: string,
    { from, to, count }: Buckets,
    most: number,
  ): Generator<void, Pick<MarketSilhouette, 'spread' | 'spreadMs'>> {
    const spreads = Math.min(most, count);
    const spreadMs = Math.ceil((to - from + 1) / spreads);
    const spread: (number | null)[] = [];
    for (let i = 0; i < spreads; i++) {
      spread.push(this.#spreadAt(session, symbol, from + Math.floor((i + 0.5) * spreadMs)));
      yield;
    }
    return { spread, spreadMs };
  }

  #spreadAt(session: string, symbol: string, at: EpochMs): number | null {
    const recorded = this.#books.at(symbol, at, session);
    const bid = recorded?.book.bids[0]?.[0];
    const ask = recorded?.book.asks[0]?.[0];
    if (recorded?.gap !== undefined || bid === undefined || ask === undefined) return null;
    return ask - bid;
  }
}

type Buckets = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly bucketMs: number;
  readonly count: number;
};
type BucketRow = { readonly bucket: number; readonly value: number };

function bucketsOf(
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  points: number,
): Buckets {
  const bucketMs = Math.max(1, Math.ceil((to - from + 1) / SECOND_MS / points)) * SECOND_MS;
  return { from, to, bucketMs, count: Math.ceil((to - from + 1) / bucketMs) };
}

/** A candle that started just before the session counts in its first bucket. */
function spreadOut(count: number, rows: readonly BucketRow[]): readonly number[] {
  const values = new Array<number>(count).fill(0);
  for (const { bucket, value } of rows) {
    const at = Math.min(count - 1, Math.max(0, bucket));
    values[at] = (values[at] ?? 0) + value;
  }
  return values;
}
