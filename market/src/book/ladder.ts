import type { Side } from '../number/level.ts';
import type { BookSide } from './book-side.ts';
import type { OrderBook } from './order-book.ts';

/** Price groupings of a ladder, in ticks. */
export const GROUPINGS = [1, 2, 5, 10, 25, 50, 100] as const;

/** One grouped row: its price, its total size, and the cumulative size from the best row to this one. */
export type GroupedLevel = {
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly cumulativeLots: number;
};

/**
 * The price of the group that contains `priceTicks`. Bids round down and asks round up, so that a grouped row never
 * shows a better price than the orders in it.
 */
export function groupPrice(side: Side, priceTicks: number, groupTicks: number): number {
  const groups = priceTicks / groupTicks;
  return (side === 'bid' ? Math.floor(groups) : Math.ceil(groups)) * groupTicks;
}

/**
 * The best `rows` grouped rows of a side, best first. The last row may be incomplete if the known depth ends in it.
 */
export function groupedLevels(side: BookSide, groupTicks: number, rows: number): GroupedLevel[] {
  const result: GroupedLevel[] = [];
  let priceTicks = 0;
  let sizeLots = 0;
  let cumulativeLots = 0;
  for (let i = 0; i < side.length; i++) {
    const price = groupPrice(side.side, side.priceAt(i) as number, groupTicks);
    if (i > 0 && price !== priceTicks) {
      result.push({ priceTicks, sizeLots, cumulativeLots });
      if (result.length === rows) return result;
      sizeLots = 0;
    }
    priceTicks = price;
    sizeLots += side.sizeAt(i);
    cumulativeLots += side.sizeAt(i);
  }
  if (side.length > 0) result.push({ priceTicks, sizeLots, cumulativeLots });
  return result;
}

/** Best ask minus best bid in ticks: negative when crossed, undefined while a side is empty. */
export function spreadTicks(book: OrderBook): number | undefined {
  const bid = book.bids.priceAt(0);
  const ask = book.asks.priceAt(0);
  return bid === undefined || ask === undefined ? undefined : ask - bid;
}

/** Midpoint of the best bid and ask in ticks; may end in .5. */
export function midTicks(book: OrderBook): number | undefined {
  const bid = book.bids.priceAt(0);
  const ask = book.asks.priceAt(0);
  return bid === undefined || ask === undefined ? undefined : (bid + ask) / 2;
}

/**
 * The best bid and ask, each weighted by the opposite side's size, in ticks: (bid * askSize + ask * bidSize) /
 * (bidSize + askSize), the "weighted mid" of Gatheral and Oomen, 2010.
 */
export function micropriceTicks(book: OrderBook): number | undefined {
  const bid = book.bids.priceAt(0);
  const ask = book.asks.priceAt(0);
  if (bid === undefined || ask === undefined) return undefined;
  const bidSize = book.bids.sizeAt(0);
  const askSize = book.asks.sizeAt(0);
  return (bid * askSize + ask * bidSize) / (bidSize + askSize);
}

/** (bids - asks) / (bids + asks) over the best `levels` of each side, -1..1; undefined while a side is empty. */
export function imbalance(book: OrderBook, levels: number): number | undefined {
  if (book.bids.length === 0 || book.asks.length === 0) return undefined;
  let bids = 0;
  let asks = 0;
  for (let i = 0; i < levels; i++) {
    bids += book.bids.sizeAt(i);
    asks += book.asks.sizeAt(i);
  }
  return (bids - asks) / (bids + asks);
}
