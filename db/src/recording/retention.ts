import type { EpochMs } from '@tapedeck/market/number/level';

import type { Connection } from '../database/database.ts';
import { KeyframePromotion } from '../segment/keyframe-promotion.ts';
import type { SegmentRow } from '../segment/segment-reader.ts';

/** How much is kept of what was recorded: both limits where both are given. */
export type RetentionLimits = {
  readonly ageMs?: number | undefined;
  readonly bytes?: number | undefined;
};

/** What one step took from a market: its writer, if it is still being recorded, must know of it. */
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

/** A step deletes at most so much: some ten milliseconds of work, and a small transaction. */
const STEP_SEGMENTS = 64;
const STEP_TRADES = 2_000;
const STEP_PAGES = 64;
/** By bytes, this much is never deleted: a file full of imports must not eat what is being recorded. */
const NEVER_YOUNGER_MS = 600_000;
const MINUTE_MS = 60_000;

/**
 * Deletes what is too old, or too much, a little at a time (H4). Segments, trades and states go; candles stay, and so does the
 * session that they belong to. Cut at whole minutes, so that every candle either has all its trades or none. Imports are
 * kept: whoever imported an old night wants it.
 */
export class Retention {
  readonly #connection: Connection;
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

  constructor(connection: Connection, limits: RetentionLimits) {
    this.#connection = connection;
    this.#limits = limits;
    this.#promotion = new KeyframePromotion(connection);
    // A segment without a hash still grows: its writer would go on with a row that is gone.
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
    // The last change before the cut says where the market stood at it: that one stays.
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

  /** One small step; undefined when there is nothing to delete now. Gives pages back to the disk, too. */
  step(now: EpochMs): Forgotten | undefined {
    const due = this.#dueByAge(now) ?? this.#dueByBytes(now);
    if (due === undefined) return undefined;
    const [market, before] = due;
    const forgotten = this.#connection.transaction(() => this.#forget(market, before)).immediate();
    this.#connection.pragma(`incremental_vacuum(${STEP_PAGES})`);
    return forgotten;
  }

  /** Bytes of the file that hold something. */
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
    // A minute has at most some hundreds of them, and every step takes more.
    this.#deleteStates.run({ key: market.key, before, limit: STEP_TRADES });
    const deltas = segments.reduce((sum, segment) => sum + segment.count, 0);
    // The range moves on only when all of it is gone: until then the next step finds the market again.
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
