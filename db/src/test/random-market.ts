import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { Level } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import type { Trade } from '@tapedeck/market/tape/trade';

/** The next event of a generated market. */
export type MarketStep =
  | { readonly type: 'snapshot'; readonly snapshot: BookSnapshot }
  | { readonly type: 'delta'; readonly delta: BookDelta }
  | { readonly type: 'trade'; readonly trade: Trade };

/** How irregular the market is. */
export type RandomMarketOptions = {
  readonly random: Random;
  readonly startTime: number;
  /** Mean time between events, ms. */
  readonly meanStepMs: number;
  /** Probability of a new snapshot instead of a delta. */
  readonly snapshots?: number;
  /** Probability that a trade is up to 90 s late. */
  readonly lateTrades?: number;
};

/** An unrealistic market with every edge case: empty sides, removals of unknown levels, silences, resets. */
export class RandomMarket {
  readonly book = new OrderBook();
  readonly #random: Random;
  readonly #options: RandomMarketOptions;
  #time: number;
  #trades = 0;

  constructor(options: RandomMarketOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#time = options.startTime;
  }

  /** The next event; the first is a snapshot. */
  next(): MarketStep {
    const random = this.#random;
    this.#time += Math.floor(random.exponential(this.#options.meanStepMs));
    if (random.chance(0.001)) this.#time += random.integer(5_000, 40_000);
    if (this.book.sequence === 0 || random.chance(this.#options.snapshots ?? 0))
      return { type: 'snapshot', snapshot: this.#snapshot() };
    if (random.chance(0.2)) return { type: 'trade', trade: this.#trade() };
    return { type: 'delta', delta: this.#delta() };
  }

  #snapshot(): BookSnapshot {
    const snapshot = {
      sequence: this.book.sequence + this.#random.integer(1, 9),
      eventTime: this.#time,
      receiveTime: this.#time - this.#random.integer(-500, 1_500),
      bids: this.#levels(40, -1).filter((level) => level[1] > 0),
      asks: this.#levels(40, 1).filter((level) => level[1] > 0),
    };
    this.book.applySnapshot(snapshot);
    return snapshot;
  }

  #delta(): BookDelta {
    const previous = this.book.sequence;
    const delta = {
      previous,
      sequence: previous + (this.#random.chance(0.1) ? this.#random.integer(1, 50) : 1),
      eventTime: this.#time,
      receiveTime: this.#time - this.#random.integer(-500, 1_500),
      bids: this.#levels(this.#random.integer(0, 4), -1),
      asks: this.#levels(this.#random.integer(0, 4), 1),
    };
    this.book.applyDelta(delta);
    return delta;
  }

  #trade(): Trade {
    const late = this.#random.chance(this.#options.lateTrades ?? 0);
    return {
      sequence: ++this.#trades,
      eventTime: late ? this.#time - this.#random.integer(0, 90_000) : this.#time,
      priceTicks: 100_000 + this.#random.integer(-200, 200),
      sizeLots: this.#random.integer(1, 5_000),
      aggressor: this.#random.chance(0.5) ? 'buy' : 'sell',
    };
  }

  /** Best first, each price once, some with size 0. */
  #levels(count: number, direction: 1 | -1): readonly Level[] {
    const prices = new Set<number>();
    for (let i = 0; i < count; i++)
      prices.add(100_000 + direction * Math.floor(this.#random.exponential(60)));
    return [...prices]
      .toSorted((a, b) => (a - b) * direction)
      .map(
        (price) => [price, this.#random.chance(0.3) ? 0 : this.#random.integer(1, 1e9)] as const,
      );
  }
}
