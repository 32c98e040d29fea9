/*
 * OKX, live, v5 public. `books` has 400 levels and begins with a snapshot; its deltas chain by `prevSeqId`. The shape
 * of an id says its kind: BTC-USDT spot, BTC-USDT-SWAP, BTC-USD-250926, BTC-USD-250926-60000-C.
 * https://www.okx.com/docs-v5/en/
 */
import { okxChecksum } from '@tapedeck/market/book/venue-checksum';
import { plainDecimal } from '@tapedeck/market/number/decimal';

import { candlePages, candleRows } from '../candle-rows.ts';
import { checkChain } from '../chain-check.ts';
import { type Fields, isFields } from '../dump-venue.ts';
import { beginningOf, fieldText, jsonOf, objectsOf } from '../json-fields.ts';
import { listedStatus } from '../listed-status.ts';
import type {
  CandleSpan,
  LiveStream,
  LiveVenue,
  TradeHole,
  VenueInstrument,
  VenueRequest,
} from '../live-venue.ts';
import type { VenueCandle, VenueEvent } from '../venue-event.ts';
import { OKX_BOOKS_DEPTH, okxFrame, okxTrade } from './okx-frame.ts';
import { OKX_CHECKSUM_DEPTH } from './okx.ts';

const PATH = '/ws/v5/public';
const INSTRUMENTS = '/api/v5/public/instruments?instType=';
/** A frame may have 64 KB: about 1,000 of these. */
const STREAMS_A_FRAME = 200;
const TRADES_AN_ANSWER = 100;
const CANDLES_AN_ANSWER = 300;
/** No such instrument; an id that is none. */
const UNKNOWN = new Set(['51000', '51001']);

export const okxLive: LiveVenue = {
  venue: 'okx',
  origins: { socket: 'wss://ws.okx.com:8443', http: 'https://www.okx.com' },
  capability: { depth: 'l2', loss: 'chain', sides: true, clock: 'venue', cadenceMs: 100 },
  limits: {
    connects: { count: 3, perMs: 1_000 },
    messages: { count: 10, perMs: 1_000 },
    // The venue allows 20 in 2 s of each path. The candles of one market fit into half of these.
    weight: { count: 19, perMs: 2_000 },
    // Fewer than 30 books, and each has a stream of trades beside it.
    symbolsPerSocket: 56,
    subscribesPerSocket: { count: 450, perMs: 3_600_000 },
    socketLifeMs: 23.5 * 3_600_000,
  },
  rule: {
    check: checkChain,
    depth: OKX_BOOKS_DEPTH,
    checksum: { depth: OKX_CHECKSUM_DEPTH, of: okxChecksum, isPlain: true },
  },
  // The venue closes a socket on which nothing was sent for 30 s.
  keepAlive: { text: 'ping' },
  book: (market) => ({ market, kind: 'book', path: PATH, name: 'books' }),
  trades: (market) => [{ market, kind: 'trades', path: PATH, name: 'trades' }],
  subscribe: (streams) => framesOf('subscribe', streams),
  unsubscribe: (streams) => framesOf('unsubscribe', streams),
  frame: okxFrame,
  instruments: {
    // A list for all markets of its kind: one by one, they would be subscribed one by one.
    request: (market = '') => ({
      path: `${INSTRUMENTS}${kindOf(market)}${familyOf(market)}`,
      weight: 1,
    }),
    lists: ['SPOT', 'SWAP', 'FUTURES'].map((kind) => ({ path: INSTRUMENTS + kind, weight: 1 })),
    read: readInstruments,
  },
  candles: { requests: candleRequests, read: readCandles },
  missed: { request: missedRequest, read: readTrades },
};

function framesOf(op: string, streams: readonly LiveStream[]): readonly string[] {
  const frames: string[] = [];
  for (let from = 0; from < streams.length; from += STREAMS_A_FRAME) {
    const args = streams
      .slice(from, from + STREAMS_A_FRAME)
      .map(({ name, market }) => ({ channel: name, instId: market }));
    frames.push(JSON.stringify({ op, args }));
  }
  return frames;
}

