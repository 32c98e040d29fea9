import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import { type RecordedState, rowAfter } from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';

import {
  type ClosedSegment,
  type DeltaNumbers,
  type DeltaVerdict,
  SegmentBuilder,
} from '../segment/segment-builder.ts';
import type { BookCheck } from '../session/audit-store.ts';
import { CandleRows } from '../tape/candle-rows.ts';
import type { StoredInterval } from '../tape/candle-store.ts';
import type { Forgotten } from './retention.ts';
import type { WriteStatements } from './write-statements.ts';

/** A segment has a few KiB, a row some tens of bytes. */
const ROWS_PER_SEGMENT = 100;

export type MarketWriterOptions = {
  /** The row of this market in its session. */
  readonly key: number;
  readonly instrument: Instrument;
  readonly statements: WriteStatements;
  /** Called with the time of the first event. */
  readonly onBegin: (time: EpochMs) => void;
  /** Whether the writer itself records when the book is crossed or locked (P15), because its caller does not. */
  readonly tellsCrossed: boolean;
};

/** One market of a session that is being written: its range and counts, and what waits for the next commit. */
export class MarketWriter {
  readonly instrument: Instrument;
  readonly #key: number;
  readonly #statements: WriteStatements;
  readonly #onBegin: (time: EpochMs) => void;
  readonly #builder: SegmentBuilder;
  readonly #candles: readonly CandleRows[];
  /** Segments that are complete, but not yet committed. */
  #closed: ClosedSegment[] = [];
  #trades: Trade[] = [];
  /** The same trades by time: built on the first look-up, dropped when they are written. */
  #tradesByTime: Map<EpochMs, Trade[]> | undefined;
  #checks: BookCheck[] = [];
  #states: RecordedState[] = [];
  #state: RecordedState | undefined;
  #sourceCandles: (readonly [CandleInterval, Candle])[] = [];
  #firstTime: EpochMs | undefined;
  #lastTime: EpochMs = 0;
  #deltaCount = 0;
  #tradeCount = 0;
  /** Committed segment rows. */
  #segmentCount = 0;
  #isDirty = false;

