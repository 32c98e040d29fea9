/*
 * One market of one venue: its book through bootstrap, live and recovery, sent to the sink under the feed's symbol. A
 * fault here affects no other market.
 */
import type { Instrument, StateReason } from '@tapedeck/market/instrument/instrument';
import type { MarketSink } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveVenue, VenueInstrument } from '../../venue/live-venue.ts';
import type { VenueDiff, VenueEvent, VenueSnapshot } from '../../venue/venue-event.ts';
import {
  type SubscriptionAction,
  type SubscriptionEvent,
  type SubscriptionState,
  subscriptionStep,
} from './machine/subscription-machine.ts';
import { BookAge } from './market/book-age.ts';
import { BookHandover } from './market/book-handover.ts';
import { checksumHolds } from './market/checksum-holds.ts';
import { type BookOutcome, LiveBook } from './market/live-book.ts';
import type { LiveGrid } from './market/live-grid.ts';
import { VenueTime } from './market/venue-time.ts';
import { SymbolTrades, type TradesHost } from './symbol-trades.ts';

/** Time limit for the first data and for a complete book; it doubles with each miss, up to the maximum. */
const DEADLINE_MS = 6_000;
const MOST_DEADLINE_MS = 12_000;
/** The maximum for a market that the venue has not stated and that has not sent any book. */
const UNKNOWN_DEADLINE_MS = 600_000;
/** A delta that is this much later than the fastest recent ones is not the venue's current book. */
const LATE_MS = 2_500;
/** A snapshot without a time is accepted after this long if no delta follows it. */
const SETTLE_MS = 1_000;
const FETCH_BASE_MS = 250;
const FETCH_CAP_MS = 4_000;
/** After a book has been live for this long, its next resync starts without a delay. */
const WELL_MS = 10_000;

export type SymbolHost = TradesHost & {
  /** Requests a snapshot; `done` receives it, or the reason why there is none. */
  readonly fetch: (done: (answer: VenueEvent | string) => void) => Cancel;
  /** Subscribes again on the same socket; subscribes on another socket. */
  readonly resubscribe: () => void;
  readonly elsewhere: () => void;
  /** The venue's checksum was compared with the book. */
  readonly audited: (isRight: boolean) => void;
};

export class VenueSymbol {
  readonly symbol: string;
  readonly market: string;
  readonly trades: SymbolTrades;
  readonly #venue: LiveVenue;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sink: MarketSink;
  readonly #host: SymbolHost;
  readonly #names: { readonly base: string; readonly quote: string };
  readonly #time = new VenueTime();
  readonly #age = new BookAge();
  #book: LiveBook;
  #handover: BookHandover | undefined;
  #state: SubscriptionState = 'waiting';
  /** The instrument as announced to the engine; whether its book awaits a snapshot. */
  #told: Instrument | undefined;
  #isSyncing = true;
  #reason: StateReason = 'upstream-reset';
  #eventTime: EpochMs = 0;
  /** How late the book's last message was. */
  #lagMs = 0;
  #deadline: MonotonicMs | undefined;
  #settleAt: MonotonicMs | undefined;
  #inVain = 0;
  #fetches = 0;
  #fetching: Cancel | undefined;
  #liveSince: MonotonicMs | undefined;

