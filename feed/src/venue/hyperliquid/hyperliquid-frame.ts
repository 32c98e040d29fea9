/*
 * Frames of Hyperliquid: `l2Book` (the whole book as far as it is sent, on a block at least half a second after the
 * last), `bbo` (its best levels, on each block that changes them) and `trades`. Nothing is numbered; `time` is that of
 * the block, and grows.
 * https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import { badFrame, type Fields, isFields, parseFrameJson, unknownFrame } from '../dump-venue.ts';
import { fieldText } from '../json-fields.ts';
import type { LiveFinding } from '../live-venue.ts';
import type { VenueSnapshot, VenueTrade } from '../venue-event.ts';

/** Reads one frame. Never throws. */
export function hyperliquidFrame(text: string): readonly LiveFinding[] {
  const parsed = parseFrameJson(text);
  if (!('json' in parsed)) return [parsed];
  const { json } = parsed;
  if (!isFields(json)) return [badFrame('not an object')];
  const { channel, data } = json;
  switch (channel) {
    case 'l2Book':
      return [book(data)];
    case 'bbo':
      return [top(data)];
    case 'trades':
      return (
        hyperliquidTrades(data) ?? [badFrame('trades without coin, side, px, sz, time or tid')]
      );
    case 'subscriptionResponse':
    case 'pong':
      return [];
    case 'error':
      return refused(data);
    default:
      return [typeof channel === 'string' ? unknownFrame(channel) : badFrame('no channel')];
  }
}

/** A whole book, as in a frame and in an answer; undefined if it is none. */
export function hyperliquidBook(data: unknown): VenueSnapshot | undefined {
  if (!isFields(data)) return undefined;
  const { levels, time } = data;
  const [bids, asks] = Array.isArray(levels) ? (levels as unknown[]).map(levelsOf) : [];
  if (bids === undefined || asks === undefined || !isTime(time)) return undefined;
  return { type: 'snapshot', updateId: time, eventTime: time, bids, asks };
}

/**
 * Trades, oldest first, as in a frame and in an answer; undefined if they are none. Those of a block come together: any
 * that are older than the newest are told again, with a subscription.
 */
export function hyperliquidTrades(
  data: unknown,
): readonly { kind: 'event'; market: string; event: VenueTrade }[] | undefined {
  const rows = Array.isArray(data) ? (data as unknown[]).map(trade) : undefined;
  if (rows === undefined || rows.some((row) => row === undefined)) return undefined;
  const sorted = rows
    .filter((row) => row !== undefined)
    .toSorted((a, b) => a.event.eventTime - b.event.eventTime);
  const newest = sorted.at(-1)?.event.eventTime ?? 0;
  return sorted.map((row) =>
    row.event.eventTime < newest ? { ...row, event: { ...row.event, isPast: true } } : row,
  );
}

function book(data: unknown): LiveFinding {
  const market = isFields(data) ? fieldText(data, 'coin') : undefined;
  const event = hyperliquidBook(data);
  return market === undefined || event === undefined
    ? badFrame('an l2Book without coin, levels or time')
    : { kind: 'event', market, event };
}

function top(data: unknown): LiveFinding {
  const { coin, bbo, time } = isFields(data) ? data : ({} as Fields);
  const [bids, asks] = Array.isArray(bbo)
    ? (bbo as unknown[]).map((level) => levelsOf(level === null ? [] : [level]))
    : [];
  if (typeof coin !== 'string' || bids === undefined || asks === undefined || !isTime(time))
    return badFrame('a bbo without coin, two levels or time');
  const ids = { firstId: time, lastId: time, previousId: undefined };
  const event = { type: 'diff', ...ids, eventTime: time, isTop: true, bids, asks } as const;
  return { kind: 'event', market: coin, event };
}

function trade(row: unknown): { kind: 'event'; market: string; event: VenueTrade } | undefined {
  if (!isFields(row)) return undefined;
  const [market, price, size] = ['coin', 'px', 'sz'].map((name) => fieldText(row, name));
  const { side, time, tid } = row;
  if (market === undefined || price === undefined || size === undefined) return undefined;
  if (!isTime(time) || !Number.isSafeInteger(tid) || (side !== 'A' && side !== 'B'))
    return undefined;
  // `tid` is a hash of 50 bits: it names a trade within its block, and counts nothing. `side` is the taker's.
  const aggressor = side === 'B' ? 'buy' : 'sell';
  const rest = { eventTime: time, price, size, aggressor, kind: 'MARKET' } as const;
  const event = { type: 'trade', id: undefined, key: `${time} ${String(tid)}`, ...rest } as const;
  return { kind: 'event', market, event };
}

function levelsOf(side: unknown): readonly TextLevel[] | undefined {
  if (!Array.isArray(side)) return undefined;
  const levels: TextLevel[] = [];
  for (const level of side as unknown[]) {
    const [price, size] = isFields(level) ? [level['px'], level['sz']] : [];
    if (typeof price !== 'string' || typeof size !== 'string') return undefined;
    levels.push([price, size]);
  }
  return levels;
}

function refused(data: unknown): readonly LiveFinding[] {
  const detail = String(data);
  // Subscribed twice: that is the wanted state.
  if (/already subscribed|already unsubscribed/i.test(detail)) return [];
  const market = /"coin"\s*:\s*"([^"]+)"/.exec(detail)?.[1];
  return [{ kind: 'refused', market, detail }];
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
