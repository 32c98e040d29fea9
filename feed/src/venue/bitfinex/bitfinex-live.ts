/*
 * Bitfinex, live. The book has 25 levels because the checksum covers 25, so it proves every level; a number over all
 * frames of the socket shows at once that one is missing. Prices of a book have five significant figures, those of
 * trades may be finer; the venue states no step, so the first book shows it.
 */
import { bitfinexChecksum } from '@tapedeck/market/book/venue-checksum';

import { candlePages, candleRows } from '../candle-rows.ts';
import { beginningOf, jsonOf, jsonWithNumberText } from '../json-fields.ts';
import type {
  LiveFinding,
  LiveSocket,
  LiveStream,
  LiveVenue,
  VenueInstrument,
} from '../live-venue.ts';
import type { VenueEvent } from '../venue-event.ts';
import { BitfinexFrames, bitfinexTrade } from './bitfinex-frame.ts';
import { coinsOf } from './bitfinex-market.ts';

const PATH = '/ws/2';
const DEPTH = 25;
const MINUTE_MS = 60_000;
/** SEQ_ALL and OB_CHECKSUM. */
const FLAGS = 65_536 + 131_072;
const TRADES = 1_000;
const CANDLES_AN_ANSWER = 10_000;
const CANDLE_COLUMNS = { unitMs: 1, prices: [1, 3, 4, 2], volume: 5 } as const;

export const bitfinexLive: LiveVenue = {
  venue: 'bitfinex',
  origins: { socket: 'wss://api-pub.bitfinex.com', http: 'https://api-pub.bitfinex.com' },
  capability: { depth: 'l2', loss: 'chain', sides: true, clock: 'ours', cadenceMs: 100 },
  limits: {
    // The venue allows 20 a minute, and blocks for a minute after that. One by one, so that a short outage does not use
    // them up.
    connects: { count: 1, perMs: 3_200 },
    messages: { count: 10, perMs: 1_000 },
    // The venue allows 10 to 90 requests a minute, by path; 15 lists of trades.
    weight: { count: 14, perMs: MINUTE_MS },
    // Channels: books and trades of twelve markets.
    symbolsPerSocket: 24,
    socketLifeMs: 23.5 * 3_600_000,
  },
  rule: {
    check: () => 'apply',
    checksum: { depth: DEPTH, of: bitfinexChecksum, isPlain: true },
  },
  hello: () => [JSON.stringify({ event: 'conf', flags: FLAGS })],
  book: (market) => ({ market, kind: 'book', path: PATH, name: 'book' }),
  trades: (market) => [{ market, kind: 'trades', path: PATH, name: 'trades' }],
  socket: () => new BitfinexSocket(),
  subscribe: (streams) => new BitfinexSocket().subscribe(streams),
  unsubscribe: () => [],
  frame: (text) => new BitfinexFrames().frame(text, 0),
  instruments: {
    request: () => ({ path: '/v2/conf/pub:info:pair', weight: 1 }),
    read: readPairs,
  },
  candles: {
    requests: (span) =>
      candlePages(span, CANDLES_AN_ANSWER).map(({ from, to }) => ({
        path: `/v2/candles/trade:${span.interval}:${encodeURIComponent(span.market)}/hist?limit=${CANDLES_AN_ANSWER}&start=${from}&end=${to - 1}`,
        weight: 1,
      })),
    // Rows `[time, open, close, high, low, volume]`.
    read: (text, interval) => candleRows(jsonWithNumberText(text), interval, CANDLE_COLUMNS, text),
  },
  missed: {
    // A missing frame shows at once: this is for what nothing shows.
    compareMs: 5 * MINUTE_MS,
    request: ({ market, after }) => ({
      path: `/v2/trades/${encodeURIComponent(market)}/hist?limit=${TRADES}&start=${after}&sort=1`,
      weight: 1,
    }),
    read: readTrades,
  },
};

class BitfinexSocket implements LiveSocket {
  readonly #frames = new BitfinexFrames();

  subscribe(streams: readonly LiveStream[]): readonly string[] {
    return streams.map(({ market: symbol, name: channel }) =>
      JSON.stringify(
        channel === 'book'
          ? { event: 'subscribe', channel, symbol, prec: 'P0', freq: 'F0', len: String(DEPTH) }
          : { event: 'subscribe', channel, symbol },
      ),
    );
  }

  unsubscribe(streams: readonly LiveStream[]): readonly string[] {
    return streams.flatMap(({ market, name }) => {
      const id = this.#frames.channelOf(name, market);
      if (id === undefined) return [];
      this.#frames.forget(id);
      return [JSON.stringify({ event: 'unsubscribe', chanId: Number(id) })];
    });
  }

  frame(text: string, receiveTime: number): readonly LiveFinding[] {
    return this.#frames.frame(text, receiveTime);
  }
}

/** A list of `[pair, details]` in a list. */
function readPairs(text: string): readonly VenueInstrument[] | string {
  const json = jsonOf(text);
  const rows = Array.isArray(json) ? (json as readonly unknown[])[0] : undefined;
  if (!Array.isArray(rows)) return `no list of pairs: ${beginningOf(text)}`;
  return (rows as readonly unknown[]).flatMap((row) => {
    const pair = Array.isArray(row) ? (row as readonly unknown[])[0] : undefined;
    if (typeof pair !== 'string') return [];
    const market = `t${pair}`;
    const steps = { tickSize: '1', lotSize: '0.00000001' };
    return [{ market, ...coinsOf(market), ...steps, status: 'open' } as const];
  });
}

function readTrades(text: string): readonly VenueEvent[] | string {
  const rows = jsonWithNumberText(text);
  if (!Array.isArray(rows)) return `no list of trades: ${beginningOf(text)}`;
  const trades = (rows as readonly unknown[]).map(bitfinexTrade);
  if (!trades.every((trade) => trade !== undefined))
    return `a trade that cannot be read: ${beginningOf(text)}`;
  return trades.toSorted(
    (a, b) => a.eventTime - b.eventTime || Number(a.key ?? 0) - Number(b.key ?? 0),
  );
}
