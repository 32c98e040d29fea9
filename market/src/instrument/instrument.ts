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
  'no-book',
  'no-book-yet',
] as const;
export type StateReason = (typeof STATE_REASONS)[number];

/** Of a recording: whether a market has no book in all of it, or none before a later moment (P28d). */
export type Bookless = Extract<StateReason, 'no-book' | 'no-book-yet'>;

/** Whether that is why there is no book: nothing is wrong then, and nothing is to be asked for. */
export function isBookless(reason: StateReason | undefined): reason is Bookless {
  return reason === 'no-book' || reason === 'no-book-yet';
}

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

/** An instrument as a channel says it (`subscribed`, `reset`). A feed of before may not say base and quote. */
export type ChannelInstrument = Pick<Instrument, 'symbol' | 'tickSize' | 'lotSize'> & {
  readonly base?: string | undefined;
  readonly quote?: string | undefined;
};

/** What channels say of an instrument; its venue stands in the symbol. */
export function channelInstrument(instrument: Instrument): ChannelInstrument {
  const { symbol, tickSize, lotSize, base, quote } = instrument;
  return { symbol, tickSize, lotSize, base, quote };
}

/**
 * Letters, digits and marks of any script: venues list coins by names such as `币安人生USDT`. The colon is ccxt's and
 * Bitfinex's (`BTC/USDT:USDT`), the `@` in front Hyperliquid's (`@107`).
 */
const NAME = String.raw`@?[\p{L}\p{M}\p{N}._/:-]{1,40}`;
const SYMBOL = new RegExp(`^${NAME}@[a-z0-9-]{1,24}$`, 'u');

/** What a symbol may be, for the message that refuses one. */
export const SYMBOL_FORM =
  'NAME@venue, where NAME is 1 to 40 letters or digits of any script or . _ - / : and venue is of a-z 0-9 -';

/**
 * True for `NAME@venue` as P3 has it. Two ways to write one letter would be two symbols that look the same, so only the
 * composed one (NFC) is a symbol.
 */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text) && text === text.normalize('NFC');
}

/** The part after the last `@`: `binance-usdm` of `BTCUSDT@binance-usdm`. */
export function venueOf(symbol: string): string {
  return symbol.slice(symbol.lastIndexOf('@') + 1);
}

/** The part before the last `@`, the venue's own name of the instrument; all of it where there is no venue. */
export function nameOf(symbol: string): string {
  const at = symbol.lastIndexOf('@');
  return at <= 0 ? symbol : symbol.slice(0, at);
}
