/*
 * Whether a pushed batch is accepted, decided before any of it is applied: what the batch itself declares is tracked
 * on top of the engine's state, and the first event that does not fit refuses the whole batch.
 */
import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import { type Instrument, venueOf } from '@tapedeck/market/instrument/instrument';
import { unreachable } from '@tapedeck/market/number/assert';
import type { EpochMs, Level } from '@tapedeck/market/number/level';
import type { PushedEvent } from '@tapedeck/market/wire/push';

import type { MarketEngine } from '../../engine/market-engine.ts';
import {
  bad,
  foreign,
  headlineRefusal,
  type PushRefusal,
  sideRefusal,
  timeRefusal,
  unannounced,
  volumeRefusal,
} from './push-refusal.ts';

/** The simulator's venue: its symbols are simulated, whatever the feed runs. */
const RESERVED_VENUE = 'sim';
const MAX_MARKETS = 200;
/** Symbols per run of the feed, removed ones included: a client may still follow one. */
const MAX_KNOWN = 400;
/** Levels per side of a pushed book. */
const MAX_BOOK_LEVELS = 20_000;

/** The pushed symbols that exist, and how many there ever were. */
export type OwnMarkets = {
  readonly markets: ReadonlyMap<string, unknown>;
  readonly known: ReadonlySet<string>;
};

type Draft = { ready: boolean; bids: number; asks: number; lotSize: string; dayVolume: number };

/** The first thing wrong with `events`; undefined if all of them can be applied, in this order. */
export function batchRefusal(
  events: readonly PushedEvent[],
  engine: MarketEngine,
  own: OwnMarkets,
  now: EpochMs,
): PushRefusal | undefined {
  const check = new BatchCheck(engine, own, now);
  for (const [index, event] of events.entries()) {
    const refusal = check.refusal(event);
    if (refusal !== undefined)
      return { error: refusal.error, message: `events.${index}.${refusal.message}` };
  }
  return undefined;
}

class BatchCheck {
  readonly #engine: MarketEngine;
  readonly #own: ReadonlyMap<string, unknown>;
  readonly #known: ReadonlySet<string>;
  readonly #now: EpochMs;
  readonly #drafts = new Map<string, Draft>();

  constructor(engine: MarketEngine, { markets, known }: OwnMarkets, now: EpochMs) {
    this.#engine = engine;
    this.#own = markets;
    this.#known = known;
    this.#now = now;
  }

