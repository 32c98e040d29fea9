/*
 * Frames of Deribit, JSON-RPC over v2: `book.NAME.INTERVAL` and `trades.NAME.INTERVAL`. A change of a book names the
 * one before it; the first message names none. Numbers are JSON numbers, some with an exponent: they keep their text.
 * https://docs.deribit.com/#book-instrument_name-interval
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import { badFrame, type Fields, isFields, unknownFrame } from '../dump-venue.ts';
import { beginningOf, objectsOf } from '../json-fields.ts';
import type { LiveFinding } from '../live-venue.ts';
import type { VenueTrade } from '../venue-event.ts';

/** The client shows that it is alive, and asks the same of the venue. */
export const DERIBIT_TEST = '{"jsonrpc":"2.0","id":0,"method":"public/test","params":{}}';

const BOOK = /^book\.([^.]+)\.(?:raw|100ms|agg2)$/;
const NUMBERS = new Set([
  ...['0', '1', '2', 'price', 'amount'],
  ...['tick_size', 'min_trade_amount', 'contract_size'],
]);
const EMPTY = '0';

/** JSON whose prices and sizes are the text that was sent; undefined if it is not JSON. */
export function deribitJson(text: string): unknown {
  try {
    return JSON.parse(text, withNumberText) as unknown;
  } catch {
    return undefined;
  }
}

function withNumberText(
  key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  return typeof value === 'number' && NUMBERS.has(key) ? (context?.source ?? value) : value;
}

/** Reads one frame. Never throws. */
export function deribitFrame(text: string): readonly LiveFinding[] {
  const json = deribitJson(text);
  if (json === undefined) return [badFrame(`not JSON: ${beginningOf(text)}`)];
  if (!isFields(json)) return [badFrame('not an object')];
  const { method, params } = json;
  if (isFields(json['error'])) return [refusal(json['error'])];
  if (method === undefined && 'result' in json) return [];
  if (!isFields(params)) return [badFrame('neither a result nor a notification')];
  if (method === 'heartbeat')
    return params['type'] === 'test_request' ? [{ kind: 'reply', text: DERIBIT_TEST }] : [];
  const { channel, data } = params;
  if (method !== 'subscription' || typeof channel !== 'string')
    return [badFrame('a notification without channel')];
  const market = BOOK.exec(channel)?.[1];
  if (market !== undefined) return [isFields(data) ? book(market, data) : NO_DATA];
  if (channel === 'platform_state') return platform(data);
  const [kind, name] = channel.split('.');
  if (kind === 'trades') return objectsOf(data)?.map(trade) ?? [NO_DATA];
  if (kind === 'quote' || kind === 'ticker')
    return [{ kind: 'event', market: name, event: { type: 'quote' } }];
  return [unknownFrame(channel)];
}

const NO_DATA = badFrame('a notification without data');

function refusal(error: Fields): LiveFinding {
  const { code, message, data } = error;
  const said = isFields(data) ? ` ${JSON.stringify(data)}` : '';
  const market = /(?:book|trades)\.([^."]+)\./.exec(said)?.[1];
  return { kind: 'refused', market, detail: `${String(code)}: ${String(message)}${said}` };
}

function platform(data: unknown): readonly LiveFinding[] {
  return isFields(data) && data['maintenance'] === true
    ? [{ kind: 'move', detail: 'platform_state: maintenance' }]
    : [];
}

function book(market: string, data: Fields): LiveFinding {
  const { change_id: id, prev_change_id: previousId, timestamp: eventTime, type } = data;
  const [bids, asks] = [levels(data['bids']), levels(data['asks'])];
  if (bids === undefined || asks === undefined)
    return badFrame('a book whose levels are not [action, price, amount]');
  if (typeof id !== 'number' || typeof eventTime !== 'number')
    return badFrame('a book without change_id or timestamp');
  // The venue's older messages have no type.
  if (type === 'snapshot' || previousId === undefined)
    return {
      kind: 'event',
      market,
      event: { type: 'snapshot', updateId: id, eventTime, bids, asks },
    };
  if (typeof previousId !== 'number') return badFrame('a book whose prev_change_id is no number');
  const ids = { firstId: id, lastId: id, previousId };
  return { kind: 'event', market, event: { type: 'diff', ...ids, eventTime, bids, asks } };
}

function levels(value: unknown): readonly TextLevel[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const read: TextLevel[] = [];
  for (const row of value as unknown[]) {
    const [action, price, amount] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof price !== 'string' || typeof amount !== 'string') return undefined;
    if (action !== 'new' && action !== 'change' && action !== 'delete') return undefined;
    read.push([price, action === 'delete' ? EMPTY : amount]);
  }
  return read;
}

function trade(body: Fields): LiveFinding {
  const event = deribitTrade(body);
  const market = body['instrument_name'];
  return event === undefined || typeof market !== 'string'
    ? badFrame('a trade without trade_seq, timestamp, price, amount, direction or instrument_name')
    : { kind: 'event', market, event };
}

/** `trade_seq` counts the trades of an instrument. */
export function deribitTrade(body: Fields): VenueTrade | undefined {
  const { trade_seq: id, timestamp: eventTime, price, amount: size, direction: aggressor } = body;
  if (typeof id !== 'number' || typeof eventTime !== 'number') return undefined;
  if (typeof price !== 'string' || typeof size !== 'string') return undefined;
  if (aggressor !== 'buy' && aggressor !== 'sell') return undefined;
  return { type: 'trade', id, eventTime, price, size, aggressor, kind: 'MARKET' };
}
