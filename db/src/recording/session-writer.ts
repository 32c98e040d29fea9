import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';
import type { WrittenGap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Candle, CandleInterval } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { LoggedEvent } from '@tapedeck/market/wire/event';

import { asHistoryError, HistoryError } from '../database/history-error.ts';
import type { History } from '../history.ts';
import type { DeltaNumbers, DeltaVerdict } from '../segment/segment-builder.ts';
import type { BookCheck } from '../session/audit-store.ts';
import type { BrokenOff } from '../session/killed-sessions.ts';
import type { NewSession } from '../session/session-store.ts';
import type { StoredInterval } from '../tape/candle-store.ts';
import { MarketWriter } from './market-writer.ts';
import type { Forgotten } from './retention.ts';
import { WriteStatements } from './write-statements.ts';

/** Options of a flush. */
export type FlushOptions = {
  /** Also writes growing segments, so that a kill loses nothing from before this flush. */
  readonly partial: boolean;
  readonly now: EpochMs;
};

/** After an orderly stop, a restart gap no longer than this is not recorded. */
const RESTART_MS = 5_000;

/**
 * Writes one session: turns numbered snapshots, deltas and trades per symbol into segments, rows and candles. Only
 * `flush` writes to disk, everything in one transaction; if it fails, all data is kept and the next flush tries
 * again. Used by the recorder's worker and the importer.
 */
export class SessionWriter {
  readonly id: string;
  readonly #history: History;
  readonly #isImport: boolean;
  readonly #statements: WriteStatements;
  readonly #markets = new Map<string, MarketWriter>();
  readonly #brokenOff: Map<string, BrokenOff>;
  #gaps: WrittenGap[] = [];
  #events: LoggedEvent[] = [];

  private constructor(history: History, session: NewSession, brokenOff: readonly BrokenOff[]) {
    this.id = history.sessions.create(session);
    this.#isImport = session.source === 'import';
    this.#history = history;
    this.#statements = new WriteStatements(history.connection);
    this.#brokenOff = new Map();
    for (const end of brokenOff) {
      const known = this.#brokenOff.get(end.symbol);
      if (known === undefined || end.lastTime > known.lastTime)
        this.#brokenOff.set(end.symbol, end);
    }
  }

  /** Creates the session. `brokenOff`: where the previous feed's recordings ended, to record `restart` gaps. */
  static begin(
    history: History,
    session: NewSession,
    brokenOff: readonly BrokenOff[] = [],
  ): SessionWriter {
    try {
      return new SessionWriter(history, session, brokenOff);
    } catch (error) {
      throw asHistoryError(error, `cannot begin a session in ${history.path}`);
    }
  }