function kindOf(market: string): string {
  const parts = market.split('-');
  if (parts.length >= 5) return 'OPTION';
  if (parts.length < 3) return 'SPOT';
  return parts.at(-1) === 'SWAP' ? 'SWAP' : 'FUTURES';
}

/** Options are listed by family only. */
function familyOf(market: string): string {
  if (kindOf(market) !== 'OPTION') return '';
  return `&instFamily=${encodeURIComponent(market.split('-').slice(0, 2).join('-'))}`;
}

function readInstruments(text: string): readonly VenueInstrument[] | string {
  const json = jsonOf(text);
  const rows = isFields(json) ? objectsOf(json['data']) : undefined;
  const code = isFields(json) ? String(json['code'] ?? '0') : '';
  if (UNKNOWN.has(code)) return [];
  if (rows === undefined || code !== '0') return `no list of instruments: ${beginningOf(text)}`;
  return rows.flatMap(instrumentOf);
}

function instrumentOf(row: Fields): readonly VenueInstrument[] {
  const [market, tick, lot] = ['instId', 'tickSz', 'lotSz'].map((name) => fieldText(row, name));
  const isStep = (step: string | undefined): step is string =>
    step !== undefined && /^\d+(\.\d+)?$/.test(step) && Number(step) > 0;
  if (market === undefined || !isStep(tick) || !isStep(lot)) return [];
  const [first = market, second = ''] = market.split('-');
  return [
    {
      market,
      base: fieldText(row, 'baseCcy') || first,
      quote: fieldText(row, 'quoteCcy') || second,
      tickSize: plainDecimal(tick),
      lotSize: plainDecimal(lot),
      ...listedStatus(statusOf(row['state']), row['state']),
    },
  ];
}

function statusOf(state: unknown): VenueInstrument['status'] {
  if (state === undefined || state === 'live') return 'open';
  return state === 'expired' || state === 'settling' ? 'gone' : 'halted';
}

/** Both bounds are exclusive. */
function candleRequests(span: CandleSpan): readonly VenueRequest[] {
  const bar = span.interval === '1h' ? '1H' : '1m';
  const of = `instId=${encodeURIComponent(span.market)}&bar=${bar}&limit=${CANDLES_AN_ANSWER}`;
  return candlePages(span, CANDLES_AN_ANSWER).map(({ from, to }) => ({
    path: `/api/v5/market/history-candles?${of}&before=${from - 1}&after=${to}`,
    weight: 1,
  }));
}

/** Rows `[time, open, high, low, close, volume, ...]` in the unit of trades: contracts of derivatives. The last is `confirm`. */
function readCandles(
  text: string,
  interval: CandleSpan['interval'],
): readonly VenueCandle[] | string {
  const json = jsonOf(text);
  const rows = isFields(json) && json['code'] === '0' ? json['data'] : undefined;
  return candleRows(rows, interval, { unitMs: 1, volume: 5, isClosed: 8 }, text);
}

/** The newest hundred below an id, newest first: with ids that count, those from the hole's first on. */
function missedRequest({ market, from, to }: TradeHole): { path: string; weight: number } {
  const end = BigInt(from) + BigInt(TRADES_AN_ANSWER);
  const below = end <= BigInt(to) ? end : BigInt(to) + 1n;
  const of = `instId=${encodeURIComponent(market)}&type=1&after=${below}&limit=${TRADES_AN_ANSWER}`;
  return { path: `/api/v5/market/history-trades?${of}`, weight: 1 };
}

function readTrades(text: string): readonly VenueEvent[] | string {
  const json = jsonOf(text);
  const rows = isFields(json) && json['code'] === '0' ? objectsOf(json['data']) : undefined;
  if (rows === undefined) return `no list of trades: ${beginningOf(text)}`;
  const events: VenueEvent[] = [];
  for (const row of rows.toReversed()) {
    const event = okxTrade({ ...row, count: '1' });
    if (typeof event === 'string') return event;
    events.push(event);
  }
  return events;
}