  refusal(event: PushedEvent): PushRefusal | undefined {
    switch (event.type) {
      case 'instrument':
        return this.#instrument(event);
      case 'snapshot':
      case 'update':
        return this.#book(event);
      case 'trade':
        return this.#trade(event);
      case 'state':
        return this.#state(event);
      case 'headline':
        return headlineRefusal(event, this.#now);
      case 'status':
        return undefined;
      default:
        return unreachable(event);
    }
  }

  #instrument({
    symbol,
    tickSize,
    lotSize,
  }: PushedEvent & { readonly type: 'instrument' }): PushRefusal | undefined {
    if (venueOf(symbol) === RESERVED_VENUE)
      return bad(`symbol: the venue of "${symbol}" belongs to the simulator`);
    const market = this.#engine.market(symbol);
    if (market !== undefined && !this.#own.has(symbol)) return foreign(symbol);
    const known = this.#drafts.get(symbol);
    const isNew = market === undefined && known === undefined;
    if (isNew && this.#own.size + this.#newMarkets() >= MAX_MARKETS)
      return bad(`symbol: "${symbol}" is over the limit of ${MAX_MARKETS} pushed symbols`);
    if (!this.#known.has(symbol) && this.#known.size + this.#newNames() >= MAX_KNOWN)
      return bad(
        `symbol: "${symbol}" is over the limit of ${MAX_KNOWN} pushed symbols per start of the feed`,
      );
    const isSameGrid =
      market !== undefined && isWrittenAlike(market.instrument, { tickSize, lotSize });
    // A new grid is a new epoch of the book (P13): it starts empty.
    if (known === undefined && isSameGrid) this.#draft(symbol);
    else this.#drafts.set(symbol, { ready: false, bids: 0, asks: 0, lotSize, dayVolume: 0 });
    return undefined;
  }

  #book(event: PushedEvent & { readonly type: 'snapshot' | 'update' }): PushRefusal | undefined {
    const { type, symbol, eventTime, bids, asks } = event;
    const draft = this.#draft(symbol);
    if (draft === undefined) return unannounced(symbol);
    const late = timeRefusal('eventTime', eventTime, this.#now);
    if (late !== undefined) return late;
    const isWhole = type === 'snapshot';
    const wrong = sideRefusal('bids', bids, isWhole) ?? sideRefusal('asks', asks, isWhole);
    if (wrong !== undefined) return wrong;
    if (event.type === 'update') {
      if (bids.length + asks.length === 0) return bad(`bids: an update without a level`);
      if (event.previous !== undefined && event.sequence === undefined)
        return bad(`previous: ${event.previous} requires a sequence`);
      if (event.previous !== undefined && event.previous >= (event.sequence ?? 0))
        return bad(`previous: ${event.previous} is not below sequence ${event.sequence}`);
    }
    if (isWhole) Object.assign(draft, { ready: true, bids: bids.length, asks: asks.length });
    else this.#grow(symbol, draft, bids, asks);
    const { bids: bidCount, asks: askCount } = draft;
    if (Math.max(bidCount, askCount) > MAX_BOOK_LEVELS)
      return bad(`${bidCount > askCount ? 'bids' : 'asks'}: over ${MAX_BOOK_LEVELS} levels`);
    return undefined;
  }

  /** Only new prices make a book longer; one that the batch repeats may be counted twice. */
  #grow(symbol: string, draft: Draft, bids: readonly Level[], asks: readonly Level[]): void {
    const book = this.#engine.market(symbol)?.book;
    for (const [price, size] of bids)
      if (size > 0 && (book?.bids.sizeOf(price) ?? 0) === 0) draft.bids++;
    for (const [price, size] of asks)
      if (size > 0 && (book?.asks.sizeOf(price) ?? 0) === 0) draft.asks++;
  }

  #trade(event: PushedEvent & { readonly type: 'trade' }): PushRefusal | undefined {
    const { symbol, eventTime, sizeLots } = event;
    const draft = this.#draft(symbol);
    if (draft === undefined) return unannounced(symbol);
    if (sizeLots === 0) return bad('sizeLots: 0 is not a trade');
    const refusal =
      timeRefusal('eventTime', eventTime, this.#now) ??
      volumeRefusal(draft.dayVolume, sizeLots, draft.lotSize);
    draft.dayVolume += sizeLots;
    return refusal;
  }

  #state({ symbol, state }: PushedEvent & { readonly type: 'state' }): PushRefusal | undefined {
    const draft = this.#draft(symbol);
    if (draft === undefined) return unannounced(symbol);
    if (state === 'ok' && !draft.ready)
      return bad(`state: "ok" of ${symbol}, which waits for a snapshot`);
    if (state === 'syncing') draft.ready = false;
    return undefined;
  }

  /** What is known of a symbol at this point of the batch; undefined if it is not announced. */
  #draft(symbol: string): Draft | undefined {
    const known = this.#drafts.get(symbol);
    if (known !== undefined) return known;
    const market = this.#own.has(symbol) ? this.#engine.market(symbol) : undefined;
    if (market === undefined) return undefined;
    const { bids, asks } = market.book;
    const draft = {
      ready: market.ready,
      bids: bids.length,
      asks: asks.length,
      lotSize: market.instrument.lotSize,
      dayVolume: market.candles.day(this.#now).volume24h,
    };
    this.#drafts.set(symbol, draft);
    return draft;
  }

  #newNames(): number {
    let count = 0;
    for (const symbol of this.#drafts.keys()) if (!this.#known.has(symbol)) count++;
    return count;
  }

  #newMarkets(): number {
    let count = 0;
    for (const symbol of this.#drafts.keys()) if (!this.#own.has(symbol)) count++;
    return count;
  }
}

/** The instrument that a pushed event announces. */
export function instrumentOf(event: PushedEvent & { readonly type: 'instrument' }): Instrument {
  const { symbol, tickSize, lotSize, base, quote } = event;
  return { symbol, venue: venueOf(symbol), base, quote, tickSize, lotSize };
}
