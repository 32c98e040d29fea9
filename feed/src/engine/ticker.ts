import type { SymbolMarket } from './symbol-market.ts';

/** Last price, best prices and the last 24 hours of a market; null if there is none yet. */
export type Ticker = {
  readonly last: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly open24h: number | null;
  readonly volume24h: number;
  readonly eventTime: number;
  /** Of its last trade. */
  readonly sequence: number;
};

export function tickerOf(market: SymbolMarket): Ticker {
  const { open24h, volume24h } = market.candles.day(market.lastEventTime);
  return {
    last: market.trades.last?.priceTicks ?? market.candles.close ?? null,
    bid: market.book.bids.priceAt(0) ?? null,
    ask: market.book.asks.priceAt(0) ?? null,
    open24h: open24h ?? null,
    volume24h,
    eventTime: market.lastEventTime,
    sequence: market.tradeSequence,
  };
}
