/* What the sink is sent about one market's book: its instrument, its state, full books and deltas. */
import type { Grid } from '@tapedeck/market/grid/grid';
import type { Instrument, MarketState, StateReason } from '@tapedeck/market/instrument/instrument';
import type { MarketSink } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock } from '@tapedeck/market/time/clock';

import type { Sides } from '../../../venue/whole-book.ts';

export class BookReport {
  readonly #symbol: string;
  readonly #names: Pick<Instrument, 'venue' | 'base' | 'quote'>;
  readonly #clock: Clock;
  readonly #sink: MarketSink;
  #instrument: Instrument | undefined;
  /** Whether the engine awaits a full book. */
  #isSyncing = true;
  #eventTime: EpochMs = 0;
  #halt: StateReason | undefined;

  constructor(options: {
    readonly symbol: string;
    readonly names: Pick<Instrument, 'venue' | 'base' | 'quote'>;
    readonly clock: Clock;
    readonly sink: MarketSink;
  }) {
    this.#symbol = options.symbol;
    this.#names = options.names;
    this.#clock = options.clock;
    this.#sink = options.sink;
  }

  get isAnnounced(): boolean {
    return this.#instrument !== undefined;
  }
  get eventTime(): EpochMs {
    return this.#eventTime;
  }

  /** Why its venue has halted the market; while it has, no other state is said (V13). */
  get halt(): StateReason | undefined {
    return this.#halt;
  }

  halted(reason: StateReason | undefined): void {
    this.#halt = reason;
    this.#sayHalt();
  }

  isOf({ tickSize, lotSize }: Grid): boolean {
    return this.#instrument?.tickSize === tickSize && this.#instrument.lotSize === lotSize;
  }

  /** A new grid starts a new epoch of the market: the engine awaits a book in that grid. */
  announce({ tickSize, lotSize }: Grid): void {
    const instrument = { symbol: this.#symbol, ...this.#names, tickSize, lotSize };
    this.#instrument = instrument;
    this.#isSyncing = true;
    this.#sink({ type: 'instrument', instrument });
    this.#sayHalt();
  }

  /** The time of a full book, which may be earlier than that of the one before. */
  began(eventTime: EpochMs): void {
    this.#eventTime = eventTime;
  }

  book({ bids, asks }: Sides): void {
    if (!this.#isSyncing) this.state('syncing', 'upstream-reset');
    this.#isSyncing = false;
    // Before the book, so that it is never said to be ok.
    this.#sayHalt();
    const receiveTime = this.#clock.now();
    const times = { eventTime: this.#eventTime, receiveTime };
    this.#sink({ type: 'snapshot', symbol: this.#symbol, ...times, bids, asks });
  }

  update(eventTime: EpochMs, { bids, asks }: Sides): void {
    this.#eventTime = Math.max(eventTime, this.#eventTime);
    const times = { eventTime: this.#eventTime, receiveTime: this.#clock.now() };
    this.#sink({ type: 'update', symbol: this.#symbol, ...times, bids, asks });
  }

  state(state: 'ok' | 'stale' | 'syncing', reason: StateReason): void {
    if (this.#halt === undefined || state === 'syncing') this.#say(state, reason);
    this.#sayHalt();
  }

  /** After a halt: how the market stands without it. */
  reopened(state: 'ok' | 'stale', reason: StateReason): void {
    if (!this.isAnnounced) return;
    if (this.#isSyncing) this.#say('syncing', reason);
    else this.#say(state, reason);
  }

  #sayHalt(): void {
    if (this.#halt !== undefined && this.isAnnounced) this.#say('halted', this.#halt);
  }

  #say(state: MarketState, reason: StateReason): void {
    const [symbol, eventTime] = [this.#symbol, this.#eventTime];
    this.#sink({ type: 'state', symbol, eventTime, state, reason });
  }

  /** The socket is gone. Without a book no old data can be shown. */
  lost(): void {
    if (this.isAnnounced && !this.#isSyncing) this.state('stale', 'upstream-reset');
  }

  gap(reason: StateReason): void {
    if (this.isAnnounced && !this.#isSyncing) this.state('syncing', reason);
    this.#isSyncing = true;
  }
}
