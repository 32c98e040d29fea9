/*
 * Kraken spot, live, over WebSocket v2. The book has ten levels because the checksum covers ten, so it proves every
 * level. `AssetPairs` uses Kraken's older coin names (XBT, XDG), the socket the common ones (BTC, DOGE).
 */
import { krakenChecksum } from '@tapedeck/market/book/venue-checksum';
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { candleRows } from '../candle-rows.ts';
import { type Fields, isFields } from '../dump-venue.ts';
import { beginningOf, jsonOf, stepOfPlaces, fieldText } from '../json-fields.ts';
import { listedStatus } from '../listed-status.ts';
import type { LiveStream, LiveVenue, TradeHole, VenueInstrument } from '../live-venue.ts';
import type { VenueCandle, VenueEvent } from '../venue-event.ts';
import { krakenV2Frame } from './kraken-v2-frame.ts';

const PATH = '/v2';
const DEPTH = 10;
const MINUTE_MS = 60_000;
const SYMBOLS_A_FRAME = 100;

export const krakenLive: LiveVenue = {
  venue: 'kraken',
  origins: { socket: 'wss://ws.kraken.com', http: 'https://api.kraken.com' },
  capability: { depth: 'l2', loss: 'checksum', sides: true, clock: 'venue', cadenceMs: 100 },
  limits: {
    // The venue allows about 150 in ten minutes.
    connects: { count: 100, perMs: 10 * MINUTE_MS },
    messages: { count: 10, perMs: 1_000 },
    weight: { count: 40, perMs: MINUTE_MS },
    symbolsPerSocket: 100,
    socketLifeMs: 23.5 * 3_600_000,
  },
  rule: {
    // Deltas have no sequence: each one is applied, and its checksum reveals a missing one.
    check: () => 'apply',
    depth: DEPTH,
    checksum: { depth: DEPTH, of: krakenChecksum },
  },
  book: (market) => ({ market, kind: 'book', path: PATH, name: 'book' }),
  trades: (market) => [{ market, kind: 'trades', path: PATH, name: 'trade' }],
  subscribe: (streams, id) => framesOf('subscribe', streams, id),
  unsubscribe: (streams, id) => framesOf('unsubscribe', streams, id),
  frame: krakenV2Frame,
  instruments: {
    request: () => ({ path: '/0/public/AssetPairs', weight: 1 }),
    read: readPairs,
  },
  candles: {
    // The newest 720 rows, whatever is asked for: 12 hours of minutes, 30 days of hours.
    requests: ({ market, interval }) => [
      {
        path: `/0/public/OHLC?pair=${encodeURIComponent(market)}&interval=${INTERVAL_MS[interval] / MINUTE_MS}`,
        weight: 1,
      },
    ],
    read: readCandles,
  },
  missed: {
    // `since` is exclusive and in nanoseconds. 1 ms earlier, as the trade before the hole may share its time with one
    // in it.
    request: ({ market, after }) => ({
      path: `/0/public/Trades?pair=${encodeURIComponent(market)}&since=${after - 1}000000`,
      weight: 1,
    }),
    read: readTrades,
  },
};

function framesOf(method: string, streams: readonly LiveStream[], id: number): readonly string[] {
  const frames: string[] = [];
  for (const channel of ['book', 'trade']) {
    const markets = streams.filter(({ name }) => name === channel).map(({ market }) => market);
    for (let from = 0; from < markets.length; from += SYMBOLS_A_FRAME) {
      const symbol = markets.slice(from, from + SYMBOLS_A_FRAME);
      const params = channel === 'book' ? { channel, symbol, depth: DEPTH } : { channel, symbol };
      const wanted = method === 'subscribe' ? { ...params, snapshot: true } : params;
      frames.push(JSON.stringify({ method, params: wanted, req_id: id }));
    }
  }
  return frames;
}

function readPairs(text: string): readonly VenueInstrument[] | string {
  const json = jsonOf(text);
  const pairs = isFields(json) ? json['result'] : undefined;
  if (!isFields(pairs)) return `no list of pairs: ${beginningOf(text)}`;
  return Object.values(pairs).flatMap((pair) => (isFields(pair) ? instrumentOf(pair) : []));
}

function instrumentOf(pair: Fields): readonly VenueInstrument[] {
  const name = fieldText(pair, 'wsname');
  const { pair_decimals: price, lot_decimals: size, status } = pair;
  if (name === undefined || typeof price !== 'number' || typeof size !== 'number') return [];
  const [base = '', quote = ''] = name.split('/').map(coinOf);
  return [
    {
      market: `${base}/${quote}`,
      base,
      quote,
      // The checksum uses decimal places; `tick_size` applies to orders and may be coarser.
      tickSize: stepOfPlaces(price),
      lotSize: stepOfPlaces(size),
      ...listedStatus(statusOf(status), status),
    },
  ];
}

function statusOf(status: unknown): VenueInstrument['status'] {
  if (status === undefined || /^(online|post_only|limit_only|reduce_only)$/.test(String(status)))
    return 'open';
  return status === 'delisted' ? 'gone' : 'halted';
}

function coinOf(name: string): string {
  return name === 'XBT' ? 'BTC' : name === 'XDG' ? 'DOGE' : name;
}

/** Rows `[time, open, high, low, close, vwap, volume, count]`, in a field named after the pair, beside `last`. */
function readCandles(text: string, interval: '1m' | '1h'): readonly VenueCandle[] | string {
  const json = jsonOf(text);
  const result = isFields(json) ? json['result'] : undefined;
  const rows = isFields(result) ? Object.values(result).find(Array.isArray) : undefined;
  return candleRows(rows, interval, { unitMs: 1_000, volume: 6, trades: 7 }, text);
}

/** Rows `[price, volume, time, b or s, m or l, misc, id]`, in a field named after the pair, beside `last`. */
function readTrades(text: string, hole: TradeHole): readonly VenueEvent[] | string {
  const json = jsonOf(text);
  const result = isFields(json) ? json['result'] : undefined;
  const rows = isFields(result) ? Object.values(result).find(Array.isArray) : undefined;
  if (rows === undefined) return `no list of trades: ${beginningOf(text)}`;
  return (rows as unknown[]).flatMap((row) => {
    const [price, size, time, side, , , id] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof price !== 'string' || typeof size !== 'string' || typeof time !== 'number')
      return [];
    if (typeof id !== 'number' || id < hole.from || id > hole.to) return [];
    const aggressor = side === 'b' ? 'buy' : 'sell';
    const eventTime = Math.floor(Math.round(time * 1e6) / 1e3);
    return [{ type: 'trade', id, eventTime, price, size, aggressor, kind: 'MARKET' } as const];
  });
}
