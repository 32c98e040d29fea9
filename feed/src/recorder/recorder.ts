/*
 * The feed's side of the recorder (H3). It packs the engine's events into arrays of numbers and posts them to a
 * worker thread; only that thread touches the disk:
 *
 *   engine ─▶ conflater (100 ms) ─▶ batch ─(every 200 ms)─▶ worker ─▶ SQLite (every 300 ms)
 *                                     ▲                        │
 *                                     └──── written(id) ◀──────┘
 *
 * Batches posted and not yet committed are bounded. Over the limit books are dropped first, over twice the limit
 * trades too; every loss is counted and becomes a recorded gap. A dropped book continues from a snapshot of the
 * engine's book once there is room. The worker's own trouble (full disk, locked file) is in `stats`; it retries.
 */
import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { StateRecord } from '@tapedeck/market/instrument/recorded-state';
import type { WrittenGap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Candle } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { LoggedEvent } from '@tapedeck/market/wire/event';
import type { StatusReport } from '@tapedeck/market/wire/http';

import { withoutFolderOf } from '../machine/server-folder.ts';
import { BatchEncoder } from './batch-encoder.ts';
import { beginningSession } from './beginning-session.ts';
import { CommitWait } from './commit-wait.ts';
import { ControlQueue } from './control-queue.ts';
import { PostedBatches } from './posted-batches.ts';
import {
  beginningMarket,
  endedBookGap,
  endedTradeGap,
  introduced,
  loseAfter,
  loseBook,
  type RecordedMarket,
} from './recorded-market.ts';
import type { Control, FromRecorderWorker } from './recorder-message.ts';
import type { RecorderOptions } from './recorder-options.ts';
import { PACE } from './recorder-pace.ts';
import { RecorderThread } from './recorder-thread.ts';