  constructor({ key, instrument, statements, onBegin, tellsCrossed }: MarketWriterOptions) {
    this.instrument = instrument;
    this.#key = key;
    this.#statements = statements;
    this.#onBegin = onBegin;
    this.#builder = new SegmentBuilder(
      tellsCrossed ? (time, crossed) => this.#crossed(time, crossed) : undefined,
    );
    const rows = (interval: StoredInterval): CandleRows =>
      new CandleRows(interval, (openTime) =>
        statements.loadCandle(key, INTERVAL_MS[interval], openTime),
      );
    this.#candles = [rows('1s'), rows('1m')];
  }

  /** Rows that wait for a commit; a segment counts as many rows. */
  get pending(): number {
    const segments = this.#closed.length + this.#builder.closedCount;
    const told = this.#checks.length + this.#states.length + this.#sourceCandles.length;
    return this.#trades.length + told + segments * ROWS_PER_SEGMENT;
  }

  /** Whether anything of this market was recorded. */
  get hasData(): boolean {
    return this.#firstTime !== undefined;
  }

  /** The recorded book as of the last event. Undefined after a gap, until the next snapshot. */
  book(): BookSnapshot | undefined {
    const book = this.#builder.book();
    return book && { ...book, eventTime: Math.max(book.eventTime, this.#lastTime) };
  }

  snapshot(snapshot: BookSnapshot): void {
    this.reach(snapshot.eventTime);
    this.#builder.snapshot(snapshot);
  }

  delta(delta: BookDelta): DeltaVerdict {
    return this.#counted(delta.eventTime, this.#builder.delta(delta));
  }

  deltaOf(head: Omit<BookDelta, 'bids' | 'asks'>, numbers: DeltaNumbers): DeltaVerdict {
    return this.#counted(head.eventTime, this.#builder.deltaOf(head, numbers));
  }

  trade(trade: Trade): void {
    this.reach(trade.eventTime);
    this.#trades.push(trade);
    if (this.#tradesByTime !== undefined) addByTime(this.#tradesByTime, trade);
    this.#tradeCount++;
    for (const rows of this.#candles) rows.add(trade);
  }

  /** The last recorded state; undefined if it has always been `ok`. */
  get state(): RecordedState | undefined {
    return this.#state;
  }

  /** Records a change of state. Rows are in order of time. */
  changeState(change: RecordedState): void {
    const state = { ...change, time: Math.max(change.time, this.#state?.time ?? 0) };
    this.#state = state;
    this.#states.push(state);
    // The range of a halted market still grows, but a state alone does not begin a market's range.
    if (this.#firstTime !== undefined && state.time > this.#lastTime) this.reach(state.time);
  }

  #crossed(time: EpochMs, crossed: boolean): void {
    this.changeState(rowAfter(this.#state, { time, state: 'ok', reason: 'crossed', crossed }));
  }

  /** Whether a trade with these values was recorded, whatever its sequence. */
  holdsTrade(trade: Omit<Trade, 'sequence'>): boolean {
    if (this.#tradesByTime === undefined) {
      this.#tradesByTime = new Map();
      for (const waiting of this.#trades) addByTime(this.#tradesByTime, waiting);
    }
    const isWaiting = this.#tradesByTime
      .get(trade.eventTime)
      ?.some(
        ({ priceTicks, sizeLots, aggressor }) =>
          priceTicks === trade.priceTicks &&
          sizeLots === trade.sizeLots &&
          aggressor === trade.aggressor,
      );
    return isWaiting === true || this.#statements.holdsTrade(this.#key, trade);
  }

  sourceCandle(interval: CandleInterval, candle: Candle): void {
    this.reach(candle.openTime);
    this.reach(candle.openTime + INTERVAL_MS[interval] - 1);
    this.#sourceCandles.push([interval, candle]);
  }

  check(check: BookCheck): void {
    this.#checks.push(check);
  }

  /** Extends the market's range to this time. */
  reach(time: EpochMs): void {
    this.#isDirty = true;
    this.#lastTime = Math.max(this.#lastTime, time);
    if (this.#firstTime === undefined) {
      this.#firstTime = time;
      this.#onBegin(time);
    } else if (time < this.#firstTime) this.#firstTime = time;
  }

  /** After a gap: deltas are refused until a snapshot. */
  breakOff(): void {
    this.#builder.breakOff();
  }

  /** Ends the growing segment. */
  cut(): void {
    this.#builder.cut();
  }

  /** Retention deleted the beginning: adjusts range and counts. */
  forget(forgotten: Forgotten): void {
    this.#firstTime = Math.max(this.#firstTime ?? 0, forgotten.firstTime);
    this.#deltaCount = Math.max(0, this.#deltaCount - forgotten.deltas);
    this.#tradeCount = Math.max(0, this.#tradeCount - forgotten.trades);
    this.#segmentCount = Math.max(0, this.#segmentCount - forgotten.segments);
    this.#builder.standAlone();
  }

  /**
   * Writes what waits, within the caller's transaction; with `partial` also the growing segment. Returns a function
   * to call after the commit: until then everything is kept, so that a failed commit can be retried.
   */
  write(partial: boolean): () => void {
    const [key, statements, builder] = [this.#key, this.#statements, this.#builder];
    this.#closed.push(...builder.takeClosed());
    let segmentCount = this.#segmentCount;
    let settle = (): void => {};
    for (const { rowId, image } of this.#closed) {
      if (rowId === undefined) segmentCount++;
      statements.segment(key, rowId, image);
    }
    const growing = partial ? builder.partial() : undefined;
    if (growing !== undefined) {
      if (growing.rowId === undefined) segmentCount++;
      const rowId = statements.segment(key, growing.rowId, growing.image);
      settle = () => growing.written(rowId);
    }
    statements.trades(key, this.#trades);
    for (const check of this.#checks) statements.check(key, check);
    for (const state of this.#states) statements.state(key, state);
    for (const [interval, candle] of this.#sourceCandles)
      statements.sourceCandle(key, INTERVAL_MS[interval], candle);
    for (const rows of this.#candles) {
      for (const candle of rows.changed())
        statements.candle(key, INTERVAL_MS[rows.interval], candle);
    }
    if (this.#isDirty || segmentCount !== this.#segmentCount)
      statements.market(key, {
        firstTime: this.#firstTime,
        lastTime: this.#lastTime,
        deltaCount: this.#deltaCount,
        tradeCount: this.#tradeCount,
        segmentCount,
        bookEnd: builder.end,
      });
    return () => {
      settle();
      this.#segmentCount = segmentCount;
      this.#written();
    };
  }

  #written(): void {
    this.#closed = [];
    this.#trades = [];
    this.#tradesByTime = undefined;
    this.#checks = [];
    this.#states = [];
    this.#sourceCandles = [];
    this.#isDirty = false;
    for (const rows of this.#candles) rows.markWritten();
  }

  #counted(eventTime: EpochMs, verdict: DeltaVerdict): DeltaVerdict {
    if (verdict === 'apply') {
      this.reach(eventTime);
      this.#deltaCount++;
    }
    return verdict;
  }
}

function addByTime(byTime: Map<EpochMs, Trade[]>, trade: Trade): void {
  const others = byTime.get(trade.eventTime);
  if (others === undefined) byTime.set(trade.eventTime, [trade]);
  else others.push(trade);
}
