import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import type { Grid } from '@tapedeck/market/grid/grid';
import type { Instrument, MarketState, StateReason } from '@tapedeck/market/instrument/instrument';
import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Candle, CandleInterval } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { CandleBoard } from './candle-board.ts';
import { LifeSigns } from './life-signs.ts';
import { MarketTime } from './market-time.ts';
import { Ring } from './ring.ts';

/** Trades kept in memory for new subscribers and short resumes (P17). */
export const TRADE_RING = 2_000;

/**
 * Candles older than those an engine has seen itself: of one of the two stored intervals, or of any interval if a
 * source sent only candles, with `from <= openTime < to`, oldest first, rounded to the nearest steps of the market's
 * current grid.
 */
export type OlderCandles = (
  symbol: string,
  interval: CandleInterval,
  from: EpochMs,
  to: EpochMs,
  grid: Grid,
) => readonly Candle[];

/** One symbol: its book, newest trades, candles, state, and counts of what went wrong. Owned by the engine. */
export class SymbolMarket {
  readonly book = new OrderBook();
  readonly trades = new Ring<Trade>(TRADE_RING);
  readonly candles: CandleBoard;
  /** Of its source, by this process's clock. */
  readonly signs = new LifeSigns();
  /** Of the live market; a replay has its own clock. */
  readonly time = new MarketTime();
  #instrument: Instrument;
  #epoch: string;
  #tapeEpoch: string;
  /** Its grid has changed; the tape of the old grid continues until the reset that follows. */
  #hasNewGrid = false;
  #tradeSequence = 0;
  #tradesFrom = 0;
  #state: MarketState = 'syncing';
  #reason: StateReason = 'restart';
  #since: EpochMs;
  #stateTime: EpochMs | undefined;
  #ready = false;
  #crossed = 0;
  #crossedSince: EpochMs | undefined;
  #recordedCrossedSince: EpochMs | undefined;
  #gaps = 0;
  #lastEventTime: EpochMs = 0;
  #lastReceiveTime: EpochMs = 0;
  #heardAt: MonotonicMs | undefined;
  #deltas = 0;
  #tradeCount = 0;

