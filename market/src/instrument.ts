/** Why a stream was reset, or why a channel is not `ok`: the one closed list of the protocol (section 5). */
export const STATE_REASONS = [
  'upstream-gap',
  'upstream-silent',
  'upstream-reset',
  'checksum',
  'crossed',
  'restart',
  'halt',
  'delisted',
  'tick-size',
  'slow',
  'seek',
  'requested',
] as const;
export type StateReason = (typeof STATE_REASONS)[number];

/** What the feed says of a market: `ok` is a promise that its book is right (P16). */
export const MARKET_STATES = ['ok', 'syncing', 'stale', 'halted'] as const;
export type MarketState = (typeof MARKET_STATES)[number];

/**
 * A tradable thing. `symbol` is `NAME@venue` (P3), case matters. `tickSize` and `lotSize` are decimal strings:
 * a price is `priceTicks * tickSize`, a size `sizeLots * lotSize`. They change only with a new epoch (P13).
 */
export type Instrument = {
  readonly symbol: string;
  readonly venue: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  readonly lotSize: string;
};

const SYMBOL = /^[A-Za-z0-9./_-]{1,40}@[a-z0-9-]{1,24}$/;

/** True for `NAME@venue` as P3 has it: at most 65 characters, no space, no colon. */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text);
}

/** The part after `@`: `binance-usdm` of `BTCUSDT@binance-usdm`. */
export function venueOf(symbol: string): string {
  return symbol.slice(symbol.indexOf('@') + 1);
}
