/*
 * The recorder's worker: decodes batches into a `SessionWriter`, commits every 300 ms, and reports what was
 * committed. If a commit fails, everything is kept and retried twice a second; batches that arrive meanwhile wait
 * undecoded, up to the recorder's own limit.
 */
import { asHistoryError, HistoryError } from '@tapedeck/db/database/history-error';
import { type History, openHistory } from '@tapedeck/db/history';
import { Retention } from '@tapedeck/db/recording/retention';
import { SessionWriter } from '@tapedeck/db/recording/session-writer';
import type { BrokenOff } from '@tapedeck/db/session/killed-sessions';
import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import {
  type Cancel,
  type Clock,
  later,
  LONG_AGO,
  type MonotonicMs,
} from '@tapedeck/market/time/clock';

import { isCalm } from '../engine/state-record.ts';
import { type BatchSink, decodeBatch } from './batch-encoder.ts';
import type {
  Control,
  FromRecorderWorker,
  ToRecorderWorker,
  WorkerSettings,
} from './recorder-message.ts';
import { SteadyTime } from './steady-time.ts';

type Batch = ToRecorderWorker & { readonly type: 'batch' };

/** How old committed data may get: the worker's share of the second that a kill may cost. */
const COMMIT_MS = 300;
const RETRY_MS = 500;
/** From this many rows a commit is due at once: its transaction would grow too long. */
const MAX_PENDING_ROWS = 20_000;
/** How often to check whether something is too old or too much; while there is, each commit deletes some of it. */
const RETENTION_MS = 2_000;
/** After a failed step: a damaged page does not repair itself. */
const RETENTION_RETRY_MS = 60_000;
/** The thread may wait for another writer: only batches wait with it. */
const BUSY_TIMEOUT_MS = 2_000;

/** One recorded session, inside the worker. */
export class BatchWriter {
  readonly #settings: WorkerSettings;
  readonly #clock: Clock;
  readonly #tell: (message: FromRecorderWorker) => void;
  readonly #symbols: string[] = [];
  readonly #sink: BatchSink;
  readonly #instruments = new Map<string, Instrument>();
  readonly #broken = new Set<string>();
  #history: History | undefined;
  #writer: SessionWriter | undefined;
  #waiting: Batch[] = [];
  #backfills: (Control & { readonly type: 'candles' })[] = [];
  /** Controls of the first waiting batch that took effect. */
  #controlsDone = 0;
  #decodedId = 0;
  #committedId = 0;
  #lastCommit = LONG_AGO;
  #timer: Cancel | undefined;
  #failing = false;
  #retention: Retention | undefined;
  #retentionDue = LONG_AGO;
  readonly #steady: SteadyTime;
  #session: WorkerSettings['session'];

  constructor(settings: WorkerSettings, clock: Clock, tell: (message: FromRecorderWorker) => void) {
    this.#settings = settings;
    this.#session = settings.session;
    this.#clock = clock;
    this.#steady = new SteadyTime(clock);
    this.#tell = tell;
    this.#sink = {
      snapshot: (market, book) => {
        this.#broken.delete(this.#symbolOf(market));
        this.#writer?.snapshot(this.#symbolOf(market), book);
      },
      delta: (market, head, numbers) => {
        const symbol = this.#symbolOf(market);
        if (this.#writer?.deltaOf(symbol, head, numbers) !== 'gap' || this.#broken.has(symbol))
          return;
        this.#broken.add(symbol);
        this.#tell({ type: 'broken', symbol });
      },
      trade: (market, trade) => this.#writer?.trade(this.#symbolOf(market), trade),
      state: (market, state) => this.#writer?.state(this.#symbolOf(market), state),
    };
    this.#attempt();
  }

  /** Everything that has arrived: one commit for all waiting batches, instead of one for the first alone. */
  batches(batches: readonly Batch[]): void {
    this.#waiting.push(...batches);
    if (!this.#failing) this.#attempt();
  }

  /** The last commit and the end of the session. */
  close(): void {
    this.#timer?.();
    try {
      this.#open();
      this.#decode();
      this.#commit();
      this.#writer?.close(this.#clock.now());
    } catch (error) {
      this.#failed(asHistoryError(error, 'cannot end the session'));
    }
    this.#history?.close();
    this.#tell({ type: 'closed' });
  }

  #attempt(): void {
    this.#timer?.();
    this.#timer = undefined;
    try {
      this.#open();
      this.#decode();
      const now = this.#clock.monotonic();
      const isDue =
        now - this.#lastCommit >= COMMIT_MS || (this.#writer?.pending ?? 0) > MAX_PENDING_ROWS;
      if (isDue) {
        this.#commit();
        this.#forget(now);
      } else this.#schedule(later(this.#lastCommit, COMMIT_MS) - now);
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      this.#failed(asHistoryError(error, 'cannot record'));
      this.#schedule(RETRY_MS);
    }
  }

