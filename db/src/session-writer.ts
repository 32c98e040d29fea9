import type { BookDelta, BookSnapshot } from '@tapedeck/market/book-delta';
import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/candle';
import type { Instrument } from '@tapedeck/market/instrument';
import type { EpochMs } from '@tapedeck/market/level';
import type { Gap } from '@tapedeck/market/session';
import type { Trade } from '@tapedeck/market/trade';
import type { LoggedEvent } from '@tapedeck/market/wire/event';

import type { BookCheck } from './audit-store.ts';
import { CandleRows } from './candle-rows.ts';
import type { StoredInterval } from './candle-store.ts';
import { asHistoryError, HistoryError } from './history-error.ts';
import type { History } from './history.ts';
import type { BrokenOff } from './killed-sessions.ts';
import type { Forgotten } from './retention.ts';
import {
  type ClosedSegment,
  type DeltaNumbers,
  type DeltaVerdict,
  SegmentBuilder,
} from './segment-builder.ts';
import type { NewSession } from './session-store.ts';
import { WriteStatements } from './write-statements.ts';

/** What a writer remembers of one market of its session until it is committed. */
type MarketState = {
  readonly key: number;
  readonly instrument: Instrument;
  readonly builder: SegmentBuilder;
  readonly candles: readonly CandleRows[];
  /** Cut, not yet committed. */
  closed: ClosedSegment[];
  trades: Trade[];
  checks: BookCheck[];
  sourceCandles: (readonly [CandleInterval, Candle])[];
  firstTime: EpochMs | undefined;
  lastTime: EpochMs;
  deltaCount: number;
  tradeCount: number;
  /** Rows of segments that are committed. */
  segmentCount: number;
  dirty: boolean;
};

/** How a flush is done. */
export type FlushOptions = {
  /** Also writes the segments that still grow, so that a kill loses nothing older than this flush. */
  readonly partial: boolean;
  readonly now: EpochMs;
};

/** A segment has some KiB, a row some tens of bytes. */
const ROWS_PER_SEGMENT = 100;

/** A stop and start in order that leaves no longer a hole is none worth telling. */
const RESTART_MS = 5_000;

/**
 * Writes one session: numbered snapshots, deltas and trades per symbol become segments, rows and candles. Nothing
 * touches the disk before `flush`, which writes all of it in one transaction; where that fails, everything is kept
 * and the next flush tries again. The recorder's worker and the importer both write through it.
 */
export class SessionWriter {
  readonly id: string;
  readonly #history: History;
  readonly #statements: WriteStatements;
  readonly #markets = new Map<string, MarketState>();
  readonly #brokenOff: Map<string, BrokenOff>;
  #gaps: Gap[] = [];
  #events: LoggedEvent[] = [];

  private constructor(history: History, id: string, brokenOff: readonly BrokenOff[]) {
    this.id = id;
    this.#history = history;
    this.#statements = new WriteStatements(history.connection);
    this.#brokenOff = new Map();
    for (const end of brokenOff) {
      const known = this.#brokenOff.get(end.symbol);
      if (known === undefined || end.lastTime > known.lastTime)
        this.#brokenOff.set(end.symbol, end);
    }
  }

  /** Makes the session. `brokenOff` says where the feed before left its markets: those holes become `restart` gaps. */
  static begin(
    history: History,
    session: NewSession,
    brokenOff: readonly BrokenOff[] = [],
  ): SessionWriter {
    try {
      return new SessionWriter(history, history.sessions.create(session), brokenOff);
    } catch (error) {
      throw asHistoryError(error, `cannot begin a session in ${history.path}`);
    }
  }

  /** Rows that wait for a flush; a segment weighs as much as many. */
  get pending(): number {
    let sum = this.#gaps.length + this.#events.length;
    for (const market of this.#markets.values()) {
      sum += market.trades.length + market.checks.length + market.sourceCandles.length;
      sum += (market.closed.length + market.builder.closedCount) * ROWS_PER_SEGMENT;
    }
    return sum;
  }

