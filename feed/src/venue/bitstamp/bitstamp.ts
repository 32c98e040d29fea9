/*
 * Bitstamp in recorder dumps: `diff_order_book_*` and `live_trades_*`, with the book itself by REST. A diff whose
 * `microtimestamp` is not beyond the snapshot's is already included and dropped; so is one older than the last.
 */
import { badFrame, type DumpVenue, isFields, parseFrameJson } from '../dump-venue.ts';
import { isFrameFinding } from '../live-venue.ts';
import { RuledBook } from '../ruled-book.ts';
import { bitstampBook, bitstampFrame } from './bitstamp-frame.ts';

/** Longest first. */
const QUOTES = ['usdt', 'usdc', 'pax', 'usd', 'eur', 'gbp', 'btc', 'eth'] as const;

export const bitstampVenue: DumpVenue = {
  venue: 'bitstamp',
  address: /bitstamp\.net/,
  file: /^bitstamp\b/i,

  frame: (text) => bitstampFrame(text).filter(isFrameFinding),

  response(address, text) {
    const market = /\/order_book\/([a-z0-9]+)/.exec(address)?.[1];
    if (market === undefined) return [];
    const parsed = parseFrameJson(text);
    if (!('json' in parsed)) return [parsed];
    if (!isFields(parsed.json)) return [badFrame('a book that is not an object')];
    return [bitstampBook('snapshot', market, parsed.json)];
  },

  describe(market) {
    const quote = QUOTES.find((each) => market.endsWith(each) && market !== each) ?? '';
    const base = market.slice(0, market.length - quote.length);
    return {
      market,
      venue: 'bitstamp',
      base: base.toUpperCase(),
      quote: quote.toUpperCase(),
    };
  },

  book: () =>
    new RuledBook({
      bridges: true,
      order: (last, diff) => (diff.lastId <= last ? 'stale' : 'apply'),
    }),
};
