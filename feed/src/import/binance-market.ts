import type { RecordedMarket } from './recording-format.ts';

/** Longest first: BTCUSDT is BTC/USDT, not BTCUSD/T. */
const QUOTES = [
  'FDUSD',
  'USDT',
  'USDC',
  'BUSD',
  'TUSD',
  'USD',
  'EUR',
  'TRY',
  'BRL',
  'JPY',
  'BTC',
  'ETH',
  'BNB',
] as const;

/** A Binance market by its name. */
export function describeMarket(market: string, venue: string): RecordedMarket {
  const pair = market.replace(/_.*$/, '');
  const quote = QUOTES.find((candidate) => pair.endsWith(candidate) && pair !== candidate) ?? '';
  return { market, venue, base: pair.slice(0, pair.length - quote.length), quote };
}
