/** Why a stream was reset, or why a channel is not `ok`: the protocol's closed list (section 5). */
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
  'no-book',
  'no-book-yet',
] as const;
export type StateReason = (typeof STATE_REASONS)[number];

/** Why a recorded market has no book: the recording has none at all, or none until a later time (P28d). */
export type Bookless = Extract<StateReason, 'no-book' | 'no-book-yet'>;

/** Whether the recording simply has no book: nothing is wrong, and a resync would not help. */
export function isBookless(reason: StateReason | undefined): reason is Bookless {
  return reason === 'no-book' || reason === 'no-book-yet';
}

/** A market's state as the feed reports it. `ok` guarantees that its book is correct (P16). */
export const MARKET_STATES = ['ok', 'syncing', 'stale', 'halted'] as const;
export type MarketState = (typeof MARKET_STATES)[number];

/**
 * A tradable instrument. `symbol` is `NAME@venue` (P3), case-sensitive. `tickSize` and `lotSize` are decimal strings:
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

/** An instrument in a channel message (`subscribed`, `reset`). Older feeds do not send base and quote. */
export type ChannelInstrument = Pick<Instrument, 'symbol' | 'tickSize' | 'lotSize'> & {
  readonly base?: string | undefined;
  readonly quote?: string | undefined;
};

/** The part of an instrument that channel messages carry; the venue is in the symbol. */
export function channelInstrument(instrument: Instrument): ChannelInstrument {
  const { symbol, tickSize, lotSize, base, quote } = instrument;
  return { symbol, tickSize, lotSize, base, quote };
}

/**
 * Letters, digits and marks of any script: venues list coins with names such as `币安人生USDT`. ccxt and Bitfinex use
 * the colon (`BTC/USDT:USDT`), Hyperliquid the leading `@` (`@107`).
 */
const NAME = String.raw`@?[\p{L}\p{M}\p{N}._/:-]{1,40}`;
const SYMBOL = new RegExp(`^${NAME}@[a-z0-9-]{1,24}$`, 'u');

/** The form of a symbol, for error messages. */
export const SYMBOL_FORM =
  'NAME@venue, where NAME is 1 to 40 letters or digits of any script or . _ - / : and venue consists of a-z 0-9 -';

/**
 * Whether `text` is a valid `NAME@venue` (P3). Only NFC is valid: otherwise two Unicode spellings of one letter would
 * give two symbols that look the same.
 */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text) && text === text.normalize('NFC');
}

/** The part after the last `@`: `binance-usdm` of `BTCUSDT@binance-usdm`. */
export function venueOf(symbol: string): string {
  return symbol.slice(symbol.lastIndexOf('@') + 1);
}

/** The venue's own name of the instrument: the part before the last `@`, or the whole text if there is no venue. */
export function nameOf(symbol: string): string {
  const at = symbol.lastIndexOf('@');
  return at <= 0 ? symbol : symbol.slice(0, at);
}
