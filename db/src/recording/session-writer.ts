import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';
import type { Gap } from '@tapedeck/market/instrument/session';
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

/** How a flush is done. */
export type FlushOptions = {
  /** Also writes the segments that still grow, so that a kill loses nothing older than this flush. */
  readonly partial: boolean;
  readonly now: EpochMs;
};

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
  readonly #isImport: boolean;
  readonly #statements: WriteStatements;
  readonly #markets = new Map<string, MarketWriter>();
  readonly #brokenOff: Map<string, BrokenOff>;
  #gaps: Gap[] = [];
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

  /** Makes the session. `brokenOff` says where the feed before left its markets: those holes become `restart` gaps. */
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

  /** Rows that wait for a flush; a segment weighs as much as many. */
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

  /** A full book: the first of a market, or a new beginning after a hole. */
  snapshot(symbol: string, snapshot: BookSnapshot): void {
    this.#market(symbol).snapshot(snapshot);
  }

  /** A change of a full book. Only `apply` is recorded; after `gap` the market waits for a snapshot. */
  delta(symbol: string, delta: BookDelta): DeltaVerdict {
    return this.#market(symbol).delta(delta);
  }

  /** The same with the levels in an array of numbers. */
  deltaOf(
    symbol: string,
    head: Omit<BookDelta, 'bids' | 'asks'>,
    numbers: DeltaNumbers,
  ): DeltaVerdict {
    return this.#market(symbol).deltaOf(head, numbers);
  }

  /**
   * Everything that was recorded of a book, to go on from in another session: its time is that of the market's last event,
   * so that the two sessions touch and do not overlap. Undefined where the chain is broken.
   */
  bookOf(symbol: string): BookSnapshot | undefined {
    return this.#market(symbol).book();
  }

  trade(symbol: string, trade: Trade): void {
    this.#market(symbol).trade(trade);
  }

  /** The market stands otherwise from that time on (H6); a time before that of its last change is taken for that one. */
  state(symbol: string, state: RecordedState): void {
    this.#market(symbol).changeState(state);
  }

  /** Where a market stands, to go on from in another session; undefined where it never was anything but `ok`. */
  stateOf(symbol: string): RecordedState | undefined {
    return this.#market(symbol).state;
  }

  /** Whether a trade of these values is in the session, written or not, whatever its sequence. */
  holdsTrade(symbol: string, trade: Omit<Trade, 'sequence'>): boolean {
    return this.#market(symbol).holdsTrade(trade);
  }

  /** A candle that the source itself made, of any interval, of a time whose trades are not recorded. */
  candle(symbol: string, interval: CandleInterval, candle: Candle): void {
    this.#market(symbol).sourceCandle(interval, candle);
  }

  /** The venue's own best bid and ask as of a delta, kept for `verify`. */
  check(symbol: string, check: BookCheck): void {
    this.#market(symbol).check(check);
  }

  /** The market was heard of at that time, though nothing of it is recorded: its range reaches there. */
  reach(symbol: string, time: EpochMs): void {
    this.#market(symbol).reach(time);
  }

  /** A known hole. A book gap also ends the chain of the market: deltas are refused until a snapshot. */
  gap(gap: Gap, breaksBook: boolean): void {
    this.#gaps.push(gap);
    if (breaksBook) this.#markets.get(gap.symbol)?.breakOff();
  }

  /** Retention took the beginning of a market of this session: its range and counts go on from there. */
  forget(forgotten: Forgotten): void {
    if (forgotten.session === this.id) this.#markets.get(forgotten.symbol)?.forget(forgotten);
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

  /** Ends the session: everything is committed, and an import becomes visible. */
  close(now: EpochMs): void {
    for (const market of this.#markets.values()) market.cut();
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

  #market(symbol: string): MarketWriter {
    const market = this.#markets.get(symbol);
    if (market === undefined)
      throw new HistoryError('bad-data', `${symbol} was not added to session ${this.id}`);
    return market;
  }

  /** The first event of a market: where the feed before left it was a hole up to here. */
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
