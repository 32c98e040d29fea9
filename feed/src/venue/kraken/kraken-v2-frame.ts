/*
 * Kraken WebSocket v2: `book` and `trade`. Prices and sizes are JSON numbers whose text is kept, because the checksum
 * is taken over their digits and a float may lose some.
 * https://docs.kraken.com/api/docs/websocket-v2/book
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import { badFrame, type Fields, isFields, unknownFrame } from '../dump-venue.ts';
import { timeOfIso } from '../iso-time.ts';
import { beginningOf, objectsOf } from '../json-fields.ts';
import type { LiveFinding } from '../live-venue.ts';
import type { VenueEvent } from '../venue-event.ts';

const QUIET = new Set(['heartbeat', 'pong', 'instrument']);

/** Reads one frame. Never throws. */
export function krakenV2Frame(text: string): readonly LiveFinding[] {
  let json: unknown;
  try {
    json = JSON.parse(text, withNumberText);
  } catch {
    return [badFrame(`not JSON: ${beginningOf(text)}`)];
  }
  if (!isFields(json)) return [badFrame('not an object')];
  if (typeof json['method'] === 'string') return answer(json);
  const { channel } = json;
  if (typeof channel !== 'string') return [badFrame('neither channel nor method')];
  if (QUIET.has(channel)) return [];
  if (channel === 'status') return status(json);
  const data = objectsOf(json['data']);
  if (data === undefined) return [badFrame(`a ${channel} without data`)];
  const isSnapshot = json['type'] === 'snapshot';
  if (channel === 'book') return data.map((body) => book(body, isSnapshot));
  if (channel === 'trade') return data.map((body) => trade(body, isSnapshot));
  if (channel === 'ticker') return data.map(quote);
  return [unknownFrame(channel)];
}

/** Keeps `price` and `qty` as they are written. */
function withNumberText(
  key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || (key !== 'price' && key !== 'qty')) return value;
  return context?.source ?? value;
}

function answer(json: Fields): readonly LiveFinding[] {
  if (json['success'] !== false) return [];
  const { symbol, error } = json;
  const market = typeof symbol === 'string' ? symbol : undefined;
  // Subscribed twice or already unsubscribed: that is the wanted state, not a refusal.
  if (/^(Already subscribed|Subscription Not Found)/i.test(String(error))) return [];
  return [{ kind: 'refused', market, detail: String(error) }];
}

function status(json: Fields): readonly LiveFinding[] {
  const system = objectsOf(json['data'])?.[0]?.['system'];
  return system === undefined || system === 'online'
    ? []
    : [{ kind: 'move', detail: `status: ${String(system)}` }];
}

function book(body: Fields, isSnapshot: boolean): LiveFinding {
  const { symbol: market, checksum, timestamp } = body;
  const bids = levels(body['bids']);
  const asks = levels(body['asks']);
  if (typeof market !== 'string') return badFrame('a book message without symbol');
  if (bids === undefined || asks === undefined)
    return badFrame('a book message whose levels are not { price, qty }');
  if (typeof checksum !== 'number') return badFrame('a book message without checksum');
  const eventTime = timeOfIso(timestamp);
  if (isSnapshot)
    return {
      kind: 'event',
      market,
      event: { type: 'snapshot', updateId: 0, eventTime, bids, asks, checksum },
    };
  if (eventTime === undefined) return badFrame('a book update without timestamp');
  const ids = { firstId: 0, lastId: 0, previousId: undefined };
  return {
    kind: 'event',
    market,
    event: { type: 'diff', ...ids, eventTime, bids, asks, checksum },
  };
}

function levels(value: unknown): readonly TextLevel[] | undefined {
  const rows = objectsOf(value);
  if (rows === undefined || rows.length !== (value as unknown[]).length) return undefined;
  const read: TextLevel[] = [];
  for (const { price, qty } of rows) {
    if (typeof price !== 'string' || typeof qty !== 'string') return undefined;
    read.push([price, qty]);
  }
  return read;
}

function quote(body: Fields): LiveFinding {
  const { symbol } = body;
  const market = typeof symbol === 'string' ? symbol : undefined;
  return { kind: 'event', market, event: { type: 'quote' } };
}

function trade(body: Fields, isPast: boolean): LiveFinding {
  const { symbol: market, side, price, qty: size, trade_id: id } = body;
  const eventTime = timeOfIso(body['timestamp']);
  if (typeof market !== 'string' || typeof price !== 'string' || typeof size !== 'string')
    return badFrame('a trade without symbol, price or qty');
  if (typeof id !== 'number' || eventTime === undefined || (side !== 'buy' && side !== 'sell'))
    return badFrame('a trade without trade_id, timestamp or side');
  const event: VenueEvent = {
    type: 'trade',
    id,
    eventTime,
    price,
    size,
    aggressor: side,
    kind: 'MARKET',
    ...(isPast ? { isPast } : {}),
  };
  return { kind: 'event', market, event };
}
