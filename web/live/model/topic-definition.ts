import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { Instrument } from '@tapedeck/market/instrument/instrument';

import type { TapeView, TickerView } from './view-model.ts';

/** What the worker has of a topic's channel; views are made from it. */
export interface TopicSource {
  readonly instrument: Instrument;
  /** Undefined while it is being repaired, when the last good view stays. */
  readonly book: OrderBook | undefined;
  tape(): TapeView;
  ticker(): TickerView | undefined;
}

/** One kind of topic: its channel, its rate and its view. `P`: what a panel chooses; `V`: the view. */
export interface TopicDefinition<P, V> {
  /** The feed's channel with its data. */
  channel(topic: P): string;
  /** The least time between two views, ms. */
  periodMs(topic: P): number;
  /**
   * Undefined before the first value; a topic without values always returns it. Best prices are `bestBid` and
   * `bestAsk`, as levels: the data lamp counts where they cross.
   */
  view(topic: P, source: TopicSource): V | undefined;
  /** Its data counts for the figure received -> painted. */
  readonly isMeasured?: true;
}
