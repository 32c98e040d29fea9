/*
 * Joins a live candle stream to a fetched history without a hole and without a double (P18).
 *
 * The history ends with a candle that holds the trades up to `asOfSequence`; the stream begins with the forming candle
 * of the moment of subscribing. A candle that was forming in the history and is followed by a newer one without having
 * been closed in between is a hole, and so is a first candle that begins after the trade that follows `asOfSequence`:
 * the history is then fetched again. A new epoch or a new connection is one too.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { CandleBatch } from '../model/deck-port.ts';
import type { CandleUpdate } from '../model/view-model.ts';

/** What the join needs of `GET /v1/candles`. */
export type CandleHistory = {
  readonly candles: readonly { readonly openTime: EpochMs; readonly state: 'forming' | 'closed' }[];
  readonly asOfSequence: number;
  readonly epoch: string;
};

/** How much is kept while the history is on its way; more than an hour of one-second candles is fetched again. */
const MAX_WAITING = 4_096;

/** What a chart is told: updates in order of their open times, or that it has to fetch its history again. */
export type JoinResult = { readonly reset: boolean; readonly updates: readonly CandleUpdate[] };

export class CandleJoin {
  #epoch: string | undefined;
  #asOfSequence = -1;
  #last: { readonly openTime: EpochMs; readonly isClosed: boolean } | undefined;
  #hasBatch = false;
  #isSeeded = false;
  /** Nothing of the stream was joined to this history yet. */
  #isFirst = true;
  #waiting: CandleUpdate[] = [];
  /** Updates that were behind the chart's newest candle and were left out; a figure for `/status`. */
  #dropped = 0;

  get isSeeded(): boolean {
    return this.#isSeeded;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** The history that the chart now shows; gives what arrived meanwhile and is newer. */
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

  /** Takes what came; before the first seed it is kept for it. */
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

  /** The replay was sought: nothing before it counts. */
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

  /** Trades are numbered without holes: a first new candle holds the trade after those of the history, or one is missing. */
  #skips({ sequence, trades }: CandleUpdate): boolean {
    return this.#isFirst && this.#asOfSequence >= 0 && sequence - trades > this.#asOfSequence;
  }
}

/** The end of a candle that the history still had as forming counts, even when no trade came after the history. */
function closes(
  update: CandleUpdate,
  last: { readonly openTime: EpochMs; readonly isClosed: boolean },
): boolean {
  return update.openTime === last.openTime && update.state === 'closed' && !last.isClosed;
}
