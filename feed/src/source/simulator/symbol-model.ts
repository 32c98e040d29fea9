/*
 * One symbol's market: a limit order book under order flow (Cont, Stoikov, Talreja 2010), stepped in fixed slots.
 *
 *   fair value (hidden) --lean--> limit orders, requotes, informed market orders
 *   activity (Hawkes)   --------> every rate
 *   order signs (LMF)   --------> market orders --> trades, surprise moves the fair value
 *
 * Within a slot the rates change only with the book, so the waiting time to the next event is exponential and the
 * event is drawn in proportion to the rates. The same seed and slots give the same events, however the caller paces
 * them.
 */
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { MarketEvent, SourceSnapshot } from '@tapedeck/market/instrument/market-event';
import type { EpochMs, Level, Side } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';

import { Activity } from './activity.ts';
import { FairValue } from './fair-value.ts';
import { intraday } from './intraday.ts';
import {
  cancelRate,
  OrderDistances,
  PATIENT_REACH,
  PATIENT_SHARE,
  REACH,
} from './order-distances.ts';
import { OrderSigns } from './order-signs.ts';
import { OrderSizes } from './order-sizes.ts';
import { PriceGridBook } from './price-grid-book.ts';
import type { Knobs } from './scenario.ts';
import { streamSeed } from './seed-hash.ts';
import type { SimInstrument } from './sim-instrument.ts';

/** The fixed step of the model: hours, volatility and the decay of activity are constant within it. */
export const SLOT_MS = 10;
const SLOT_S = SLOT_MS / 1_000;

/**
 * A level farther than this from its own best price is dropped, so that a book has at most about 200 levels per side.
 */
const TRIM_DISTANCE = 200;
const TRIM_PER_EVENT = 2;
/** The book never has fewer levels per side: the flow stops taking from it and refills it first. */
const MIN_LEVELS = 4;
const MAX_SWEEP = 5;
/** Orders are cancelled in smaller pieces than they arrived in: this many times the size of an order. */
const CANCEL_SHARE = 0.4;
/**
 * How much of the predictable flow is absorbed by liquidity (absorb), and the share of informed orders at rest
 * (pInf).
 */
const ABSORB = 2.5;
const INFORMED = 0.12;
/** Mispricing, in ticks, from which informed traders act. */
const INFORMED_FROM = 1;
/** Quotes on the wrong side of the fair value are pulled at this rate, times exp(lean * mispricing) - 1. */
const REQUOTE = 5;
const MAX_REQUOTE = 60;
/** Mispricing that nobody acts on, ticks: slightly more than half a spread. */
const TOLERANCE = 0.6;
/** Ticks that a completely surprising trade moves the fair value, in units of its volatility. */
const IMPACT = 0.12;
const NO_LEVELS: readonly Level[] = [];

export class SymbolModel {
  readonly profile: SimInstrument;
  readonly symbol: string;
  instrument: Instrument;
  /** A paused market neither moves nor sends anything (halt, silence, restart). */
  paused = false;

  readonly #random: Random;
  readonly #fair: FairValue;
  readonly #activity = new Activity(SLOT_S);
  readonly #signs: OrderSigns;
  readonly #sizes: OrderSizes;
  readonly #book: PriceGridBook;
  readonly #distances: OrderDistances;
  #hours = 1;
  #hoursAt = -Infinity;
  #offset = 0;
  #knobs: Knobs | undefined;

  constructor(profile: SimInstrument, seed: number, startPriceTicks = profile.startPriceTicks) {
    const { flow, instrument } = profile;
    this.profile = profile;
    this.instrument = instrument;
    this.symbol = instrument.symbol;
    this.#random = new Random(streamSeed(seed, `${this.symbol}/flow`));
    const hidden = new Random(streamSeed(seed, `${this.symbol}/fair`));
    this.#fair = new FairValue(hidden, startPriceTicks + 0.5, flow.volatility, flow.beta);
    this.#signs = new OrderSigns(this.#random);
    this.#sizes = new OrderSizes(this.#random, flow.unitLots, flow.stepLots);
    this.#book = new PriceGridBook((distance) => cancelRate(distance) / flow.unitLots);
    this.#distances = new OrderDistances(this.#random, flow.limit, flow.decay);
    this.reseed();
  }

