/*
 * One market of one venue: its book through bootstrap, live and recovery, sent to the sink under the feed's symbol. A
 * fault here affects no other market.
 */
import type { StateReason } from '@tapedeck/market/instrument/instrument';
import type { MarketSink } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import {
  type AuditCounts,
  isBridged,
  type LiveVenue,
  type VenueInstrument,
} from '../../venue/live-venue.ts';
import type { VenueDiff, VenueEvent, VenueSnapshot, VenueTicker } from '../../venue/venue-event.ts';
import { haltOf } from './listing/listing-words.ts';
import {
  type SubscriptionAction,
  type SubscriptionEvent,
  type SubscriptionState,
  subscriptionStep,
} from './machine/subscription-machine.ts';
import { BookAudits } from './market/book-audits.ts';
import { BookHandover } from './market/book-handover.ts';
import { BookReport } from './market/book-report.ts';
import { BookTimeliness } from './market/book-timeliness.ts';
import { checksumHolds } from './market/checksum-holds.ts';
import { DataDeadline } from './market/data-deadline.ts';
import { FetchPace } from './market/fetch-pace.ts';
import { type BookOutcome, LiveBook } from './market/live-book.ts';
import type { LiveGrid } from './market/live-grid.ts';
import { SymbolTrades, type TradesHost } from './symbol-trades.ts';

/** A snapshot without a time is accepted after this long if no delta follows it. */
const SETTLE_MS = 1_000;
/** After a book has been live for this long, its next resync starts without a delay. */
const WELL_MS = 10_000;

export type SymbolHost = TradesHost & {
  /** Requests a snapshot; `done` receives it, or the reason why there is none. */
  readonly fetch: (done: (answer: VenueEvent | string) => void) => Cancel;
  /** Subscribes again on the same socket; subscribes on another socket. */
  readonly resubscribe: () => void;
  readonly elsewhere: () => void;
  /** Its data did not arrive in time: perhaps the market has changed. */
  readonly doubted: () => void;
  /** The venue's checksum was compared with the book. */
  readonly audited: (isRight: boolean) => void;
};

export class VenueSymbol {
  readonly symbol: string;
  readonly market: string;
  readonly trades: SymbolTrades;
  readonly #venue: LiveVenue;
  readonly #clock: Clock;
  readonly #host: SymbolHost;
  readonly #report: BookReport;
  readonly #timeliness = new BookTimeliness();
  #book: LiveBook;
  #handover: BookHandover | undefined;
  #state: SubscriptionState = 'waiting';
  #reason: StateReason = 'upstream-reset';
  readonly #deadline = new DataDeadline();
  #settleAt: MonotonicMs | undefined;
  readonly #requests: FetchPace;
  readonly #audits: BookAudits;
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
    this.#audits = new BookAudits({ ...options, ...options.host });
    this.#requests = new FetchPace(options.clock, options.random);
    this.#host = options.host;
    const { symbol, ...names } = { symbol: this.symbol, venue: venue.venue, ...options.names };
    this.#report = new BookReport({ symbol, names, clock: options.clock, sink: options.sink });
    this.#book = new LiveBook(venue.rule, isBridged(venue), instrument);
    this.trades = new SymbolTrades({
      ...{ venue, market, symbol: this.symbol, clock: options.clock, host: options.host },
      sink: options.sink,
      grid: () => (this.isTold ? this.#book.grid : undefined),
      refine: (grid) => this.#refine(grid),
    });
    if (instrument !== undefined) this.#report.announce(instrument);
  }