  get symbols(): readonly string[] {
    return [...this.#markets.keys()];
  }

  /** The grids that hold for a symbol in this session. */
  instrument(symbol: string): Instrument | undefined {
    return this.#markets.get(symbol)?.instrument;
  }

  /**
   * First of all for a symbol. Twice with the same grids is harmless.
   * @throws HistoryError when the grids differ from what was recorded: that needs a session of its own (P13).
   */
  addInstrument(instrument: Instrument): void {
    const known = this.#markets.get(instrument.symbol);
    if (known !== undefined) {
      const { tickSize, lotSize } = known.instrument;
      if (tickSize === instrument.tickSize && lotSize === instrument.lotSize) return;
      throw new HistoryError(
        'bad-data',
        `${instrument.symbol} changed its grids from ${tickSize}/${lotSize} to ${instrument.tickSize}/${instrument.lotSize} within session ${this.id}`,
      );
    }
    const key = this.#history.sessions.addInstrument(this.id, instrument);
    const rows = (interval: StoredInterval): CandleRows =>
      new CandleRows(interval, (openTime) => this.#loadCandle(key, interval, openTime));
    this.#markets.set(instrument.symbol, {
      key,
      instrument,
      builder: new SegmentBuilder(),
      candles: [rows('1s'), rows('1m')],
      closed: [],
      trades: [],
      checks: [],
      sourceCandles: [],
      firstTime: undefined,
      lastTime: 0,
      deltaCount: 0,
      tradeCount: 0,
      segmentCount: 0,
      dirty: false,
    });
  }

  /** A full book: the first of a market, or a new beginning after a hole. */
  snapshot(symbol: string, snapshot: BookSnapshot): void {
    const market = this.#market(symbol);
    this.#stamp(market, snapshot.eventTime);
    market.builder.snapshot(snapshot);
  }

  /** A change of a full book. Only `apply` is recorded; after `gap` the market waits for a snapshot. */
  delta(symbol: string, delta: BookDelta): DeltaVerdict {
    const market = this.#market(symbol);
    return this.#counted(market, delta.eventTime, market.builder.delta(delta));
  }

  /** The same with the levels in an array of numbers. */
  deltaOf(
    symbol: string,
    head: Omit<BookDelta, 'bids' | 'asks'>,
    numbers: DeltaNumbers,
  ): DeltaVerdict {
    const market = this.#market(symbol);
    return this.#counted(market, head.eventTime, market.builder.deltaOf(head, numbers));
  }

  /**
   * Everything that was recorded of a book, to go on from in another session: its time is that of the market's last event,
   * so that the two sessions touch and do not overlap. Undefined where the chain is broken.
   */
  bookOf(symbol: string): BookSnapshot | undefined {
    const market = this.#market(symbol);
    const book = market.builder.book();
    return book && { ...book, eventTime: Math.max(book.eventTime, market.lastTime) };
  }

  trade(symbol: string, trade: Trade): void {
    const market = this.#market(symbol);
    this.#stamp(market, trade.eventTime);
    market.trades.push(trade);
    market.tradeCount++;
    for (const rows of market.candles) rows.add(trade);
  }

  /** A candle that the source itself made, of any interval, of a time whose trades are not recorded. */
  candle(symbol: string, interval: CandleInterval, candle: Candle): void {
    const market = this.#market(symbol);
    this.#stamp(market, candle.openTime);
    this.#stamp(market, candle.openTime + INTERVAL_MS[interval] - 1);
    market.sourceCandles.push([interval, candle]);
  }

  /** The venue's own best bid and ask as of a delta, kept for `verify`. */
  check(symbol: string, check: BookCheck): void {
    this.#market(symbol).checks.push(check);
  }

  /** The market was heard of at that time, though nothing of it is recorded: its range reaches there. */
  reach(symbol: string, time: EpochMs): void {
    this.#stamp(this.#market(symbol), time);
  }

  /** A known hole. A book gap also ends the chain of the market: deltas are refused until a snapshot. */
  gap(gap: Gap, breaksBook: boolean): void {
    this.#gaps.push(gap);
    if (breaksBook) this.#markets.get(gap.symbol)?.builder.breakOff();
  }

  /** Retention took the beginning of a market of this session: its range and counts go on from there. */
  forget(forgotten: Forgotten): void {
    const market = forgotten.session === this.id && this.#markets.get(forgotten.symbol);
    if (market === false || market === undefined) return;
    market.firstTime = Math.max(market.firstTime ?? 0, forgotten.firstTime);
    market.deltaCount = Math.max(0, market.deltaCount - forgotten.deltas);
    market.tradeCount = Math.max(0, market.tradeCount - forgotten.trades);
    market.segmentCount = Math.max(0, market.segmentCount - forgotten.segments);
    market.builder.standAlone();
  }

