/*
 * Coinbase in recorder dumps: Advanced Trade (`coinbase-advanced-frame.ts`) and Coinbase Exchange, whose `level2` is
 * not numbered: the snapshot comes first on the same socket and every change after it applies. `side` of a match is the
 * maker's: the taker is the opposite. A `last_match` happened before the recording and is not part of it.
 * https://docs.cdp.coinbase.com/exchange/docs/websocket-channels
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import {
  badFrame,
  type DumpVenue,
  type Fields,
  type FrameFinding,
  isFields,
  parseFrameJson,
  textLevels,
  unknownFrame,
} from '../dump-venue.ts';
import { recordedFindings } from '../recorded-findings.ts';
import { RuledBook } from '../ruled-book.ts';
import { CoinbaseAdvancedFrames } from './coinbase-advanced-frame.ts';

export const coinbaseVenue: DumpVenue = {
  venue: 'coinbase',
  reads:
    'Coinbase Exchange: level2, matches, ticker; Advanced Trade: level2, market_trades, ticker',
  address: /coinbase\.com/,
  file: /^coinbase\b/i,

  frame(text) {
    const parsed = parseFrameJson(text);
    if (!('json' in parsed)) return [parsed];
    const { json } = parsed;
    if (!isFields(json)) return [badFrame('not an object')];
    const { type, product_id: market } = json;
    if (type === 'subscriptions' || type === 'heartbeat' || type === 'last_match') return [];
    if (typeof type !== 'string') return [badFrame('a message without a type')];
    if (typeof market !== 'string') return [badFrame(`a ${type} without product_id`)];
    switch (type) {
      case 'snapshot':
        return [snapshot(market, json)];
      case 'l2update':
        return [diff(market, json)];
      case 'match':
        return [trade(market, json)];
      case 'ticker':
        return [{ kind: 'event', market, event: { type: 'quote' } }];
      default:
        return [unknownFrame(type)];
    }
  },

  connection() {
    const advanced = new CoinbaseAdvancedFrames();
    return {
      frame: (text) =>
        text.includes('"sequence_num"')
          ? recordedFindings(advanced.frame(text))
          : coinbaseVenue.frame(text),
    };
  },

  describe(market) {
    const [base = market, quote = ''] = market.split('-');
    return { market, venue: 'coinbase', base, quote };
  },

  book: () => new RuledBook({}),
};

function snapshot(market: string, body: Fields): FrameFinding {
  const bids = textLevels(body['bids']);
  const asks = textLevels(body['asks']);
  if (bids === undefined || asks === undefined)
    return badFrame('a snapshot whose bids or asks are not lists of [price, size]');
  const eventTime = timeOf(body['time']);
  return {
    kind: 'event',
    market,
    event: { type: 'snapshot', updateId: 0, eventTime, bids, asks },
  };
}

function diff(market: string, body: Fields): FrameFinding {
  const eventTime = timeOf(body['time']);
  const { changes } = body;
  if (eventTime === undefined) return badFrame('an l2update without a time');
  if (!Array.isArray(changes)) return badFrame('an l2update without changes');
  const bids: TextLevel[] = [];
  const asks: TextLevel[] = [];
  for (const change of changes as unknown[]) {
    const [side, price, size] = Array.isArray(change) ? (change as unknown[]) : [];
    if (
      typeof price !== 'string' ||
      typeof size !== 'string' ||
      !(side === 'buy' || side === 'sell')
    )
      return badFrame('an l2update whose changes are not lists of [side, price, size]');
    (side === 'buy' ? bids : asks).push([price, size]);
  }
  const ids = { firstId: 0, lastId: 0, previousId: undefined };
  return { kind: 'event', market, event: { type: 'diff', ...ids, eventTime, bids, asks } };
}

function trade(market: string, body: Fields): FrameFinding {
  const { trade_id: id, price, size, side } = body;
  const eventTime = timeOf(body['time']);
  if (
    typeof id !== 'number' ||
    typeof price !== 'string' ||
    typeof size !== 'string' ||
    eventTime === undefined ||
    (side !== 'buy' && side !== 'sell')
  )
    return badFrame('a match without trade_id, price, size, time or side');
  const aggressor = side === 'buy' ? 'sell' : 'buy';
  const event = { type: 'trade', id, eventTime, price, size, aggressor, kind: 'MARKET' } as const;
  return { kind: 'event', market, event };
}

/** ISO 8601 with microseconds. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
