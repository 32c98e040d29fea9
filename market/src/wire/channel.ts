import { isSymbol, SYMBOL_FORM } from '../instrument/instrument.ts';
import { type CandleInterval, isCandleInterval } from '../tape/candle.ts';

/** Depths of book channels, in levels per side. */
export const BOOK_DEPTHS = [10, 25, 50, 200] as const;
export type BookDepth = (typeof BOOK_DEPTHS)[number];

/** How often a book channel flushes; `raw` sends every source update. */
export const BOOK_TIERS = ['raw', '50ms', '100ms', '250ms', '1s'] as const;
export type BookTier = (typeof BOOK_TIERS)[number];

/** Flush period of each tier in ms; 0 flushes at once. */
export const TIER_MS: Readonly<Record<BookTier, number>> = {
  raw: 0,
  '50ms': 50,
  '100ms': 100,
  '250ms': 250,
  '1s': 1_000,
};

/** A parsed channel name (section 3 of the protocol). */
export type Channel =
  | {
      readonly kind: 'book';
      readonly symbol: string;
      readonly depth: BookDepth;
      readonly tier: BookTier;
    }
  | { readonly kind: 'trades'; readonly symbol: string }
  | { readonly kind: 'ticker'; readonly symbol: string }
  | { readonly kind: 'candles'; readonly symbol: string; readonly interval: CandleInterval };

/** Maximum length of a channel name; longer ones are rejected unparsed. */
const MAX_CHANNEL_NAME = 96;

/** Kind, symbol and parameters. A symbol may contain colons, but its venue (after the last `@`) does not. */
const CHANNEL = /^([^:]*):(.*@[^:]*|[^:]*)(.*)$/su;

/** Parses a channel name. For an invalid name, returns an error message that names the bad part and its value. */
export function parseChannel(name: string): Channel | string {
  if (name.length > MAX_CHANNEL_NAME)
    return `channel name of ${name.length} characters is longer than ${MAX_CHANNEL_NAME}`;
  const [, kind = name, symbol = '', parameters = ''] = CHANNEL.exec(name) ?? [];
  const [, first = '', second = '', ...rest] = parameters.split(':');
  if (rest.length > 0) return `unknown channel ${name}: too many parts`;
  if (kind !== 'book' && kind !== 'trades' && kind !== 'ticker' && kind !== 'candles')
    return `unknown channel ${name}: kind "${kind}" is not one of book, trades, ticker, candles`;
  if (!isSymbol(symbol)) return `unknown channel ${name}: symbol "${symbol}" is not ${SYMBOL_FORM}`;
  if (kind === 'book') return parseBook(name, symbol, first, second);
  if (second !== '') return `unknown channel ${name}: too many parts`;
  if (kind === 'candles') {
    return isCandleInterval(first)
      ? { kind, symbol, interval: first }
      : `unknown channel ${name}: interval "${first}" is not one of 1s, 5s, 15s, 1m, 5m, 15m, 1h, 4h, 1d`;
  }
  return first === '' ? { kind, symbol } : `unknown channel ${name}: too many parts`;
}

function parseBook(name: string, symbol: string, first: string, second: string): Channel | string {
  const depth = BOOK_DEPTHS.find((each) => String(each) === first);
  if (depth === undefined)
    return `unknown channel ${name}: depth "${first}" is not one of ${BOOK_DEPTHS.join(', ')}`;
  const tier = BOOK_TIERS.find((each) => each === second);
  if (tier === undefined)
    return `unknown channel ${name}: tier "${second}" is not one of ${BOOK_TIERS.join(', ')}`;
  return { kind: 'book', symbol, depth, tier };
}

/** Formats a channel name; the inverse of `parseChannel`. */
export function channelName(channel: Channel): string {
  switch (channel.kind) {
    case 'book':
      return `book:${channel.symbol}:${channel.depth}:${channel.tier}`;
    case 'candles':
      return `candles:${channel.symbol}:${channel.interval}`;
    case 'trades':
    case 'ticker':
      return `${channel.kind}:${channel.symbol}`;
  }
}