  constructor(instrument: Instrument, epoch: string, now: EpochMs, history: OlderCandles) {
    this.#instrument = instrument;
    this.#epoch = epoch;
    this.#tapeEpoch = epoch;
    this.#since = now;
    this.candles = new CandleBoard(instrument, (interval, from, to) =>
      history(this.#instrument.symbol, interval, from, to, this.#instrument),
    );
  }

  get instrument(): Instrument {
    return this.#instrument;
  }
  get symbol(): string {
    return this.#instrument.symbol;
  }
  /** Epoch of its book. */
  get epoch(): string {
    return this.#epoch;
  }
  /** Epoch of its tape, which survives a hole in the book (P13c): the epoch in which the tape began. */
  get tapeEpoch(): string {
    return this.#tapeEpoch;
  }
  get state(): MarketState {
    return this.#state;
  }
  get reason(): StateReason {
    return this.#reason;
  }
  /** Since when it is in this state. */
  get since(): EpochMs {
    return this.#since;
  }
  /** The market's own time of that change, if its source gave one. */
  get stateTime(): EpochMs | undefined {
    return this.#stateTime;
  }
  /** Whether there has been a book since the last reset. */
  get ready(): boolean {
    return this.#ready;
  }
  /** Number of the last trade. */
  get tradeSequence(): number {
    return this.#tradeSequence;
  }
  /**
   * The tape of this epoch starts after this number: earlier ones are from a previous epoch, with an unknown hole
   * between.
   */
  get tradesFrom(): number {
    return this.#tradesFrom;
  }

  /** Market time of the newest event of any kind; 0 before the first. */
  get lastEventTime(): EpochMs {
    return this.#lastEventTime;
  }
  get lastReceiveTime(): EpochMs {
    return this.#lastReceiveTime;
  }
  /** When its source was last heard: silence is measured from here. Undefined before that. */
  get heardAt(): MonotonicMs | undefined {
    return this.#heardAt;
  }
  /** Whether bid and ask touch or overlap (P15). */
  get isCrossed(): boolean {
    return this.book.crossed || this.book.locked;
  }
  /** Since when they do, by the time at which the feed received the change; undefined while they do not. */
  get crossedSince(): EpochMs | undefined {
    return this.#crossedSince;
  }
  /** How often the book became crossed or locked (P15). */
  get crossedCount(): number {
    return this.#crossed;
  }
  /** Gaps and resets of the source. */
  get gapCount(): number {
    return this.#gaps;
  }
  /** Book changes since the start, for rates. */
  get deltaCount(): number {
    return this.#deltas;
  }
  /** Trades since the start, for rates. */
  get tradeCount(): number {
    return this.#tradeCount;
  }

  /** If the steps differ, a `reset` must follow. */
  changeInstrument(instrument: Instrument): void {
    const before = this.#instrument;
    this.#instrument = instrument;
    if (isWrittenAlike(before, instrument)) return;
    this.#hasNewGrid = true;
    this.candles.regrid(instrument);
  }

  applySnapshot(snapshot: BookSnapshot): void {
    this.book.applySnapshot(snapshot);
    this.#ready = true;
    this.#seen(snapshot.eventTime, snapshot.receiveTime);
    this.#countCrossed();
  }

  applyDelta(delta: BookDelta): void {
    this.book.applyDelta(delta);
    this.#deltas++;
    this.#seen(delta.eventTime, delta.receiveTime);
    this.#countCrossed();
  }

  addTrade(trade: Trade): void {
    this.#tradeSequence = trade.sequence;
    this.#tradeCount++;
    this.trades.push(trade);
    this.candles.add(trade);
    this.#seen(trade.eventTime, this.#lastReceiveTime);
  }

  /** A candle of its source is closed (a replay of candles only). */
  tellCandle(end: EpochMs, close: number): void {
    this.candles.tell({ end, close });
    this.#seen(end, this.#lastReceiveTime);
  }

  /** Its source is alive, though nothing has changed. */
  heard(now: EpochMs): void {
    this.#seen(0, now);
  }

  /** A sign of life of its source, of any kind. */
  sign(at: MonotonicMs): void {
    this.#heardAt = at;
    this.signs.sign(at);
  }

  /** How long ago its source was heard, if that proves it alive (P20b). */
  heardMs(now: MonotonicMs): number | undefined {
    const ageMs = this.#state === 'ok' ? this.signs.ageAt(now) : undefined;
    return ageMs === undefined ? undefined : Math.floor(ageMs);
  }

  setState(state: MarketState, reason: StateReason, now: EpochMs, eventTime?: EpochMs): void {
    if (state === 'stale' && this.#state !== 'stale') this.#gaps++;
    this.#state = state;
    this.#reason = reason;
    this.#since = now;
    this.#stateTime = eventTime;
  }

  /**
   * The book restarts. A hole in a book is not a hole in the trades: tape, candles and 24 hours continue, except
   * after a seek, a change of grid, or the end of the market (P13c).
   */
  reset(epoch: string, reason: StateReason, now: EpochMs): void {
    this.#epoch = epoch;
    this.book.clear();
    if (reason === 'seek' || reason === 'restart' || this.#hasNewGrid) this.#beginTape(reason);
    this.#ready = false;
    this.#crossedSince = undefined;
    this.#recordedCrossedSince = undefined;
    this.#state = 'syncing';
    this.#reason = reason;
    this.#since = now;
    this.#stateTime = undefined;
    if (reason === 'upstream-gap' || reason === 'upstream-reset') this.#gaps++;
  }

  /** Before its first trade: numbers continue those of a previous run. */
  countTradesFrom(sequence: number): void {
    this.#tradeSequence = sequence;
    this.#tradesFrom = sequence;
  }

  /** After a replay's seek: the trades before that moment and the number of the last one. */
  restoreTrades(trades: readonly Trade[]): void {
    this.trades.clear();
    for (const trade of trades) this.trades.push(trade);
    this.#tradeSequence = this.trades.last?.sequence ?? 0;
  }

  /** After a replay's seek: nothing later than its last trade has happened, until its book says so. */
  rewind(): void {
    this.#lastEventTime = this.trades.last?.eventTime ?? 0;
    this.#lastReceiveTime = 0;
    this.#heardAt = undefined;
  }

  /** Trades are never undone: only a seek drops candles. */
  #beginTape(reason: StateReason): void {
    this.#tapeEpoch = this.#epoch;
    this.trades.clear();
    if (reason === 'seek') this.candles.clear();
    // A new grid is another recorded session, which numbers trades from the start.
    if (reason === 'seek' || this.#hasNewGrid) this.#tradeSequence = 0;
    this.#tradesFrom = this.#tradeSequence;
    this.#hasNewGrid = false;
  }

  /** Since when the book is recorded as crossed: after a seek a replay has no earlier changes. */
  crossedFrom({ crossedSince }: RecordedState): void {
    this.#recordedCrossedSince = crossedSince;
    if (this.#crossedSince !== undefined) this.#crossedSince = crossedSince ?? this.#crossedSince;
  }

  #seen(eventTime: EpochMs, receiveTime: EpochMs): void {
    if (eventTime > this.#lastEventTime) this.#lastEventTime = eventTime;
    if (receiveTime > this.#lastReceiveTime) this.#lastReceiveTime = receiveTime;
  }

  #countCrossed(): void {
    if (!this.isCrossed) this.#crossedSince = undefined;
    else if (this.#crossedSince === undefined) {
      this.#crossedSince = this.#recordedCrossedSince ?? this.book.receiveTime;
      this.#crossed++;
    }
  }
}