  get bestBid(): number {
    return this.#book.bestBid;
  }

  get bestAsk(): number {
    return this.#book.bestAsk;
  }

  bidSize(price: number): number {
    return this.#book.size('bid', price);
  }

  /** News moves the fair value, by a multiple of its volatility, and raises activity. */
  jump(volatilities: number): void {
    this.#fair.move(volatilities * this.#fair.volatility);
    this.#activity.excite(12, 2 * this.profile.flow.market * this.profile.flow.rate);
  }

  /** A fresh book around the fair value: at the opening, and after every interruption of the market. */
  reseed(): void {
    const middle = Math.floor(this.#fair.ticks + this.#offset);
    this.#book.reset(this.#seedSide(middle, -1), this.#seedSide(middle + 1, 1));
  }

  /** Trades on a grid `factor` times as coarse from now on; the caller announces it as a new instrument. */
  regrid(instrument: Instrument, factor: number): void {
    this.instrument = instrument;
    this.#fair.regrid(factor);
    this.#offset /= factor;
    this.reseed();
  }

  snapshot(eventTime: EpochMs, receiveTime: EpochMs): SourceSnapshot {
    const bids = this.#book.levels('bid');
    const asks = this.#book.levels('ask');
    return { type: 'snapshot', symbol: this.symbol, eventTime, receiveTime, bids, asks };
  }

  /**
   * Runs one slot from `start`, with the `common` normal shared by all symbols, and appends its events to `out`.
   * Events have their own times; `receiveTime` is when the caller passes them on (undefined: at once).
   */
  runSlot(
    start: EpochMs,
    knobs: Knobs,
    common: number,
    out: MarketEvent[],
    receiveTime: EpochMs | undefined,
  ): void {
    if (this.paused) return;
    const { flow } = this.profile;
    if (start - this.#hoursAt >= 1_000) {
      this.#hoursAt = start;
      this.#hours = intraday(this.profile.hours, start);
    }
    this.#knobs = knobs;
    this.#offset = knobs.offset * this.#fair.volatility;
    this.#fair.step(SLOT_S, common, knobs.volatility * Math.sqrt(this.#hours), knobs.drift);
    this.#activity.decay();
    // Turbulent markets trade more, which couples volume and volatility.
    const pace =
      flow.rate * this.#hours * knobs.rate * clamp(Math.sqrt(this.#fair.turbulence), 0.5, 2.2);
    let now = 0;
    for (;;) {
      const rate = pace * this.#activity.level;
      const fair = this.#fair.ticks + this.#offset;
      const gap = fair - (this.#book.bestBid + this.#book.bestAsk) / 2;
      const up = 1 / (1 + Math.exp(-2 * flow.lean * clamp(gap, -20, 20)));
      const limits = rate * this.#distances.rate * knobs.depth * (1 + PATIENT_SHARE);
      const predicted = this.#signs.predicted;
      const absorb = rate * flow.market * ABSORB * Math.abs(predicted) * knobs.depth;
      const markets = rate * 2 * flow.market;
      const cancels = (rate * knobs.cancel) / CANCEL_SHARE;
      const cancelBids = cancels * this.#book.weight('bid') * (1.5 - up);
      const cancelAsks = cancels * this.#book.weight('ask') * (0.5 + up);
      const pull = Math.abs(gap) - TOLERANCE;
      const requotes =
        pull <= 0
          ? 0
          : pace * Math.min(MAX_REQUOTE, REQUOTE * (Math.exp(Math.min(10, flow.lean * pull)) - 1));
      const total = limits * 2 + absorb + markets + cancelBids + cancelAsks + requotes;
      now += this.#random.exponential(1 / total);
      if (now >= SLOT_S) return;
      const time = Math.floor(start + now * 1_000);
      const received = receiveTime ?? time;

      let draw = this.#random.next() * total;
      if ((draw -= limits * 2) < 0) {
        this.#limit(this.#random.next() < up ? 'bid' : 'ask', fair, time, received, out);
      } else if ((draw -= cancelBids) < 0) {
        this.#cancel('bid', time, received, out);
      } else if ((draw -= cancelAsks) < 0) {
        this.#cancel('ask', time, received, out);
      } else if ((draw -= absorb) < 0) {
        this.#add(predicted > 0 ? 'ask' : 'bid', undefined, time, received, out);
      } else if ((draw -= requotes) < 0) {
        this.#requote(fair, gap, time, received, out);
      } else {
        this.#market(gap, pace, time, received, out);
      }
    }
  }

  #limit(side: Side, fair: number, time: EpochMs, received: EpochMs, out: MarketEvent[]): void {
    const distance = this.#distances.next();
    const price = side === 'bid' ? this.#book.bestAsk - distance : this.#book.bestBid + distance;
    // Nobody offers well below the fair value, or bids well above it.
    if (side === 'bid' ? price > fair + 1 : price < fair - 1) {
      if (this.#random.next() < 0.9) return;
    }
    this.#add(side, price, time, received, out);
  }

  /** A new order at `price`, by default at the touch. */
  #add(
    side: Side,
    price: number | undefined,
    time: EpochMs,
    received: EpochMs,
    out: MarketEvent[],
  ): void {
    const book = this.#book;
    const at = price ?? (side === 'bid' ? book.bestBid : book.bestAsk);
    const lots = book.size(side, at) + this.#sizes.next();
    book.set(side, at, lots);
    const levels: Level[] = [[at, lots]];
    this.#trim(side, levels);
    this.#update(side, levels, time, received, out);
  }

  #cancel(side: Side, time: EpochMs, received: EpochMs, out: MarketEvent[]): void {
    const book = this.#book;
    if (book.count(side) <= MIN_LEVELS) return this.#replenish(side, time, received, out);
    const price = book.priceAtWeight(side, this.#random.next() * book.weight(side));
    this.#update(side, [this.#reduce(side, price)], time, received, out);
  }

  /** Takes a piece off a level, or all of it. */
  #reduce(side: Side, price: number): Level {
    const { stepLots } = this.profile.flow;
    const piece = Math.max(
      stepLots,
      Math.round((this.#sizes.next() * CANCEL_SHARE) / stepLots) * stepLots,
    );
    const left = this.#book.size(side, price) - piece;
    const lots = left < stepLots ? 0 : left;
    this.#book.set(side, price, lots);
    return [price, lots];
  }

  /** A nearly empty side gets an order slightly behind its last level. */
  #replenish(side: Side, time: EpochMs, received: EpochMs, out: MarketEvent[]): void {
    const behind = this.#random.integer(1, 5);
    const price = this.#book.farthest(side) + (side === 'bid' ? -behind : behind);
    this.#add(side, price, time, received, out);
  }

  /** Market makers follow the fair value: overtaken quotes are pulled, and the other side steps up, in one update. */
  #requote(fair: number, gap: number, time: EpochMs, received: EpochMs, out: MarketEvent[]): void {
    const book = this.#book;
    const rising = gap > 0;
    const overtaken: Side = rising ? 'ask' : 'bid';
    const pulled: Level[] = [];
    if (Math.abs(gap) < 1.5) {
      if (book.count(overtaken) > MIN_LEVELS) {
        pulled.push(this.#reduce(overtaken, rising ? book.bestAsk : book.bestBid));
      }
    } else {
      const most = 1 + Math.min(3, Math.floor(Math.abs(gap) / 4));
      while (pulled.length < most && book.count(overtaken) > MIN_LEVELS) {
        const touch = rising ? book.bestAsk : book.bestBid;
        if (rising ? touch > fair + 0.5 : touch < fair - 0.5) break;
        book.set(overtaken, touch, 0);
        pulled.push([touch, 0]);
      }
    }
    const added: Level[] = [];
    const step = this.#random.integer(0, 1);
    const price = rising
      ? Math.min(book.bestAsk - 1, Math.floor(fair) - step)
      : Math.max(book.bestBid + 1, Math.ceil(fair) + step);
    const stepping: Side = rising ? 'bid' : 'ask';
    if (rising ? price >= book.bestBid : price <= book.bestAsk) {
      const lots = book.size(stepping, price) + this.#sizes.next();
      book.set(stepping, price, lots);
      added.push([price, lots]);
      this.#trim(stepping, added);
    }
    if (pulled.length + added.length === 0) return;
    const [bids, asks] = rising ? [added, pulled] : [pulled, added];
    out.push({
      type: 'update',
      symbol: this.symbol,
      eventTime: time,
      receiveTime: received,
      bids,
      asks,
    });
  }

  /** A market order walks the book: a trade for each level, then the one update that they cause. */
  #market(gap: number, pace: number, time: EpochMs, received: EpochMs, out: MarketEvent[]): void {
    const knobs = this.#knobs as Knobs;
    const sign = this.#sign(gap, knobs.bias);
    const side: Side = sign > 0 ? 'ask' : 'bid';
    const aggressor = sign > 0 ? 'buy' : 'sell';
    const book = this.#book;
    let left = this.#sizes.next() * knobs.size;
    // One order in 30 is a sweep.
    if (this.#random.next() < 1 / 30) left *= 4;
    const levels: Level[] = [];
    while (left > 0 && levels.length < MAX_SWEEP && book.count(side) > MIN_LEVELS) {
      const price = sign > 0 ? book.bestAsk : book.bestBid;
      const resting = book.size(side, price);
      const sizeLots = Math.min(left, resting);
      left -= sizeLots;
      book.set(side, price, resting - sizeLots);
      levels.push([price, resting - sizeLots]);
      out.push({
        type: 'trade',
        symbol: this.symbol,
        eventTime: time,
        receiveTime: received,
        priceTicks: price,
        sizeLots,
        aggressor,
      });
    }
    if (levels.length === 0) return this.#replenish(side, time, received, out);
    this.#update(side, levels, time, received, out);
    // Only what was unexpected is information about the value.
    const surprise = sign - this.#signs.predicted;
    this.#fair.move(IMPACT * this.#fair.volatility * surprise);
    this.#signs.record(sign);
    this.#activity.excite(1, 2 * this.profile.flow.market * pace);
  }

  #sign(gap: number, bias: number): 1 | -1 {
    if (bias !== 0 && this.#random.next() < Math.abs(bias)) return bias > 0 ? 1 : -1;
    const distance = Math.abs(gap);
    if (distance > INFORMED_FROM && this.#random.next() < INFORMED) return gap > 0 ? 1 : -1;
    return this.#signs.next();
  }

  #update(side: Side, levels: Level[], time: EpochMs, received: EpochMs, out: MarketEvent[]): void {
    out.push({
      type: 'update',
      symbol: this.symbol,
      eventTime: time,
      receiveTime: received,
      bids: side === 'bid' ? levels : NO_LEVELS,
      asks: side === 'ask' ? levels : NO_LEVELS,
    });
  }

  /** Drops levels far behind the market, a few per event, in the same update. */
  #trim(side: Side, levels: Level[]): void {
    const book = this.#book;
    for (let n = 0; ; n++) {
      const far = book.farthest(side);
      const distance = side === 'bid' ? book.bestBid - far : far - book.bestAsk;
      if (distance <= TRIM_DISTANCE || book.count(side) <= MIN_LEVELS) return;
      // A few levels per event; all of them when a crash has outrun the trimming.
      if (n >= TRIM_PER_EVENT && distance < 4 * TRIM_DISTANCE) return;
      book.set(side, far, 0);
      levels.push([far, 0]);
    }
  }

  /** Levels from `best` outward, about as deep as the flow keeps them. */
  #seedSide(best: number, step: 1 | -1): Level[] {
    const levels: Level[] = [];
    for (let distance = 0; distance < PATIENT_REACH; distance++) {
      const orders = distance < REACH ? this.#random.integer(2, 4) : this.#random.integer(0, 1);
      let lots = 0;
      for (let order = 0; order < orders; order++) lots += this.#sizes.next();
      if (lots > 0) levels.push([best + step * distance, lots]);
    }
    return levels;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
