/*
 * Coinbase Advanced Trade, live, without an account. Its one counter spans all frames of a socket, so a lost frame
 * costs every book on that socket: each socket carries one market.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview
 */
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { candlePages, candleRows, rowsOfObjects } from '../candle-rows.ts';
import { type Fields, isFields } from '../dump-venue.ts';
import { beginningOf, fieldText, jsonOf, objectsOf } from '../json-fields.ts';
import { listedStatus } from '../listed-status.ts';
import type {
  CandleSpan,
  LiveFinding,
  LiveSocket,
  LiveStream,
  LiveVenue,
  TradeHole,
  VenueInstrument,
  VenueRequest,
} from '../live-venue.ts';
import type { VenueCandle, VenueEvent } from '../venue-event.ts';
import { CoinbaseAdvancedFrames, tradeOf } from './coinbase-advanced-frame.ts';

const PATH = '/';
const PRODUCTS = '/api/v3/brokerage/market/products';
/** Trades per answer. */
const TRADES = 1_000;
/** The venue refuses a span of 351. */
const CANDLES_AN_ANSWER = 349;

export const coinbaseLive: LiveVenue = {
  venue: 'coinbase',
  origins: { socket: 'wss://advanced-trade-ws.coinbase.com', http: 'https://api.coinbase.com' },
  capability: { depth: 'l2', loss: 'chain', sides: true, clock: 'venue', cadenceMs: 50 },
  limits: {
    // A socket must subscribe within 5 s, with three frames: no more sockets than frames allow.
    connects: { count: 2, perMs: 1_000 },
    // The venue allows 8 a second.
    messages: { count: 7, perMs: 1_000 },
    weight: { count: 8, perMs: 1_000 },
    // One market: its book and its trades.
    symbolsPerSocket: 2,
    socketLifeMs: 23.5 * 3_600_000,
  },
  // The counter of the socket shows what is missing. Deletes of absent levels are routine.
  rule: { check: () => 'apply' },
  book: (market) => ({ market, kind: 'book', path: PATH, name: 'level2' }),
  trades: (market) => [{ market, kind: 'trades', path: PATH, name: 'market_trades' }],
  socket: () => new CoinbaseSocket(),
  subscribe: (streams) => new CoinbaseSocket().subscribe(streams),
  unsubscribe: (streams) => framesOf('unsubscribe', streams),
  frame: (text) => new CoinbaseSocket().frame(text),
  instruments: {
    request: (market) => ({
      path: market === undefined ? PRODUCTS : `${PRODUCTS}/${encodeURIComponent(market)}`,
      weight: 1,
    }),
    read: readProducts,
    unlisted(text) {
      const json = jsonOf(text);
      const isAnswer = isFields(json) && typeof json['error'] === 'string';
      return isAnswer ? String(json['message'] ?? json['error']) : undefined;
    },
  },
  candles: { requests: candleRequests, read: readCandles },
  missed: {
    // In whole seconds, around the hole.
    request: ({ market, after, before }) => ({
      path: `${PRODUCTS}/${encodeURIComponent(market)}/ticker?limit=${TRADES}&start=${Math.floor(after / 1_000)}${before === undefined ? '' : `&end=${Math.ceil(before / 1_000) + 1}`}`,
      weight: 1,
    }),
    read: readTrades,
  },
};

class CoinbaseSocket implements LiveSocket {
  readonly #frames = new CoinbaseAdvancedFrames();
  readonly #markets = new Set<string>();
  #hasHeartbeats = false;

  /** Heartbeats first: without them the venue closes a quiet socket after about a minute. */
  subscribe(streams: readonly LiveStream[]): readonly string[] {
    for (const { market } of streams) this.#markets.add(market);
    const frames = framesOf('subscribe', streams);
    if (this.#hasHeartbeats) return frames;
    this.#hasHeartbeats = true;
    return [JSON.stringify({ type: 'subscribe', channel: 'heartbeats' }), ...frames];
  }

  unsubscribe(streams: readonly LiveStream[]): readonly string[] {
    return framesOf('unsubscribe', streams);
  }

  frame(text: string): readonly LiveFinding[] {
    return this.#frames.frame(text).map((finding) => {
      if (finding.kind !== 'refused') return finding;
      // An error names no market, but its words may.
      const market = [...this.#markets].find((each) => finding.detail.includes(each));
      return { ...finding, market: market ?? this.#only };
    });
  }

  get #only(): string | undefined {
    return this.#markets.size === 1 ? [...this.#markets][0] : undefined;
  }
}

