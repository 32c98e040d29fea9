/*
 * Coinbase Advanced Trade: `l2_data`, `market_trades`, `ticker`. `sequence_num` counts all frames of a connection,
 * heartbeats and acknowledgements included: a missing one may have been a change of any book on it.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import { badFrame, type Fields, isFields, unknownFrame } from '../dump-venue.ts';
import { timeOfIso } from '../iso-time.ts';
import { beginningOf, fieldText, jsonOf, objectsOf } from '../json-fields.ts';
import type { LiveFinding } from '../live-venue.ts';
import type { VenueId, VenueTrade } from '../venue-event.ts';

const QUIET = new Set(['heartbeats', 'subscriptions']);

/** The frames of one connection. */
export class CoinbaseAdvancedFrames {
  /** Number and time of the last readable frame. */
  #last: number | undefined;
  #lastTime = 0;

  /** Reads one frame. Never throws. */
  frame(text: string): readonly LiveFinding[] {
    const json = jsonOf(text);
    if (!isFields(json)) return [badFrame(`not an object: ${beginningOf(text)}`)];
    if (json['type'] === 'error') return [refusal(json)];
    const { channel, sequence_num: number } = json;
    const time = timeOfIso(json['timestamp']);
    const events = objectsOf(json['events']);
    if (typeof channel !== 'string' || typeof number !== 'number' || time === undefined)
      return [badFrame('a message without channel, sequence_num or timestamp')];
    if (events === undefined) return [badFrame(`a message of ${channel} without events`)];
    const last = this.#last;
    // A repeated frame. A lower number at a later time means that the counter has restarted.
    if (last !== undefined && number <= last && time <= this.#lastTime) return [];
    const findings = events.flatMap((event) => findingsOf(channel, event, time));
    // An unreadable frame does not count: the next one shows that it is missing.
    if (findings.some(({ kind }) => kind === 'bad-line')) return findings;
    this.#last = number;
    this.#lastTime = time;
    if (last === undefined || number === last + 1) return findings;
    return [{ kind: 'hole', detail: `frame ${number} follows frame ${last}` }, ...findings];
  }
}

function refusal(json: Fields): LiveFinding {
  const words = [fieldText(json, 'message'), fieldText(json, 'reason')];
  const detail = words.filter((each) => each !== undefined).join(': ');
  return { kind: 'refused', market: undefined, detail };
}

function findingsOf(channel: string, event: Fields, time: number): readonly LiveFinding[] {
  if (QUIET.has(channel)) return [];
  if (channel === 'l2_data') return [book(event, time)];
  if (channel === 'market_trades') return trades(event);
  if (channel !== 'ticker' && channel !== 'ticker_batch') return [unknownFrame(channel)];
  return (objectsOf(event['tickers']) ?? []).map((each) => ({
    kind: 'event',
    market: fieldText(each, 'product_id'),
    event: { type: 'quote' },
  }));
}

function book(event: Fields, eventTime: number): LiveFinding {
  const { type, product_id: market } = event;
  const updates = objectsOf(event['updates']);
  if (typeof market !== 'string' || updates === undefined)
    return badFrame('an l2_data event without product_id or updates');
  const bids: TextLevel[] = [];
  const asks: TextLevel[] = [];
  for (const { side, price_level: price, new_quantity: size } of updates) {
    if (typeof price !== 'string' || typeof size !== 'string')
      return badFrame('an l2_data update without price_level or new_quantity');
    if (side !== 'bid' && side !== 'offer') return badFrame('an l2_data update without a side');
    (side === 'bid' ? bids : asks).push([price, size]);
  }
  if (type === 'snapshot')
    return {
      kind: 'event',
      market,
      event: { type, updateId: 0, eventTime, bids, asks },
    };
  if (type !== 'update') return badFrame(`an l2_data event of type ${String(type)}`);
  const ids = { firstId: 0, lastId: 0, previousId: undefined };
  return { kind: 'event', market, event: { type: 'diff', ...ids, eventTime, bids, asks } };
}

/** The venue lists the newest first. */
function trades(event: Fields): readonly LiveFinding[] {
  const rows = objectsOf(event['trades']);
  if (rows === undefined) return [badFrame('a market_trades event without trades')];
  const read = rows.map((row) => ({ market: fieldText(row, 'product_id'), event: tradeOf(row) }));
  const isPast = event['type'] === 'snapshot';
  const findings: { readonly market: string | undefined; readonly event: VenueTrade }[] = [];
  for (const { market, event: trade } of read) {
    if (trade === undefined || market === undefined)
      return [badFrame('a trade without product_id, trade_id, price, size, side or time')];
    findings.push({ market, event: isPast ? { ...trade, isPast } : trade });
  }
  return findings
    .toSorted((a, b) => Number(BigInt(a.event.id ?? 0) - BigInt(b.event.id ?? 0)))
    .map((each) => ({ kind: 'event', ...each }));
}

/**
 * A trade of the socket or of the REST interface; undefined if it is not one. `side` is taken to be the maker's, as in
 * Coinbase Exchange: the aggressor is the opposite.
 */
export function tradeOf(row: Fields): VenueTrade | undefined {
  const { price, size, side } = row;
  const id = idOf(row['trade_id']);
  const eventTime = timeOfIso(row['time']);
  if (id === undefined || eventTime === undefined) return undefined;
  if (typeof price !== 'string' || typeof size !== 'string') return undefined;
  if (side !== 'BUY' && side !== 'SELL') return undefined;
  const aggressor = side === 'BUY' ? 'sell' : 'buy';
  return { type: 'trade', id, eventTime, price, size, aggressor, kind: 'MARKET' };
}

function idOf(value: unknown): VenueId | undefined {
  if (typeof value !== 'string' || !/^\d+$/.test(value)) return undefined;
  const id = Number(value);
  return Number.isSafeInteger(id) ? id : BigInt(value);
}