  event(event: LoggedEvent): void {
    this.#events.push(event);
  }

  /** Candles from before the recording began. Written at once: there may be a day of them. */
  backfill(symbol: string, interval: StoredInterval, candles: readonly Candle[]): number {
    this.#market(symbol);
    try {
      return this.#history.candles.backfill(this.id, symbol, interval, candles);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Commits everything. @throws HistoryError; nothing is lost then, and the next flush tries again. */
  flush(options: FlushOptions): void {
    const settle: (() => void)[] = [];
    try {
      this.#statements.immediate(() => {
        for (const market of this.#markets.values())
          this.#writeMarket(market, options.partial, settle);
        for (const gap of this.#gaps) this.#statements.gap(this.id, gap);
        for (const event of this.#events) this.#history.events.append(event, { session: this.id });
        this.#statements.touch(this.id, options.now);
      });
    } catch (error) {
      throw this.#failure(error);
    }
    for (const each of settle) each();
    for (const market of this.#markets.values()) {
      market.closed = [];
      market.trades = [];
      market.checks = [];
      market.sourceCandles = [];
      market.dirty = false;
      for (const rows of market.candles) rows.markWritten();
    }
    this.#gaps = [];
    this.#events = [];
  }

  /** Ends the session: everything is committed, and an import becomes visible. */
  close(now: EpochMs): void {
    for (const market of this.#markets.values()) market.builder.cut();
    this.flush({ partial: false, now });
    try {
      this.#history.sessions.close(this.id, now);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Leaves nothing of the session behind. */
  abort(): void {
    this.#history.sessions.delete(this.id);
  }

  #counted(market: MarketState, eventTime: EpochMs, verdict: DeltaVerdict): DeltaVerdict {
    if (verdict === 'apply') {
      this.#stamp(market, eventTime);
      market.deltaCount++;
    }
    return verdict;
  }

  #market(symbol: string): MarketState {
    const market = this.#markets.get(symbol);
    if (market === undefined)
      throw new HistoryError('bad-data', `${symbol} was not added to session ${this.id}`);
    return market;
  }

  #stamp(market: MarketState, time: EpochMs): void {
    market.dirty = true;
    market.lastTime = Math.max(market.lastTime, time);
    if (market.firstTime === undefined) {
      market.firstTime = time;
      const { symbol } = market.instrument;
      const end = this.#brokenOff.get(symbol);
      const isBrief = end?.wasKilled === false && time - end.lastTime < RESTART_MS;
      if (end !== undefined && end.lastTime < time && !isBrief)
        this.#gaps.push({ symbol, from: end.lastTime, to: time, reason: 'restart' });
      this.#brokenOff.delete(symbol);
    } else if (time < market.firstTime) market.firstTime = time;
  }

  /** `settle` takes what is to be done once the transaction is committed. */
  #writeMarket(market: MarketState, partial: boolean, settle: (() => void)[]): void {
    const { key, builder } = market;
    market.closed.push(...builder.takeClosed());
    let segmentCount = market.segmentCount;
    for (const { rowId, image } of market.closed) {
      if (rowId === undefined) segmentCount++;
      this.#statements.segment(key, rowId, image);
    }
    const growing = partial ? builder.partial() : undefined;
    if (growing !== undefined) {
      if (growing.rowId === undefined) segmentCount++;
      const rowId = this.#statements.segment(key, growing.rowId, growing.image);
      settle.push(() => growing.written(rowId));
    }
    this.#statements.trades(key, market.trades);
    for (const check of market.checks) this.#statements.check(key, check);
    for (const [interval, candle] of market.sourceCandles)
      this.#statements.sourceCandle(key, INTERVAL_MS[interval], candle);
    for (const rows of market.candles) {
      for (const candle of rows.changed()) {
        this.#statements.candle(key, INTERVAL_MS[rows.interval], candle);
      }
    }
    const isChanged = market.dirty || segmentCount !== market.segmentCount;
    if (!isChanged) return;
    this.#statements.market(key, { ...market, segmentCount, bookEnd: builder.end });
    settle.push(() => (market.segmentCount = segmentCount));
  }

  #loadCandle(key: number, interval: StoredInterval, openTime: EpochMs): Candle | undefined {
    return this.#statements.loadCandle(key, INTERVAL_MS[interval], openTime);
  }

  #failure(error: unknown): HistoryError {
    return asHistoryError(error, `cannot write session ${this.id} to ${this.#history.path}`);
  }
}