/** One channel and one market per frame, so that a refusal concerns nothing else. */
function framesOf(type: string, streams: readonly LiveStream[]): readonly string[] {
  return streams.map(({ market, name }) =>
    JSON.stringify({ type, product_ids: [market], channel: name }),
  );
}

function readProducts(text: string): readonly VenueInstrument[] | string {
  const json = jsonOf(text);
  if (!isFields(json)) return `no product: ${beginningOf(text)}`;
  const list = objectsOf(json['products']);
  const read = (list ?? [json]).flatMap(instrumentOf);
  return list === undefined && read.length === 0 ? `no product: ${beginningOf(text)}` : read;
}

function instrumentOf(product: Fields): readonly VenueInstrument[] {
  const market = fieldText(product, 'product_id');
  const tickSize = fieldText(product, 'price_increment') ?? fieldText(product, 'quote_increment');
  const lotSize = fieldText(product, 'base_increment');
  if (market === undefined || !isStep(tickSize) || !isStep(lotSize)) return [];
  const [first = market, second = ''] = market.split('-');
  const base = fieldText(product, 'base_currency_id') ?? first;
  const quote = fieldText(product, 'quote_currency_id') ?? second;
  return [{ market, base, quote, tickSize, lotSize, ...statusOf(product) }];
}

function isStep(text: string | undefined): text is string {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) && Number(text) > 0;
}

/** Flags that stop trading. A market that takes only limit orders, or is in an auction, still has a live book. */
const HALTS = ['is_disabled', 'trading_disabled', 'cancel_only'] as const;

function statusOf(product: Fields): Pick<VenueInstrument, 'status' | 'says'> {
  const { status } = product;
  const says = HALTS.find((flag) => product[flag] === true) ?? fieldText(product, 'status');
  if (status === 'delisted') return listedStatus('gone', says);
  const isOnline = status === undefined || status === '' || status === 'online';
  const isHalted = !isOnline || HALTS.some((flag) => product[flag] === true);
  return listedStatus(isHalted ? 'halted' : 'open', says);
}

/** In whole seconds, both ends included. */
function candleRequests(span: CandleSpan): readonly VenueRequest[] {
  const granularity = span.interval === '1h' ? 'ONE_HOUR' : 'ONE_MINUTE';
  return candlePages(span, CANDLES_AN_ANSWER).map(({ from, to }) => {
    const end = to - INTERVAL_MS[span.interval];
    const of = `start=${Math.floor(from / 1_000)}&end=${Math.floor(end / 1_000)}&granularity=${granularity}`;
    return { path: `${PRODUCTS}/${encodeURIComponent(span.market)}/candles?${of}`, weight: 1 };
  });
}

function readCandles(
  text: string,
  interval: CandleSpan['interval'],
): readonly VenueCandle[] | string {
  const json = jsonOf(text);
  const names = ['start', 'open', 'high', 'low', 'close', 'volume'];
  const rows = rowsOfObjects(isFields(json) ? json['candles'] : undefined, names);
  return candleRows(rows, interval, { unitMs: 1_000, volume: 5 }, text);
}

function readTrades(text: string, { from, to }: TradeHole): readonly VenueEvent[] | string {
  const json = jsonOf(text);
  const rows = isFields(json) ? objectsOf(json['trades']) : undefined;
  if (rows === undefined) return `no list of trades: ${beginningOf(text)}`;
  return rows.flatMap((row) => {
    const trade = tradeOf(row);
    return trade?.id === undefined || trade.id < from || trade.id > to ? [] : [trade];
  });
}
