/*
 * Faults in a source's events, one per symbol at a time. The true book is kept here while the engine does not get it,
 * so that the end of a fault restores the book as it is by then:
 *
 *   gap      changes are lost and the source knows: syncing at once, a snapshot at the end
 *   silent   nothing comes, unannounced: the silence watch must detect it (P16)
 *   crossed  a bid above the best ask, until the fault ends (P15)
 */
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { MarketEvent, MarketSink } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { VenueFaultKind } from '@tapedeck/market/wire/chaos';

import type { MarketEngine } from '../engine/market-engine.ts';

/** How far the crossing bid is above the best ask, ticks. */
const CROSS_TICKS = 2;

type VenueFault = {
  readonly kind: VenueFaultKind;
  readonly until: EpochMs;
  readonly truth: OrderBook;
  /** Of the crossing bid. */
  readonly price: number;
  readonly cancel: Cancel;
};

export class ChaosVenue {
  readonly #engine: MarketEngine;
  readonly #clock: Clock;
  readonly #inner: MarketSink;
  readonly #faults = new Map<string, VenueFault>();
  /** Symbols whose events pass through here. */
  readonly #own = new Set<string>();
  readonly #onEnd: () => void;

  /** `onEnd` is called when a fault has ended by itself. */
  constructor(engine: MarketEngine, clock: Clock, inner: MarketSink, onEnd: () => void) {
    this.#engine = engine;
    this.#clock = clock;
    this.#inner = inner;
    this.#onEnd = onEnd;
  }

  get active(): readonly {
    readonly symbol: string;
    readonly fault: VenueFaultKind;
    readonly until: EpochMs;
  }[] {
    return [...this.#faults].map(([symbol, { kind, until }]) => ({ symbol, fault: kind, until }));
  }

  /** Takes the place of the sources' sink. */
  readonly sink: MarketSink = (event) => {
    if (event.type === 'instrument') this.#own.add(event.instrument.symbol);
    if (this.#faults.size === 0) return this.#inner(event);
    const symbol = symbolOf(event);
    const fault = symbol === undefined ? undefined : this.#faults.get(symbol);
    if (symbol === undefined || fault === undefined) return this.#inner(event);
    if (event.type === 'state' || event.type === 'instrument') {
      // A state or instrument of the source ends the fault first, so that it takes full effect.
      this.#end(symbol, fault);
      return this.#inner(event);
    }
    if (event.type === 'snapshot') fault.truth.applySnapshot({ ...event, sequence: 0 });
    else if (event.type === 'update')
      fault.truth.applyDelta({ ...event, previous: 0, sequence: 0 });
    const isKept = fault.kind === 'silent' || (fault.kind === 'gap' && event.type !== 'trade');
    if (!isKept) this.#inner(event);
  };

  /** Returns the reason if it cannot. */
  begin(symbol: string, kind: VenueFaultKind, forMs: number): string | undefined {
    const market = this.#engine.market(symbol);
    if (market === undefined) return `symbol: unknown symbol ${symbol}`;
    // A pusher gets a report on each event, which a fault would make untrue; it can drop events itself.
    if (!this.#own.has(symbol))
      return `symbol: ${symbol} is pushed from outside, not by the feed's own source: only that can have faults`;
    if (this.#faults.has(symbol)) return `symbol: ${symbol} has a fault already`;
    const [ask] = market.book.asks.top(1);
    if (!market.ready || market.state !== 'ok' || ask === undefined)
      return `symbol: ${symbol} is ${market.state}, a fault needs a book that is ok`;
    const truth = new OrderBook();
    truth.applySnapshot(market.book.snapshot());
    const price = ask[0] + CROSS_TICKS;
    const cancel = this.#clock.after(forMs, () => {
      this.#end(symbol, this.#faults.get(symbol));
      this.#onEnd();
    });
    const until = this.#clock.now() + forMs;
    this.#faults.set(symbol, { kind, until, truth, price, cancel });
    if (kind === 'gap') this.#say(symbol, 'syncing', market.lastEventTime);
    if (kind === 'crossed') this.#bid(symbol, price, ask[1], truth.eventTime);
    return undefined;
  }

  close(): void {
    for (const { cancel } of this.#faults.values()) cancel();
    this.#faults.clear();
  }

  #end(symbol: string, fault: VenueFault | undefined): void {
    if (fault === undefined) return;
    fault.cancel();
    this.#faults.delete(symbol);
    const { kind, truth, price } = fault;
    const { eventTime } = truth;
    if (kind === 'crossed') {
      // The market may have reached that price: the real size there is sent again.
      this.#bid(symbol, price, truth.bids.sizeOf(price), eventTime);
      return;
    }
    if (kind === 'silent') this.#say(symbol, 'syncing', eventTime);
    const { bids, asks } = truth.snapshot();
    const receiveTime = this.#clock.now();
    this.#inner({ type: 'snapshot', symbol, eventTime, receiveTime, bids, asks });
    this.#say(symbol, 'ok', eventTime);
  }

  #say(symbol: string, state: 'syncing' | 'ok', eventTime: EpochMs): void {
    this.#inner({ type: 'state', symbol, eventTime, state, reason: 'upstream-gap' });
  }

  #bid(symbol: string, price: number, sizeLots: number, eventTime: EpochMs): void {
    const receiveTime = this.#clock.now();
    const bids = [[price, sizeLots]] as const;
    this.#inner({ type: 'update', symbol, eventTime, receiveTime, bids, asks: [] });
  }
}

function symbolOf(event: MarketEvent): string | undefined {
  if (event.type === 'instrument') return event.instrument.symbol;
  return 'symbol' in event ? event.symbol : undefined;
}
