/*
 * Bitstamp: `diff_order_book_*` and `live_trades_*`, with the book itself by REST. A diff whose `microtimestamp` is
 * not beyond the snapshot's is already included and dropped; so is one older than the last. Trade ids count across
 * all markets. https://www.bitstamp.net/websocket/v2/
 */
import {
  badFrame,
  type DumpVenue,
  type Fields,
  type FrameFinding,
  isFields,
  parseFrameJson,
  textLevels,
  timeOfText,
  unknownFrame,
} from '../dump-venue.ts';
import { RuledBook } from '../ruled-book.ts';

/** Longest first. */
const QUOTES = ['usdt', 'usdc', 'pax', 'usd', 'eur', 'gbp', 'btc', 'eth'] as const;

export const bitstampVenue: DumpVenue = {
  venue: 'bitstamp',
  address: /bitstamp\.net/,
  file: /^bitstamp\b/i,

  frame(text) {
    const parsed = parseFrameJson(text);
    if (!('json' in parsed)) return [parsed];
    const { json } = parsed;
    if (!isFields(json)) return [badFrame('not an object')];
    const { event, channel, data } = json;
    if (typeof event === 'string' && event.startsWith('bts:')) return [];
    if (typeof channel !== 'string' || !isFields(data))
      return [badFrame('a message without channel or data')];
    const parts = /^(diff_order_book|live_trades)_([a-z0-9]+)$/.exec(channel);
    if (parts === null) return [unknownFrame(channel)];
    const market = parts[2] ?? '';
    return [parts[1] === 'live_trades' ? trade(market, data) : book('diff', market, data)];
  },

  response(address, text) {
    const market = /\/order_book\/([a-z0-9]+)/.exec(address)?.[1];
    if (market === undefined) return [];
    const parsed = parseFrameJson(text);
    if (!('json' in parsed)) return [parsed];
    if (!isFields(parsed.json)) return [badFrame('a book that is not an object')];
    return [book('snapshot', market, parsed.json)];
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

function book(type: 'snapshot' | 'diff', market: string, body: Fields): FrameFinding {
  const bids = textLevels(body['bids']);
  const asks = textLevels(body['asks']);
  const { microtimestamp } = body;
  const eventTime = timeOfText(microtimestamp);
  if (bids === undefined || asks === undefined)
    return badFrame('a book whose bids or asks are not lists of [price, size]');
  if (eventTime === undefined) return badFrame('a book without a microtimestamp');
  const lastId = Number(microtimestamp);
  const event =
    type === 'snapshot'
      ? ({ type, updateId: lastId, eventTime, bids, asks } as const)
      : ({ type, firstId: lastId, lastId, previousId: undefined, eventTime, bids, asks } as const);
  return { kind: 'event', market, event };
}

function trade(market: string, body: Fields): FrameFinding {
  const { price_str: price, amount_str: size, type } = body;
  const eventTime = timeOfText(body['microtimestamp']);
  if (
    typeof price !== 'string' ||
    typeof size !== 'string' ||
    eventTime === undefined ||
    (type !== 0 && type !== 1)
  )
    return badFrame('a trade without price_str, amount_str, microtimestamp or type');
  const aggressor = type === 0 ? 'buy' : 'sell';
  const event = { type: 'trade', id: undefined, eventTime, price, size, aggressor } as const;
  return { kind: 'event', market, event: { ...event, kind: 'MARKET' } };
}
