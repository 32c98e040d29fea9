import type { EpochMs } from '@tapedeck/market/number/level';

import type { SqliteConnection } from '../database/database.ts';
import { KeyframePromotion } from '../segment/keyframe-promotion.ts';
import type { SegmentRow } from '../segment/segment-reader.ts';

/** Retention limits; both apply if both are given. */
export type RetentionLimits = {
  readonly ageMs?: number | undefined;
  readonly bytes?: number | undefined;
};

/** What one step deleted from a market; its writer must be informed if it is still being recorded. */
export type Forgotten = {
  readonly session: string;
  readonly symbol: string;
  readonly firstTime: EpochMs;
  readonly deltas: number;
  readonly trades: number;
  readonly segments: number;
};

type MarketRow = {
  readonly key: number;
  readonly session: string;
  readonly symbol: string;
  readonly firstTime: EpochMs;
  readonly lastTime: EpochMs;
};

/** Maximum deleted per step: about ten milliseconds of work in a small transaction. */
const STEP_SEGMENTS = 64;
const STEP_TRADES = 2_000;
const STEP_PAGES = 64;
/** The byte limit never deletes data newer than this: a file full of imports must not displace the recording. */
const NEVER_YOUNGER_MS = 600_000;
const MINUTE_MS = 60_000;

/**
 * Deletes old or excess data in small steps (H4): segments, trades and states, but not candles and their session.
 * Cuts at whole minutes, so that a candle has either all of its trades or none. Imports are kept, because the user
 * imported old data on purpose.
 */
export class Retention {
  readonly #connection: SqliteConnection;
  readonly #limits: RetentionLimits;
  readonly #oldest;
  readonly #segments;
  readonly #trades;
  readonly #deleteSegment;
  readonly #deleteTrade;
  readonly #deleteStates;
  readonly #mark;
  readonly #segmentAfter;
  readonly #promotion: KeyframePromotion;

  constructor(connection: SqliteConnection, limits: RetentionLimits) {
    this.#connection = connection;
    this.#limits = limits;
    this.#promotion = new KeyframePromotion(connection);
    // A segment without a hash is still growing, and its writer needs the row.
    this.#oldest = connection.prepare<{ before: number }, MarketRow>(
      `select ss.id as key, ss.session, ss.symbol, ss.first_time as firstTime, ss.last_time as lastTime
       from session_symbol ss join session on session.id = ss.session
       where session.fingerprint is null and session.state <> 'importing' and ss.first_time < @before
         and (exists (select 1 from segment where session_symbol = ss.id and start_time < @before
             and end_time < @before and (hash is not null or session.state = 'closed'))
           or exists (select 1 from trade where session_symbol = ss.id and event_time < @before))
       order by ss.first_time limit 1`,
    );
    this.#segments = connection.prepare<
      { key: number; before: number; limit: number },
      Pick<SegmentRow, 'id' | 'start_time'> & { readonly count: number }
    >(
      `select segment.id, start_time, segment.count from segment
       join session_symbol ss on ss.id = session_symbol join session on session.id = ss.session
       where session_symbol = @key and start_time < @before and end_time < @before
         and (hash is not null or session.state = 'closed')
       order by start_time, segment.id limit @limit`,
    );
    this.#trades = connection
      .prepare<[number, number, number], number>(
        `select id from trade where session_symbol = ? and event_time < ? order by event_time limit ?`,
      )
      .pluck();
    this.#deleteSegment = connection.prepare('delete from segment where id = ?');
    this.#deleteTrade = connection.prepare('delete from trade where id = ?');
    // Keep the last change before the cut, which gives the state at the cut.
    this.#deleteStates = connection.prepare<{ key: number; before: number; limit: number }>(
      `delete from market_state where id in (
         select id from market_state where session_symbol = @key and (time, id) < (
           select time, id from market_state where session_symbol = @key and time < @before
           order by time desc, id desc limit 1)
         order by time, id limit @limit)`,
    );
    this.#mark = connection.prepare(
      `update session_symbol set first_time = ?, deltas = max(0, deltas - ?), trades = max(0, trades - ?),
         messages = json_replace(json_set(messages, '$.retainedFrom', ?),
           '$.segments', json_extract(messages, '$.segments') - ?) where id = ?`,
    );
    this.#segmentAfter = connection
      .prepare<[number, number], number>(
        `select start_time from segment where session_symbol = ?
         order by start_time, id limit 1 offset ?`,
      )
      .pluck();
  }

  /** Runs one small step, which also returns pages to the disk; undefined if there is nothing to delete. */
  step(now: EpochMs): Forgotten | undefined {
    const due = this.#dueByAge(now) ?? this.#dueByBytes(now);
    if (due === undefined) return undefined;
    const [market, before] = due;
    const forgotten = this.#connection.transaction(() => this.#forget(market, before)).immediate();
    this.#connection.pragma(`incremental_vacuum(${STEP_PAGES})`);
    return forgotten;
  }

  /** Bytes in use in the file. */
  get usedBytes(): number {
    const number = (name: string): number =>
      Number(this.#connection.pragma(name, { simple: true }) ?? 0);
    return (number('page_count') - number('freelist_count')) * number('page_size');
  }

  #dueByAge(now: EpochMs): readonly [MarketRow, EpochMs] | undefined {
    const { ageMs } = this.#limits;
    if (ageMs === undefined) return undefined;
    const before = floorMinute(now - ageMs);
    const market = this.#oldest.get({ before });
    return market && [market, before];
  }

  #dueByBytes(now: EpochMs): readonly [MarketRow, EpochMs] | undefined {
    const { bytes } = this.#limits;
    if (bytes === undefined || this.usedBytes <= bytes) return undefined;
    const latest = floorMinute(now - NEVER_YOUNGER_MS);
    const market = this.#oldest.get({ before: latest });
    if (market === undefined) return undefined;
    const after = this.#segmentAfter.get(market.key, STEP_SEGMENTS) ?? market.lastTime;
    return [market, Math.min(latest, floorMinute(after) + MINUTE_MS)];
  }

  #forget(market: MarketRow, before: EpochMs): Forgotten {
    const segments = this.#segments.all({ key: market.key, before, limit: STEP_SEGMENTS });
    const last = segments.at(-1);
    if (last !== undefined) this.#promotion.prepare(market, last);
    for (const { id } of segments) this.#deleteSegment.run(id);
    const trades = this.#trades.all(market.key, before, STEP_TRADES);
    for (const id of trades) this.#deleteTrade.run(id);
    // A minute has at most a few hundred, and every step deletes more than that.
    this.#deleteStates.run({ key: market.key, before, limit: STEP_TRADES });
    const deltas = segments.reduce((sum, segment) => sum + segment.count, 0);
    // Advance the range only when everything before it is deleted, so that the next step finds the market again.
    const isDone = segments.length < STEP_SEGMENTS && trades.length < STEP_TRADES;
    const firstTime = isDone ? Math.min(before, market.lastTime) : market.firstTime;
    this.#mark.run(firstTime, deltas, trades.length, before, segments.length, market.key);
    const { session, symbol } = market;
    return {
      session,
      symbol,
      firstTime,
      deltas,
      trades: trades.length,
      segments: segments.length,
    };
  }
}

function floorMinute(time: EpochMs): EpochMs {
  return Math.floor(time / MINUTE_MS) * MINUTE_MS;
}