  constructor(options: {
    readonly venue: LiveVenue;
    readonly market: string;
    /** As the venue states it; undefined if it did not. */
    readonly instrument: VenueInstrument | undefined;
    readonly names: { readonly base: string; readonly quote: string };
    readonly clock: Clock;
    readonly random: Random;
    readonly sink: MarketSink;
    readonly host: SymbolHost;
  }) {
    const { venue, market, instrument } = options;
    this.#venue = venue;
    this.market = market;
    this.symbol = `${market}@${venue.venue}`;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#sink = options.sink;
    this.#host = options.host;
    this.#names = options.names;
    this.#book = new LiveBook(venue.rule, venue.snapshot !== undefined, instrument);
    this.trades = new SymbolTrades({
      ...{ venue, market, symbol: this.symbol, clock: options.clock, host: options.host },
      sink: options.sink,
      grid: () => (this.#told === undefined ? undefined : this.#book.grid),
      refine: (grid) => this.#refine(grid),
    });
    if (instrument !== undefined) this.#announce();
  }

  /** Whether it was announced to the engine. */
  get isTold(): boolean {
    return this.#told !== undefined;
  }
  /** Whether a new socket may take over: it has the book, or there is no book to lose. */
  get isHandedOver(): boolean {
    return this.#handover === undefined || this.#handover.isDone || this.#book.mark === undefined;
  }

  linked(): void {
    this.#event('linked');
  }

  unlinked(): void {
    // The replacement has the book already, and serves from now on.
    if (this.#handover?.isDone === true) return;
    this.#event('unlinked');
  }

  /** Reports nothing: the caller ends the market. */
  close(): void {
    this.#fetching?.();
  }

  /** A delta or snapshot arrived, over the serving socket or its replacement. */
  take(event: VenueSnapshot | VenueDiff, isReplacement: boolean): void {
    const handover = this.#handover;
    if (handover === undefined) {
      if (!isReplacement) this.#take(event);
    } else if (handover.isDone) {
      if (isReplacement) this.#take(event);
    } else if (!isReplacement) {
      this.#take(event);
      for (const waiting of handover.retry(this.#book)) this.#take(waiting);
    } else {
      const step = handover.take(event, this.#book);
      if (step.type === 'join') for (const waiting of step.events) this.#take(waiting);
      if (step.type === 'swap') {
        this.#book = step.book;
        if (this.#state === 'live' || this.#state === 'stale') this.#update(step.changed);
        else this.#beginAgain(step.changed.eventTime);
      }
    }
  }

  /** A frame of the serving socket, or of its replacement, is missing. */
  doubt(isReplacement: boolean): void {
    // The caller drops the replacement; a book that it has taken over misses nothing of the old socket.
    if (isReplacement || this.#handover?.isDone === true) return;
    this.#book.clear();
    this.#gap('upstream-gap', 'doubted');
  }

  /** A replacement socket is open. `adopted`: it serves alone now; `dropped`: it is gone. */
  bridge(): void {
    const { rule, snapshot } = this.#venue;
    this.#handover = new BookHandover(rule, snapshot !== undefined, this.#book.grid?.grid);
  }

  adopted(): void {
    const handover = this.#handover;
    this.#handover = undefined;
    if (handover === undefined || handover.isDone) return;
    // The old socket ended before the handover: continue from what the new one has sent.
    this.#book = handover.book ?? this.#book;
    if (handover.book?.mark !== undefined) this.#beginAgain(handover.book.mark.eventTime);
    for (const event of handover.events) this.#take(event);
  }

  dropped(): void {
    const isDone = this.#handover?.isDone === true;
    this.#handover = undefined;
    if (!isDone) return;
    this.#book.clear();
    this.#gap('upstream-gap');
  }

  /** To be called a few times a second. */
  tick(): void {
    const now = this.#clock.monotonic();
    this.trades.tick();
    if (this.#settleAt !== undefined && now >= this.#settleAt) {
      this.#settleAt = undefined;
      this.#outcome(this.#book.settle(Math.max(this.#eventTime, this.#clock.now())));
    }
    if (this.#deadline !== undefined && now >= this.#deadline) {
      this.#deadline = undefined;
      this.#inVain++;
      this.#event('deadline');
    }
    if (this.#state === 'live' && this.#age.isOld(now)) {
      this.#reason = 'upstream-silent';
      this.#event('behind');
    }
  }

  #take(event: VenueSnapshot | VenueDiff): void {
    const outcome = event.type === 'snapshot' ? this.#book.snapshot(event) : this.#book.diff(event);
    this.#settleAt =
      event.type === 'snapshot' && outcome.type === 'waits' && this.#venue.snapshot === undefined
        ? later(this.#clock.monotonic(), SETTLE_MS)
        : event.type === 'snapshot' || outcome.type !== 'waits'
          ? undefined
          : this.#settleAt;
    const isRight = checksumHolds(this.#venue.rule, event, outcome);
    if (isRight !== undefined) this.#host.audited(isRight);
    this.#outcome(outcome);
  }

  #outcome(outcome: BookOutcome): void {
    switch (outcome.type) {
      case 'old':
        return;
      case 'waits':
        if (this.#book.wantsSnapshot) this.#event('data');
        return;
      case 'gap':
        return this.#gap(outcome.reason);
      case 'began':
        return this.#began(outcome);
      case 'changed':
        return this.#update(outcome);
    }
  }

  #began({ grid, eventTime }: BookOutcome & { readonly type: 'began' }): void {
    this.#reason = 'upstream-reset';
    this.#eventTime = eventTime;
    this.#lagMs = this.#time.came(eventTime, this.#clock.monotonic());
    // If the book is live, its grid changed or the venue sent a full book again.
    const { tickSize, lotSize } = this.#told ?? {};
    if (tickSize !== grid.tickSize || lotSize !== grid.lotSize) this.#announce();
    this.#event('began');
    if (this.#lagMs <= LATE_MS) return;
    this.#reason = 'slow';
    this.#event('behind');
  }

  /** A new socket's book is complete while the old one has none. */
  #beginAgain(eventTime: EpochMs = this.#eventTime): void {
    const grid = this.#book.grid?.grid;
    if (grid !== undefined) this.#outcome({ type: 'began', grid, eventTime });
  }

  #gap(reason: StateReason, event: 'gap' | 'doubted' = 'gap'): void {
    this.#reason = reason;
    this.#event(event);
  }

  #update(changed: BookOutcome & { readonly type: 'changed' }): void {
    const now = this.#clock.monotonic();
    this.#lagMs = this.#time.came(changed.eventTime, now);
    const isLate = this.#lagMs > LATE_MS;
    if (isLate && this.#state === 'live') {
      this.#reason = 'slow';
      this.#event('behind');
    }
    if (this.#state !== 'live' && this.#state !== 'stale') return;
    const { bids, asks } = changed;
    const eventTime = Math.max(changed.eventTime, this.#eventTime);
    this.#eventTime = eventTime;
    const receiveTime = this.#clock.now();
    this.#sink({ type: 'update', symbol: this.symbol, eventTime, receiveTime, bids, asks });
    if (isLate) return;
    this.#age.fresh(later(now, -this.#lagMs));
    if (this.#state === 'stale') this.#event('fresh');
  }

  #event(event: SubscriptionEvent): void {
    const { state, actions } = subscriptionStep(this.#state, event);
    this.#state = state;
    if (state !== 'live') this.#age.interrupt();
    for (const action of actions) this.#act(action);
  }

  #act(action: SubscriptionAction): void {
    const now = this.#clock.monotonic();
    switch (action) {
      case 'arm':
        this.#deadline = later(
          now,
          Math.min(
            this.#told === undefined ? UNKNOWN_DEADLINE_MS : MOST_DEADLINE_MS,
            DEADLINE_MS * 2 ** this.#inVain,
          ),
        );
        return;
      case 'disarm':
        this.#deadline = undefined;
        this.#inVain = 0;
        return;
      case 'fetch':
        return this.#fetch();
      case 'resync':
        if (this.#liveSince !== undefined && now - this.#liveSince > WELL_MS) this.#fetches = 0;
        return this.#fetch();
      case 'elsewhere':
        return this.#host.elsewhere();
      case 'say-begun':
        return this.#sayBook(now);
      case 'say-ok':
        this.#liveSince = now;
        return this.#say('ok', 'upstream-silent');
      case 'say-behind':
        return this.#say('stale', this.#reason);
      case 'say-lost':
        // Without a book no old data can be shown.
        if (this.#told !== undefined && !this.#isSyncing) this.#say('stale', 'upstream-reset');
        return;
      case 'say-gap':
        if (this.#told !== undefined && !this.#isSyncing) this.#say('syncing', this.#reason);
        this.#isSyncing = true;
        return;
      case 'forget':
        this.#fetching?.();
        this.#fetching = undefined;
        this.#settleAt = undefined;
        this.#time.reset();
        this.#book.clear();
    }
  }

  #sayBook(now: MonotonicMs): void {
    this.#liveSince = now;
    if (!this.#isSyncing) this.#say('syncing', 'upstream-reset');
    this.#isSyncing = false;
    this.#age.fresh(later(now, -this.#lagMs));
    const { symbol } = this;
    const receiveTime = this.#clock.now();
    const { bids, asks } = this.#book.levels;
    this.#sink({
      ...{ type: 'snapshot', symbol, eventTime: this.#eventTime, receiveTime, bids, asks },
    });
    this.trades.release();
  }

  #say(state: 'ok' | 'stale' | 'syncing', reason: StateReason): void {
    const { symbol } = this;
    this.#sink({ type: 'state', symbol, eventTime: this.#eventTime, state, reason });
  }

  /** A new grid starts a new epoch of the market: the engine awaits a book in that grid. */
  #announce(): void {
    const grid = this.#book.grid?.grid;
    if (grid === undefined) return;
    const { symbol } = this;
    const { tickSize, lotSize } = grid;
    const instrument = { symbol, venue: this.#venue.venue, ...this.#names, tickSize, lotSize };
    this.#told = instrument;
    this.#isSyncing = true;
    this.#sink({ type: 'instrument', instrument });
  }

  #refine(grid: LiveGrid): boolean {
    if (!this.#book.refine(grid)) return false;
    this.#announce();
    if (this.#state === 'live' || this.#state === 'stale') {
      const isStale = this.#state === 'stale';
      this.#sayBook(this.#clock.monotonic());
      if (isStale) this.#say('stale', this.#reason);
    }
    return true;
  }

  /** One request at a time: the first at once, each further one after a longer delay. */
  #fetch(): void {
    if (this.#fetching !== undefined) return;
    const delay =
      this.#fetches === 0
        ? 0
        : Math.min(FETCH_CAP_MS, FETCH_BASE_MS * 2 ** (this.#fetches - 1)) *
          (0.5 + this.#random.next());
    this.#fetches++;
    this.#fetching = this.#clock.after(delay, () => {
      this.#fetching = undefined;
      if (this.#venue.snapshot === undefined) {
        // What arrives next belongs to a new subscription.
        this.#book.clear();
        this.#time.reset();
        this.#host.resubscribe();
        this.#act('arm');
      } else if (this.#book.wantsSnapshot) this.#fetching = this.#ask();
    });
  }

  #ask(): Cancel {
    return this.#host.fetch((answer) => {
      this.#fetching = undefined;
      if (typeof answer !== 'string' && answer.type === 'snapshot')
        this.#outcome(this.#book.snapshot(answer));
      else if (this.#state === 'bridging') this.#fetch();
    });
  }
}