  /** Number of rows to flush; a segment counts as many rows. */
  get pending(): number {
    let sum = this.#gaps.length + this.#events.length;
    for (const market of this.#markets.values()) sum += market.pending;
    return sum;
  }

  get symbols(): readonly string[] {
    return [...this.#markets.keys()];
  }

  /** Whether anything was recorded of any market. */
  get hasData(): boolean {
    return [...this.#markets.values()].some((market) => market.hasData);
  }

  /** The grid of a symbol in this session. */
  instrument(symbol: string): Instrument | undefined {
    return this.#markets.get(symbol)?.instrument;
  }

  /**
   * Call first for each symbol; repeating it with the same grid has no effect.
   * @throws HistoryError if the grid differs from the recorded one, which needs a new session (P13).
   */
  addInstrument(instrument: Instrument): void {
    const known = this.#markets.get(instrument.symbol);
    if (known !== undefined) {
      if (isWrittenAlike(known.instrument, instrument)) return;
      const { tickSize, lotSize } = known.instrument;
      throw new HistoryError(
        'bad-data',
        `${instrument.symbol} changed its grids from ${tickSize}/${lotSize} to ${instrument.tickSize}/${instrument.lotSize} within session ${this.id}`,
      );
    }
    const key = this.#history.sessions.addInstrument(this.id, instrument);
    const { symbol } = instrument;
    const market = new MarketWriter({
      key,
      instrument,
      statements: this.#statements,
      onBegin: (time) => this.#begins(symbol, time),
      // A live market's engine does, with its states.
      tellsCrossed: this.#isImport,
    });
    this.#markets.set(symbol, market);
  }

  /** A full book: a market's first, or the first after a gap. */
  snapshot(symbol: string, snapshot: BookSnapshot): void {
    this.#market(symbol).snapshot(snapshot);
  }

  /** A change to the book. Recorded only if the result is `apply`; after `gap` the market waits for a snapshot. */
  delta(symbol: string, delta: BookDelta): DeltaVerdict {
    return this.#market(symbol).delta(delta);
  }

  /** The same, with the levels in a flat array of numbers. */
  deltaOf(
    symbol: string,
    head: Omit<BookDelta, 'bids' | 'asks'>,
    numbers: DeltaNumbers,
  ): DeltaVerdict {
    return this.#market(symbol).deltaOf(head, numbers);
  }

  /**
   * The current recorded book, to start another session with. Its time is that of the market's last event, so that
   * the two sessions touch without overlapping. Undefined after a gap.
   */
  bookOf(symbol: string): BookSnapshot | undefined {
    return this.#market(symbol).book();
  }

  trade(symbol: string, trade: Trade): void {
    this.#market(symbol).trade(trade);
  }

  /** Changes the market's state from that time on (H6); a time before the last change is raised to it. */
  state(symbol: string, state: RecordedState): void {
    this.#market(symbol).changeState(state);
  }

  /** A market's current state, to start another session with; undefined if it was always `ok`. */
  stateOf(symbol: string): RecordedState | undefined {
    return this.#market(symbol).state;
  }

  /** Whether the session has a trade with these values, flushed or not, ignoring its sequence. */
  holdsTrade(symbol: string, trade: Omit<Trade, 'sequence'>): boolean {
    return this.#market(symbol).holdsTrade(trade);
  }

  /** A candle from the source, of any interval, for a time whose trades are not recorded. */
  candle(symbol: string, interval: CandleInterval, candle: Candle): void {
    this.#market(symbol).sourceCandle(interval, candle);
  }

  /** The venue's own best bid and ask as of a delta, kept for `verify`. */
  check(symbol: string, check: BookCheck): void {
    this.#market(symbol).check(check);
  }

  /** Extends the market's range to that time: it was alive, even though nothing was recorded. */
  reach(symbol: string, time: EpochMs): void {
    this.#market(symbol).reach(time);
  }

  /** Records a gap. A book gap also refuses deltas until the next snapshot. */
  gap(gap: WrittenGap, breaksBook: boolean): void {
    this.#gaps.push(gap);
    if (breaksBook) this.#markets.get(gap.symbol)?.breakOff();
  }

  /** Retention deleted the beginning of a market of this session: updates its range and counts. */
  forget(forgotten: Forgotten): void {
    if (forgotten.session === this.id) this.#markets.get(forgotten.symbol)?.forget(forgotten);
  }

  event(event: LoggedEvent): void {
    this.#events.push(event);
  }

  /** Candles from before the recording. Written immediately, because there may be a day of them. */
  backfill(symbol: string, interval: StoredInterval, candles: readonly Candle[]): number {
    this.#market(symbol);
    try {
      return this.#history.candles.backfill(this.id, symbol, interval, candles);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Commits everything. @throws HistoryError; the data is kept, and the next flush tries again. */
  flush(options: FlushOptions): void {
    const settle: (() => void)[] = [];
    try {
      this.#statements.immediate(() => {
        for (const market of this.#markets.values()) settle.push(market.write(options.partial));
        for (const gap of this.#gaps) this.#statements.gap(this.id, gap);
        for (const event of this.#events) this.#history.events.append(event, { session: this.id });
        this.#statements.touch(this.id, options.now);
      });
    } catch (error) {
      throw this.#failure(error);
    }
    for (const each of settle) each();
    this.#gaps = [];
    this.#events = [];
  }

  /** Ends the session: commits everything and makes an import visible. */
  close(now: EpochMs): void {
    for (const market of this.#markets.values()) market.cut();
    this.flush({ partial: false, now });
    try {
      this.#history.sessions.close(this.id, now);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Deletes the session and all of its data. */
  abort(): void {
    this.#history.sessions.delete(this.id);
  }

  #market(symbol: string): MarketWriter {
    const market = this.#markets.get(symbol);
    if (market === undefined)
      throw new HistoryError('bad-data', `${symbol} was not added to session ${this.id}`);
    return market;
  }

  /** A market's first event: the time since the previous feed's recording ended is a gap. */
  #begins(symbol: string, time: EpochMs): void {
    const end = this.#brokenOff.get(symbol);
    const isBrief = end?.wasKilled === false && time - end.lastTime < RESTART_MS;
    if (end !== undefined && end.lastTime < time && !isBrief)
      this.#gaps.push({ symbol, from: end.lastTime, to: time, reason: 'restart' });
    this.#brokenOff.delete(symbol);
  }

  #failure(error: unknown): HistoryError {
    return asHistoryError(error, `cannot write session ${this.id} to ${this.#history.path}`);
  }
}
