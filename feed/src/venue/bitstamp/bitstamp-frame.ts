/*
 * Bitstamp's frames, and its book by REST. Only `microtimestamp` orders them; trade ids count across all markets.
 * https://www.bitstamp.net/websocket/v2/
 */
import {
  badFrame,
  type Fields,
  type FrameFinding,
  isFields,
  parseFrameJson,
  textLevels,
  timeOfText,
  unknownFrame,
} from '../dump-venue.ts';
import type { LiveFinding } from '../live-venue.ts';

/** Reads one frame. Never throws. */
export function bitstampFrame(text: string): readonly LiveFinding[] {
  const parsed = parseFrameJson(text);
  if (!('json' in parsed)) return [parsed];
  const { json } = parsed;
  if (!isFields(json)) return [badFrame('not an object')];
  const { event, channel, data } = json;
  if (typeof event === 'string' && event.startsWith('bts:')) return notice(event, data);
  if (typeof channel !== 'string' || !isFields(data))
    return [badFrame('a message without channel or data')];
  const parts = /^(diff_order_book|live_trades)_([a-z0-9]+)$/.exec(channel);
  if (parts === null) return [unknownFrame(channel)];
  const market = parts[2] ?? '';
  return [parts[1] === 'live_trades' ? trade(market, data) : bitstampBook('diff', market, data)];
}

/** Acknowledgements and heartbeats contain nothing. */
function notice(event: string, data: unknown): readonly LiveFinding[] {
  if (event === 'bts:request_reconnect') return [{ kind: 'move', detail: event }];
  if (event !== 'bts:error') return [];
  const message = isFields(data) ? data['message'] : undefined;
  return [{ kind: 'refused', market: undefined, detail: String(message) }];
}

export function bitstampBook(
  type: 'snapshot' | 'diff',
  market: string,
  body: Fields,
): FrameFinding {
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
  const { id, price_str: price, amount_str: size, type } = body;
  const eventTime = timeOfText(body['microtimestamp']);
  if (
    typeof price !== 'string' ||
    typeof size !== 'string' ||
    eventTime === undefined ||
    (type !== 0 && type !== 1)
  )
    return badFrame('a trade without price_str, amount_str, microtimestamp or type');
  const aggressor = type === 0 ? 'buy' : 'sell';
  const key = Number.isSafeInteger(id) ? { key: String(id) } : {};
  const event = {
    type: 'trade',
    id: undefined,
    ...key,
    eventTime,
    price,
    size,
    aggressor,
  } as const;
  return { kind: 'event', market, event: { ...event, kind: 'MARKET' } };
}