  #failed({ kind, message }: HistoryError): void {
    this.#tell({ type: 'failed', kind, message });
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => this.#attempt());
  }

  #open(): SessionWriter {
    if (this.#writer !== undefined) return this.#writer;
    const { path, migrationsFolder } = this.#settings;
    // This is the feed's own history: if it is damaged, the feed, which has it open too, sets it aside.
    this.#history ??= openHistory(path, { migrationsFolder, busyTimeoutMs: BUSY_TIMEOUT_MS });
    return this.#begin(this.#history, this.#history.sessions.closeBrokenOff(this.#clock.now()));
  }

  #begin(history: History, brokenOff: readonly BrokenOff[]): SessionWriter {
    const settings = { ...this.#session, state: 'recording', now: this.#clock.now() } as const;
    this.#writer = SessionWriter.begin(history, settings, brokenOff);
    this.#tell({ type: 'session', session: this.#writer.id, setAside: history.setAside });
    return this.#writer;
  }

  #decode(): void {
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
      // One by one: a failed control is retried, those before it are not.
      while (this.#controlsDone < batch.controls.length) {
        this.#control(batch.controls[this.#controlsDone] as Control);
        this.#controlsDone++;
      }
      this.#controlsDone = 0;
      decodeBatch(batch.values, this.#sink);
      this.#decodedId = batch.id;
      this.#waiting.shift();
    }
  }

  #control(control: Control): void {
    switch (control.type) {
      case 'instrument':
        this.#instrument(control.market, control.instrument);
        return;
      case 'candles':
        this.#backfills.push(control);
        return;
      case 'event':
        this.#writer?.event(control.event);
        return;
      case 'origin':
        this.#session = { ...this.#session, label: control.label, origin: control.origin };
        if (this.#writer === undefined) return;
        this.#history?.sessions.setLabel(this.#writer.id, control.label);
        this.#history?.sessions.setOrigin(this.#writer.id, control.origin);
        return;
      case 'gap':
        this.#writer?.gap(control.gap, control.breaksBook);
    }
  }

  /**
   * A session cannot contain two tick sizes (P13): it ends, and another one begins. The other markets continue in it
   * without a hole, from the book as it was recorded; the changed one with its next snapshot.
   */
  #instrument(market: number, instrument: Instrument): void {
    this.#symbols[market] = instrument.symbol;
    this.#instruments.set(instrument.symbol, instrument);
    const before = this.#writer;
    const known = before?.instrument(instrument.symbol);
    const isSameGrid = known === undefined || isWrittenAlike(known, instrument);
    if (before === undefined || isSameGrid) {
      before?.addInstrument(instrument);
      return;
    }
    const books = before.symbols.map((symbol) => [symbol, before.bookOf(symbol)] as const);
    const states = before.symbols.map((symbol) => [symbol, before.stateOf(symbol)] as const);
    before.close(this.#clock.now());
    this.#writer = undefined;
    // Nothing was interrupted: recording continues from here.
    const next = this.#history === undefined ? this.#open() : this.#begin(this.#history, []);
    for (const each of this.#instruments.values()) next.addInstrument(each);
    for (const [symbol, book] of books)
      if (book !== undefined && symbol !== instrument.symbol) next.snapshot(symbol, book);
    // Their states began in the previous session, and keep that time.
    for (const [symbol, state] of states)
      if (state !== undefined && !isCalm(state)) next.state(symbol, state);
  }

  #commit(): void {
    const at = this.#clock.now();
    for (let told = this.#backfills[0]; told !== undefined; told = this.#backfills[0]) {
      this.#writer?.backfill(told.symbol, told.interval, told.candles);
      this.#backfills.shift();
    }
    this.#writer?.flush({ partial: true, now: at });
    // If nothing was written, the next commit need not wait for its time.
    if (this.#decodedId === this.#committedId) return;
    this.#lastCommit = this.#clock.monotonic();
    this.#committedId = this.#decodedId;
    this.#tell({ type: 'written', id: this.#committedId, at });
  }

  /** After a commit, so that no write ever waits for a deletion; commits continue as long as the feed does. */
  #forget(now: MonotonicMs): void {
    const { retention } = this.#settings;
    if (retention === undefined || this.#history === undefined || now < this.#retentionDue) return;
    try {
      this.#retention ??= new Retention(this.#history.connection, retention);
      const forgotten = this.#retention.step(this.#steady.now());
      if (forgotten === undefined) this.#retentionDue = later(now, RETENTION_MS);
      else this.#writer?.forget(forgotten);
    } catch (error) {
      const { kind, message } = asHistoryError(error, 'cannot delete old data');
      this.#tell({ type: 'kept', kind, message });
      this.#retentionDue = later(now, RETENTION_RETRY_MS);
    }
  }

  #symbolOf(market: number): string {
    const symbol = this.#symbols[market];
    if (symbol === undefined)
      throw new HistoryError('bad-data', `market ${market} was not announced`);
    return symbol;
  }
}