/** Records one feed life. Never throws for a full queue or a failing disk, and never waits for either. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #clock: Clock;
  readonly #enabled: boolean;
  readonly #maxQueued: number;
  readonly #encoder = new BatchEncoder();
  readonly #markets = new Map<string, RecordedMarket>();
  readonly #timers: Cancel[] = [];
  readonly #commits: CommitWait;
  readonly #posted = new PostedBatches();
  readonly #controls = new ControlQueue();
  #thread: RecorderThread | undefined;
  #nextId = 1;
  #dropped = 0;
  /** Of `dropped`, those reported at the end of a trouble. */
  #droppedBefore = 0;
  #lastWriteAt: EpochMs | null = null;
  #trouble: string | undefined;
  /** Why nothing is written now: the file is away. */
  #paused: string | undefined;
  #failures = 0;
  #session: string | null = null;
  #hasBegun = false;
  #origin: Pick<RecorderOptions, 'label' | 'origin'>;
  #closing = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#commits = new CommitWait(options.clock);
    this.#origin = { label: options.label, origin: options.origin };
    this.#enabled = options.mode !== 'off' && options.path !== ':memory:';
    this.#maxQueued = options.maxQueuedValues ?? PACE.maxQueuedValues;
    if (!this.#enabled) return;
    if (options.waits !== true) this.#start();
    this.#timers.push(this.#clock.every(PACE.postMs, () => this.#post()));
    if (options.mode === '100ms')
      this.#timers.push(this.#clock.every(PACE.conflateMs, () => this.#drainAll()));
  }

  /** Must come first for a symbol. */
  instrument(instrument: Instrument): void {
    if (!this.#enabled) return;
    this.#begun();
    const known = this.#markets.get(instrument.symbol);
    const number = known?.number ?? this.#markets.size;
    if (known !== undefined) known.instrument = instrument;
    else this.#markets.set(instrument.symbol, beginningMarket(number, instrument, this.#options));
    this.#control({ type: 'instrument', market: number, instrument });
  }

  /** The full book was replaced. */
  snapshot(symbol: string, book: BookSnapshot): void {
    const market = this.#markets.get(symbol);
    if (market === undefined) return;
    this.#drain(market);
    if (this.#isFull(1)) this.#loseBook(market);
    else this.#begin(market, book);
  }

  /** A change of the full book, as numbered by the engine. */
  delta(symbol: string, delta: BookDelta): void {
    const market = this.#markets.get(symbol);
    if (market === undefined) return;
    if (market.lostFrom !== undefined) {
      this.#dropped++;
      this.#recover(market);
    } else if (this.#isFull(1)) this.#loseBook(market);
    else if (market.isExact) this.#encodeDelta(market, delta);
    else if (!market.pending.add(delta)) {
      this.#drain(market);
      market.pending.add(delta);
    }
  }

  trade(symbol: string, trade: Trade): void {
    const market = this.#markets.get(symbol);
    if (market === undefined) return;
    // Books are dropped first; trades only if that is not enough.
    if (this.#isFull(2)) {
      this.#dropped++;
      market.tradesLostFrom ??= trade.eventTime;
      return;
    }
    const gap = endedTradeGap(market, trade.eventTime);
    if (gap !== undefined) this.#keep({ type: 'gap', gap, breaksBook: false });
    market.lastTime = Math.max(market.lastTime, trade.eventTime);
    this.#encoder.trade(market.number, trade);
    this.#postIfLarge();
  }

  /** The market's state changed (H6). If there is no room it waits, and only the latest is recorded. */
  state(symbol: string, record: StateRecord): void {
    const market = this.#markets.get(symbol);
    if (market === undefined) return;
    this.#drain(market);
    if (market.states.change(record)) this.#dropped++;
    this.#tellState(market);
  }

  /** Its book is crossed or locked, or no longer (P15). Recorded as often as the book, with the causing change. */
  crossed(symbol: string, time: EpochMs, crossed: boolean): void {
    const market = this.#markets.get(symbol);
    market?.states.cross(time, crossed);
    if (market?.isExact === true) this.#tellState(market);
  }

  /** Candles from before the recording began; those already in the history are left unchanged. */
  backfill(symbol: string, interval: '1s' | '1m', candles: readonly Candle[]): void {
    if (this.#enabled) this.#control({ type: 'candles', symbol, interval, candles });
  }

  /** A headline, status, alert or session event with its position in the log. */
  event(event: LoggedEvent): void {
    if (!this.#enabled) return;
    if (event.topic === 'news') this.#begun();
    this.#keep({ type: 'event', event });
  }

  /** From here on the recorded data has another origin, which this session and later ones name. */
  origin(label: string, origin: Readonly<Record<string, unknown>>): void {
    if (this.#enabled) this.#keep({ type: 'origin', label, origin });
    this.#origin = { label, origin };
  }

  /** A hole that the feed knows of. With `breaksBook` the symbol's book continues only from its next snapshot. */
  gap(gap: WrittenGap, breaksBook = false): void {
    if (!this.#enabled) return;
    const market = this.#markets.get(gap.symbol);
    if (market !== undefined) this.#drain(market);
    this.#control({ type: 'gap', gap, breaksBook });
  }

  /** True once everything handed over is on disk; false if nothing is recorded, or the disk cannot keep up. */
  async committed(): Promise<boolean> {
    if (!this.#enabled || this.#closing || !this.#hasBegun) return false;
    this.#post();
    // What could not be posted goes with the next batch.
    return this.#commits.wait(this.#controls.length > 0 ? this.#nextId : this.#nextId - 1);
  }

  /** `queue` counts batches posted and not committed; `dropped` deltas and trades not recorded. */
  stats(): StatusReport['recorder'] {
    const state = this.#enabled ? this.#state() : 'off';
    return {
      state,
      queue: this.#posted.count,
      dropped: this.#dropped + this.#controls.dropped,
      failures: this.#failures,
      lastWriteAt: this.#lastWriteAt,
      message:
        state === 'behind' ? 'the disk cannot keep up' : (this.#paused ?? this.#trouble ?? ''),
      session: this.#session,
    };
  }

  /**
   * Releases the file: commits what was handed over, if that still works, and closes the session. Trades and events
   * that arrive meanwhile wait, as many as the queue holds; books are lost, and counted.
   */
  async pause(reason: string): Promise<void> {
    if (!this.#enabled || this.#closing) return;
    this.#paused = reason;
    // The caller that releases the file reports why, and when it ends.
    this.#trouble = undefined;
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#drainAll();
    this.#post();
    this.#thread = undefined;
    await thread.close();
    this.#lose(this.#posted.count === 0);
  }

  /** The file is available again, or another one: recording continues in a new session. */
  resume(): void {
    this.#paused = undefined;
    if (this.#hasBegun) this.#startAgain();
  }

  /** Writes what is left and closes the session. Idempotent; resolves even if nothing can be written. */
  async close(): Promise<void> {
    if (this.#closing || !this.#enabled) return;
    this.#closing = true;
    for (const cancel of this.#timers) cancel();
    this.#drainAll();
    this.#post();
    await this.#thread?.close();
    this.#commits.lost(this.#nextId - 1);
  }

  #state(): 'ok' | 'behind' | 'failed' {
    if (this.#paused !== undefined || this.#trouble !== undefined) return 'failed';
    const { since } = this.#posted;
    const isLate = since !== undefined && this.#clock.monotonic() - since > PACE.behindMs;
    return isLate || this.#isFull(1) ? 'behind' : 'ok';
  }

  #begun(): void {
    if (this.#hasBegun || this.#closing) return;
    if (this.#paused === undefined) this.#start();
    this.#hasBegun = true;
  }

  #start(): void {
    this.#hasBegun = true;
    const { path, source, migrationsFolder, retention } = this.#options;
    const session = beginningSession(source, this.#origin, this.#clock.now());
    this.#thread = new RecorderThread(
      { path, migrationsFolder, session, retention },
      {
        message: (message) => this.#receive(message),
        died: (reason) => this.#restart(reason),
      },
    );
  }

  /** The worker is gone with what it had not committed: a new one begins a new session. */
  #restart(reason: string): void {
    if (this.#closing) return;
    this.#setTrouble(`the recorder's thread ended: ${reason}`);
    this.#encoder.take();
    this.#thread = undefined;
    this.#lose(false);
    this.#timers.push(this.#clock.after(PACE.restartMs, () => this.#startAgain()));
  }

  #startAgain(): void {
    if (this.#closing || this.#paused !== undefined || this.#thread !== undefined) return;
    this.#start();
    this.#controls.lead([...this.#markets.values()].map(introduced));
  }

  /** Every book continues from a snapshot, in another session: until then there is a hole. */
  #lose(isAllWritten: boolean): void {
    this.#commits.lost(this.#nextId - 1);
    this.#posted.clear();
    const until = isAllWritten ? Infinity : (this.#lastWriteAt ?? 0);
    for (const market of this.#markets.values()) loseAfter(market, until);
  }

  #receive(message: FromRecorderWorker): void {
    switch (message.type) {
      case 'session':
        this.#session = message.session;
        this.#setTrouble(undefined);
        this.#options.onSession?.(message.session);
        return;
      case 'written':
        this.#lastWriteAt = message.at;
        this.#setTrouble(undefined);
        this.#options.onWrite?.(undefined);
        this.#commits.committed(message.id);
        this.#posted.written(message.id);
        return;
      case 'failed':
        this.#failures++;
        // The file is being given up, so this is not news.
        if (this.#paused !== undefined) return;
        this.#setTrouble(message.message);
        this.#options.onWrite?.(message);
        return;
      case 'kept':
        this.#options.onKept?.(message);
        return;
      case 'broken': {
        const market = this.#markets.get(message.symbol);
        if (market !== undefined) loseBook(market, market.lastTime);
        return;
      }
      case 'closed':
        return;
    }
  }

  #setTrouble(met: string | undefined): void {
    const trouble = met && withoutFolderOf(this.#options.path, met);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble?.(trouble, this.#dropped - this.#droppedBefore);
    if (trouble === undefined) this.#droppedBefore = this.#dropped;
  }

  #isFull(times: number): boolean {
    return this.#posted.values + this.#encoder.length > times * this.#maxQueued;
  }

  #loseBook(market: RecordedMarket): void {
    this.#dropped++;
    loseBook(market, market.lastTime);
  }

  /** Half the limit must be free: a full queue would lose the book again at once. */
  #recover(market: RecordedMarket): void {
    if (this.#thread === undefined || this.#isFull(1 / 2)) return;
    const book = this.#options.bookOf(market.instrument.symbol);
    if (book !== undefined) this.#begin(market, book);
  }

  #begin(market: RecordedMarket, book: BookSnapshot): void {
    const gap = endedBookGap(market, book.eventTime);
    if (gap !== undefined) this.#control({ type: 'gap', gap, breaksBook: true });
    market.lastTime = Math.max(market.lastTime, book.eventTime);
    this.#encoder.snapshot(market.number, book);
    this.#postIfLarge();
  }

  #drainAll(): void {
    for (const market of this.#markets.values()) this.#drain(market);
  }

  #drain(market: RecordedMarket): void {
    const delta = market.pending.take();
    if (delta !== undefined) this.#encodeDelta(market, delta);
    this.#tellState(market);
  }

  /** Like trades, states are dropped last. */
  #tellState(market: RecordedMarket): void {
    const state = this.#isFull(2) ? undefined : market.states.take(market.lastTime);
    if (state === undefined) return;
    this.#encoder.state(market.number, state);
    this.#postIfLarge();
  }

  #encodeDelta(market: RecordedMarket, delta: BookDelta): void {
    market.lastTime = Math.max(market.lastTime, delta.eventTime);
    this.#encoder.delta(market.number, delta);
    this.#postIfLarge();
  }

  /** Controls take effect before the numbers of their batch: numbers collected earlier go in a batch of their own. */
  #control(control: Control): void {
    if (this.#encoder.length > 0) this.#post();
    this.#keep(control);
  }

  #keep(control: Control): void {
    this.#controls.push(control, this.#thread !== undefined);
  }

  #postIfLarge(): void {
    if (this.#encoder.length >= PACE.maxBatchValues) this.#post();
  }

  #post(): void {
    if (this.#thread === undefined) return;
    for (const market of this.#markets.values()) if (market.isExact) this.#tellState(market);
    if (this.#encoder.length === 0 && this.#controls.length === 0) return;
    const id = this.#nextId++;
    const values = this.#encoder.take();
    this.#posted.add({ id, values: values.length, at: this.#clock.monotonic() });
    this.#thread.post({ type: 'batch', id, values, controls: this.#controls.take() });
  }
}
