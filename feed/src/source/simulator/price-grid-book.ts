/*
 * The simulator's own book: sizes by price tick in a ring, so that setting a level is an array store.
 *
 *   bids ... lowBid <= p <= bestBid  <  bestAsk <= p <= highAsk ... asks
 *
 * The sides never overlap, so one ring serves both; the owner trims levels far from the touch, so that it never
 * wraps. Besides the sizes it keeps, for each side, the sum of cancelRate(distance) * size: the total cancel rate.
 * Distances are counted from the opposite best price, so that sum is rebuilt whenever that price moves.
 */
import { assert } from '@tapedeck/market/number/assert';
import type { Level, Side } from '@tapedeck/market/number/level';

const RING = 4_096;
const MASK = RING - 1;

export class PriceGridBook {
  readonly #sizes = new Float64Array(RING);
  readonly #cancelRate: Float64Array;
  #bestBid = 0;
  #bestAsk = 1;
  #lowBid = 0;
  #highAsk = 1;
  #bidCount = 0;
  #askCount = 0;
  #bidWeight = 0;
  #askWeight = 0;

  /** @param cancelRate per lot and second, by distance from the opposite best. */
  constructor(cancelRate: (distance: number) => number) {
    this.#cancelRate = Float64Array.from({ length: RING }, (_, distance) => cancelRate(distance));
  }

  get bestBid(): number {
    return this.#bestBid;
  }

  get bestAsk(): number {
    return this.#bestAsk;
  }

  count(side: Side): number {
    return side === 'bid' ? this.#bidCount : this.#askCount;
  }

  /** Sum of cancelRate * size of a side, in lots per second. */
  weight(side: Side): number {
    return Math.max(0, side === 'bid' ? this.#bidWeight : this.#askWeight);
  }

  /** The price farthest from the touch that has a size. */
  farthest(side: Side): number {
    return side === 'bid' ? this.#lowBid : this.#highAsk;
  }

  /** Size resting on `side` at `price`; 0 if there is none. */
  size(side: Side, price: number): number {
    if (
      side === 'bid'
        ? price > this.#bestBid || price < this.#lowBid
        : price < this.#bestAsk || price > this.#highAsk
    ) {
      return 0;
    }
    return this.#sizes[price & MASK] as number;
  }

  /** Discards everything; `bids` and `asks` (any order, not empty) are the new book. */
  reset(bids: readonly Level[], asks: readonly Level[]): void {
    this.#sizes.fill(0);
    for (const [price, lots] of bids) this.#sizes[price & MASK] = lots;
    for (const [price, lots] of asks) this.#sizes[price & MASK] = lots;
    const bidPrices = bids.map(([price]) => price);
    const askPrices = asks.map(([price]) => price);
    this.#bestBid = Math.max(...bidPrices);
    this.#lowBid = Math.min(...bidPrices);
    this.#bestAsk = Math.min(...askPrices);
    this.#highAsk = Math.max(...askPrices);
    this.#bidCount = bids.length;
    this.#askCount = asks.length;
    assert(this.#bestBid < this.#bestAsk, 'a book starts uncrossed');
    this.#weighBids();
    this.#weighAsks();
  }

  /** Sets a level to an absolute size. The caller never crosses the book and never removes a side's last level. */
  set(side: Side, price: number, lots: number): void {
    if (side === 'bid') this.#setBid(price, lots);
    else this.#setAsk(price, lots);
  }

  #setBid(price: number, lots: number): void {
    const sizes = this.#sizes;
    const before = price < this.#lowBid ? 0 : (sizes[price & MASK] as number);
    sizes[price & MASK] = lots;
    this.#bidWeight += (this.#cancelRate[this.#bestAsk - price] as number) * (lots - before);
    if (before === 0 && lots > 0) {
      this.#bidCount += 1;
      if (price < this.#lowBid) this.#lowBid = price;
      if (price <= this.#bestBid) return;
      this.#bestBid = price;
      this.#weighAsks();
    } else if (before > 0 && lots === 0) {
      this.#bidCount -= 1;
      while (sizes[this.#lowBid & MASK] === 0) this.#lowBid += 1;
      if (price < this.#bestBid) return;
      while (sizes[this.#bestBid & MASK] === 0) this.#bestBid -= 1;
      this.#weighAsks();
    }
  }

  #setAsk(price: number, lots: number): void {
    const sizes = this.#sizes;
    const before = price > this.#highAsk ? 0 : (sizes[price & MASK] as number);
    sizes[price & MASK] = lots;
    this.#askWeight += (this.#cancelRate[price - this.#bestBid] as number) * (lots - before);
    if (before === 0 && lots > 0) {
      this.#askCount += 1;
      if (price > this.#highAsk) this.#highAsk = price;
      if (price >= this.#bestAsk) return;
      this.#bestAsk = price;
      this.#weighBids();
    } else if (before > 0 && lots === 0) {
      this.#askCount -= 1;
      while (sizes[this.#highAsk & MASK] === 0) this.#highAsk -= 1;
      if (price > this.#bestAsk) return;
      while (sizes[this.#bestAsk & MASK] === 0) this.#bestAsk += 1;
      this.#weighBids();
    }
  }

  /** The price of `side` at which the running sum of cancelRate * size, from the touch outward, reaches `target`. */
  priceAtWeight(side: Side, target: number): number {
    const sizes = this.#sizes;
    const rate = this.#cancelRate;
    let left = target;
    if (side === 'bid') {
      const opposite = this.#bestAsk;
      for (let price = this.#bestBid; price > this.#lowBid; price--) {
        left -= (rate[opposite - price] as number) * (sizes[price & MASK] as number);
        if (left <= 0) return price;
      }
      return this.#lowBid;
    }
    const opposite = this.#bestBid;
    for (let price = this.#bestAsk; price < this.#highAsk; price++) {
      left -= (rate[price - opposite] as number) * (sizes[price & MASK] as number);
      if (left <= 0) return price;
    }
    return this.#highAsk;
  }

  /** All levels of a side, best first. */
  levels(side: Side): Level[] {
    const levels: Level[] = [];
    const step = side === 'bid' ? -1 : 1;
    const last = this.farthest(side);
    for (let price = side === 'bid' ? this.#bestBid : this.#bestAsk; ; price += step) {
      const lots = this.#sizes[price & MASK] as number;
      if (lots > 0) levels.push([price, lots]);
      if (price === last) return levels;
    }
  }

  #weighBids(): void {
    let sum = 0;
    for (let price = this.#bestBid; price >= this.#lowBid; price--) {
      sum +=
        (this.#cancelRate[this.#bestAsk - price] as number) * (this.#sizes[price & MASK] as number);
    }
    this.#bidWeight = sum;
  }

  #weighAsks(): void {
    let sum = 0;
    for (let price = this.#bestAsk; price <= this.#highAsk; price++) {
      sum +=
        (this.#cancelRate[price - this.#bestBid] as number) * (this.#sizes[price & MASK] as number);
    }
    this.#askWeight = sum;
  }
}
