/*
 * Joins a live candle stream to a fetched history, with neither a gap nor a duplicate (P18).
 *
 * The history ends with a candle of the trades up to `asOfSequence`; the stream begins with the candle that was
 * forming at the subscription. It is a gap if a candle that was forming in the history is followed by a newer one
 * without having been closed, or if the first candle begins after the trade that follows `asOfSequence`. On a gap, a
 * new epoch or a new connection the history is fetched again.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { CandleBatch } from '../model/deck-port.ts';
import type { CandleUpdate } from '../model/view-model.ts';

/** What the join needs from `GET /v1/candles`. */
export type CandleHistory = {
  readonly candles: readonly { readonly openTime: EpochMs; readonly state: 'forming' | 'closed' }[];
  readonly asOfSequence: number;
  readonly epoch: string;
};

/** Updates kept while the history is in flight; beyond an hour of one-second candles it is fetched again. */
const MAX_WAITING = 4_096;

/** The result for the chart: updates in order of their open times, or that it must fetch its history again. */
export type JoinResult = { readonly reset: boolean; readonly updates: readonly CandleUpdate[] };

export class CandleJoin {
  #epoch: string | undefined;
  #asOfSequence = -1;
  #last: { readonly openTime: EpochMs; readonly isClosed: boolean } | undefined;
  #hasBatch = false;
  #isSeeded = false;
  /** No update has been joined to this history yet. */
  #isFirst = true;
  #waiting: CandleUpdate[] = [];
  /** Updates left out because they were older than the chart's newest candle. */
  #dropped = 0;

  get isSeeded(): boolean {
    return this.#isSeeded;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Sets the history that the chart now shows; returns the newer updates that arrived meanwhile. */
  seed(history: CandleHistory): JoinResult {
    const last = history.candles.at(-1);
    this.#isSeeded = true;
    this.#isFirst = true;
    this.#asOfSequence =
      this.#epoch === undefined || history.epoch === this.#epoch ? history.asOfSequence : -1;
    this.#last =
      last === undefined
        ? undefined
        : { openTime: last.openTime, isClosed: last.state === 'closed' };
    const waiting = this.#waiting;
    this.#waiting = [];
    return this.#join(waiting);
  }

  /** Takes a batch; before the first seed its updates are kept. */
  add(batch: CandleBatch): JoinResult {
    const isOther =
      batch.epoch !== undefined && this.#epoch !== undefined && batch.epoch !== this.#epoch;
    this.#epoch = batch.epoch ?? this.#epoch;
    const isFirstBatch = !this.#hasBatch;
    this.#hasBatch = true;
    if ((batch.restart || isOther) && !isFirstBatch) {
      this.#epoch = batch.epoch;
      this.#isSeeded = false;
      this.#waiting = [...batch.updates];
      return { reset: true, updates: [] };
    }
    if (!this.#isSeeded) {
      this.#waiting.push(...batch.updates);
      if (this.#waiting.length > MAX_WAITING) this.#waiting = this.#waiting.slice(-MAX_WAITING);
      return { reset: false, updates: [] };
    }
    return this.#join(batch.updates);
  }

  /** A seek: updates from before it no longer apply. */
  reset(): void {
    this.#isSeeded = false;
    this.#waiting = [];
    this.#last = undefined;
  }

  #join(updates: readonly CandleUpdate[]): JoinResult {
    const joined: CandleUpdate[] = [];
    for (const update of updates) {
      const last = this.#last;
      const isKnown = last !== undefined && update.openTime <= last.openTime;
      const isOlder = last !== undefined && update.openTime < last.openTime;
      if (isOlder || (isKnown && update.sequence <= this.#asOfSequence && !closes(update, last))) {
        this.#dropped++;
        continue;
      }
      if (!isKnown && ((last !== undefined && !last.isClosed) || this.#skips(update))) {
        this.#isSeeded = false;
        this.#waiting = updates.slice(updates.indexOf(update));
        return { reset: true, updates: [] };
      }
      this.#last = { openTime: update.openTime, isClosed: update.state === 'closed' };
      this.#isFirst = false;
      joined.push(update);
    }
    return { reset: false, updates: joined };
  }

  /** Trade sequences have no gaps: the first new candle starts right after the history, or a trade is missing. */
  #skips({ sequence, trades }: CandleUpdate): boolean {
    return this.#isFirst && this.#asOfSequence >= 0 && sequence - trades > this.#asOfSequence;
  }
}

/** The end of a candle still forming in the history is joined even if no trade came after the history. */
function closes(
  update: CandleUpdate,
  last: { readonly openTime: EpochMs; readonly isClosed: boolean },
): boolean {
  return update.openTime === last.openTime && update.state === 'closed' && !last.isClosed;
}