  /** Whether it was announced to the engine. */
  get isTold(): boolean {
    return this.#report.isAnnounced;
  }
  /** Whether its venue says that it is halted, or does not list it any more. */
  get isHalted(): boolean {
    return this.#report.halt !== undefined;
  }
  /** Whether its book is up to date. */
  get isCurrent(): boolean {
    return this.#state === 'live' && !this.#timeliness.isOld(this.#clock.monotonic());
  }
  get audits(): AuditCounts {
    return this.#audits.counts;
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

  /** Reports the trades that were held; the caller ends the market. */
  close(): void {
    this.trades.finish();
    this.#requests.cancel();
    this.#audits.clear();
  }

  /** What its venue lists of it now; undefined if it lists it no longer (V13). */
  listed(instrument: VenueInstrument | undefined): void {
    const reason = haltOf(instrument);
    if (reason !== undefined) this.#report.halted(reason);
    else if (this.isHalted) this.#reopen();
    const finer = instrument && this.#book.grid?.with(instrument);
    if (finer !== undefined) this.#refine(finer);
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

  /** The venue states its best levels. */
  quote(quote: VenueTicker): void {
    this.#judge(this.#audits.quote(quote));
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
    const { rule } = this.#venue;
    const isBuffered = isBridged(this.#venue) || rule.isWhole === true;
    this.#handover = new BookHandover(rule, isBuffered, this.#book.grid?.grid);
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
    // In an auction a book may stay crossed.
    if (this.#state === 'live' && !this.isHalted) this.#judge(this.#audits.tick(this.#book));
    if (this.#settleAt !== undefined && now >= this.#settleAt) {
      this.#settleAt = undefined;
      this.#outcome(this.#book.settle(Math.max(this.#report.eventTime, this.#clock.now())));
    }
    if (this.#deadline.isMissed(now)) {
      this.#host.doubted();
      this.#event('deadline');
    }
    if (this.#state === 'live' && !this.isHalted && this.#timeliness.isOld(now))
      this.#behind('upstream-silent');
  }

  /** What happened meanwhile is unknown: the book is ok only if it is up to date. */
  #reopen(): void {
    const isCurrent = this.isCurrent;
    this.#report.halted(undefined);
    this.#deadline.forgive();
    this.#reason = 'upstream-silent';
    this.#report.reopened(isCurrent ? 'ok' : 'stale', this.#reason);
    if (!isCurrent && this.#state !== 'waiting')
      this.#event(this.#state === 'live' ? 'behind' : 'deadline');
  }

  #take(event: VenueSnapshot | VenueDiff): void {
    const outcome = event.type === 'snapshot' ? this.#book.snapshot(event) : this.#book.diff(event);
    const isWaiting = outcome.type === 'waits';
    if (event.type === 'snapshot' || !isWaiting) this.#settleAt = undefined;
    if (event.type === 'snapshot' && isWaiting && !isBridged(this.#venue))
      this.#settleAt = later(this.#clock.monotonic(), SETTLE_MS);
    const isRight = checksumHolds(this.#venue.rule, event, outcome);
    if (isRight !== undefined) this.#host.audited(isRight);
    this.#outcome(outcome);
    if (outcome.type === 'changed') this.#judge(this.#audits.applied(event, this.#book));
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
    this.#report.began(eventTime);
    this.#timeliness.came(eventTime, this.#clock.monotonic());
    // If the book is live, its grid changed or the venue sent a full book again.
    if (!this.#report.isOf(grid)) this.#report.announce(grid);
    this.#event('began');
    if (this.#timeliness.isLate) this.#behind('slow');
  }

  /** A new socket's book is complete while the old one has none. */
  #beginAgain(eventTime: EpochMs = this.#report.eventTime): void {
    const grid = this.#book.grid?.grid;
    if (grid !== undefined) this.#outcome({ type: 'began', grid, eventTime });
  }

  #gap(reason: StateReason, event: 'gap' | 'doubted' = 'gap'): void {
    this.#reason = reason;
    this.#audits.clear();
    this.#event(event);
  }

  #behind(reason: StateReason): void {
    this.#reason = reason;
    this.#event('behind');
  }

  /** An audit showed that the book is wrong: it starts over. */
  #judge(problem: string | undefined): void {
    if (problem === undefined || (this.#state !== 'live' && this.#state !== 'stale')) return;
    const { mismatched } = this.#audits.counts;
    // The 1st, 2nd, 4th, 8th ...
    if ((mismatched & (mismatched - 1)) === 0)
      this.#host.tell('warning', `${this.symbol}: ${problem}; the book starts over`);
    this.#book.clear();
    this.#gap('checksum');
  }

  #update(changed: BookOutcome & { readonly type: 'changed' }): void {
    const now = this.#clock.monotonic();
    // Best levels alone say nothing of the others, whose age is the book's.
    const isTop = changed.isTop === true;
    if (!isTop) this.#timeliness.came(changed.eventTime, now);
    const { isLate } = this.#timeliness;
    if (isLate && this.#state === 'live') this.#behind('slow');
    if (this.#state !== 'live' && this.#state !== 'stale') return;
    this.#report.update(changed.eventTime, changed);
    if (!isLate && !isTop) {
      this.#timeliness.fresh(now);
      if (this.#state === 'stale') this.#event('fresh');
    }
    this.#judge(this.#audits.book(this.#book));
  }

  #event(event: SubscriptionEvent): void {
    const { state, actions } = subscriptionStep(this.#state, event);
    this.#state = state;
    if (state !== 'live') this.#timeliness.interrupt();
    for (const action of actions) this.#act(action);
  }

  #act(action: SubscriptionAction): void {
    const now = this.#clock.monotonic();
    switch (action) {
      case 'arm':
        return this.#deadline.arm(now, !this.isTold || this.isHalted);
      case 'disarm':
        return this.#deadline.met();
      case 'fetch':
        return this.#fetch();
      case 'resync':
        if (this.#liveSince !== undefined && now - this.#liveSince > WELL_MS)
          this.#requests.reset();
        return this.#fetch();
      case 'elsewhere':
        return this.#host.elsewhere();
      case 'say-begun':
        this.#liveSince = now;
        this.#timeliness.fresh(now);
        return this.#sayBook();
      case 'say-ok':
        this.#liveSince = now;
        return this.#report.state('ok', 'upstream-silent');
      case 'say-behind':
        return this.#report.state('stale', this.#reason);
      case 'say-lost':
        return this.#report.lost();
      case 'say-gap':
        return this.#report.gap(this.#reason);
      case 'forget':
        this.#requests.cancel();
        this.#audits.clear();
        this.#settleAt = undefined;
        this.#timeliness.reset();
        this.#book.clear();
    }
  }

  #sayBook(): void {
    this.#report.book(this.#book.levels);
    this.trades.release();
  }

  #refine(grid: LiveGrid): boolean {
    if (!this.#book.refine(grid)) return false;
    this.#report.announce(grid.grid);
    if (this.#state === 'live' || this.#state === 'stale') {
      // In other steps it is as old as it was.
      this.#sayBook();
      if (this.#state === 'stale') this.#report.state('stale', this.#reason);
    }
    return true;
  }

  #fetch(): void {
    this.#requests.start(() => {
      if (this.#venue.snapshot !== undefined)
        return this.#book.wantsSnapshot ? this.#ask() : undefined;
      // What arrives next belongs to a new subscription.
      this.#book.clear();
      this.#timeliness.reset();
      this.#host.resubscribe();
      this.#act('arm');
      return undefined;
    });
  }

  #ask(): Cancel {
    return this.#host.fetch((answer) => {
      this.#requests.done();
      if (typeof answer !== 'string' && answer.type === 'snapshot')
        this.#outcome(this.#book.snapshot(answer));
      else if (this.#state === 'bridging') this.#fetch();
    });
  }
}
