/*
 * Frames of Bybit v5, public: `orderbook.DEPTH.SYMBOL` and `publicTrade.SYMBOL`. Each update's `u` follows the one
 * before; 1 after a restart of the service, with the whole book. `ts` is the time of sending, `cts` that of the engine.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import {
  badFrame,
  type Fields,
  isFields,
  parseFrameJson,
  textLevels,
  unknownFrame,
} from '../dump-venue.ts';
import { objectsOf } from '../json-fields.ts';
import type { LiveFinding } from '../live-venue.ts';
import type { VenueEvent, VenueTrade } from '../venue-event.ts';

/** Reads one frame. Never throws. */
export function bybitFrame(text: string): readonly LiveFinding[] {
  const parsed = parseFrameJson(text);
  if (!('json' in parsed)) return [parsed];
  const { json } = parsed;
  if (!isFields(json)) return [badFrame('not an object')];
  const { topic } = json;
  if (typeof topic !== 'string')
    return typeof json['op'] === 'string' ? answered(json) : [badFrame('neither topic nor op')];
  const [channel, ...rest] = topic.split('.');
  if (channel === 'orderbook') return [book(json, Number(rest[0]), rest.slice(1).join('.'))];
  if (channel === 'publicTrade') return trades(json, rest.join('.'));
  if (channel === 'tickers')
    return [{ kind: 'event', market: rest.join('.'), event: { type: 'quote' } }];
  return [unknownFrame(topic)];
}

function answered({ success, ret_msg: message, op }: Fields): readonly LiveFinding[] {
  if (success !== false) return [];
  const detail = `${String(op)}: ${String(message)}`;
  // Subscribed twice: that is the wanted state, not a refusal.
  if (/already subscribed/i.test(detail)) return [];
  const market = /(?:orderbook\.\d+|publicTrade)\.([^\s,\]]+)/.exec(detail)?.[1];
  return [{ kind: 'refused', market, detail }];
}

function book(json: Fields, depth: number, market: string): LiveFinding {
  const { data, type, ts: eventTime } = json;
  if (!isFields(data) || !Number.isInteger(depth) || market === '')
    return badFrame('an orderbook without data, depth or symbol');
  const { u, seq } = data;
  const [bids, asks] = [textLevels(data['b']), textLevels(data['a'])];
  if (bids === undefined || asks === undefined)
    return badFrame('an orderbook whose b or a is not a list of [price, size]');
  if (typeof u !== 'number' || typeof eventTime !== 'number')
    return badFrame('an orderbook without u or ts');
  // The best level only, with a `u` of its own: `seq` ties it to the deeper book.
  if (depth === 1) return { kind: 'event', market, event: bestOf(bids[0], asks[0], seq) };
  const stateId = typeof seq === 'number' ? { stateId: seq } : {};
  if (type === 'snapshot' || u === 1)
    return {
      kind: 'event',
      market,
      event: { type: 'snapshot', updateId: u, ...stateId, eventTime, bids, asks, depth },
    };
  if (type !== 'delta') return badFrame(`an orderbook of type ${String(type)}`);
  const ids = { firstId: u, lastId: u, previousId: u - 1, ...stateId };
  return { kind: 'event', market, event: { type: 'diff', ...ids, eventTime, bids, asks } };
}

function bestOf(bid: TextLevel | undefined, ask: TextLevel | undefined, seq: unknown): VenueEvent {
  return bid === undefined || ask === undefined || typeof seq !== 'number'
    ? { type: 'quote' }
    : { type: 'ticker', updateId: seq, bid, ask };
}

function trades(json: Fields, market: string): readonly LiveFinding[] {
  const rows = objectsOf(json['data']);
  if (rows === undefined) return [badFrame('a publicTrade without data')];
  return rows.map(({ i, T, p, v, S }) => {
    const event = bybitTrade(i, T, p, v, S);
    return event === undefined
      ? badFrame('a trade without i, T, p, v or S')
      : { kind: 'event', market, event };
  });
}

/** Ids do not count: futures have names, spot has numbers with holes. */
export function bybitTrade(
  key: unknown,
  eventTime: unknown,
  price: unknown,
  size: unknown,
  side: unknown,
): VenueTrade | undefined {
  if (typeof key !== 'string' || typeof eventTime !== 'number') return undefined;
  if (typeof price !== 'string' || typeof size !== 'string') return undefined;
  if (side !== 'Buy' && side !== 'Sell') return undefined;
  const aggressor = side === 'Buy' ? 'buy' : 'sell';
  const rest = { eventTime, price, size, aggressor, kind: 'MARKET' } as const;
  return { type: 'trade', id: undefined, key, ...rest };
}
