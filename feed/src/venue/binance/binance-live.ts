/*
 * Binance spot, USD-M and COIN-M, live. Streams are subscribed by frames. USD-M has two paths: books on `/public`,
 * aggregate trades on `/market`. A stream subscribed on the wrong one is acknowledged, and stays silent. COIN-M
 * documents one path; where trades are silent on it, they are tried on `/market/ws`, whose frames have no envelope.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 * https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams
 */
import { plainDecimal } from '@tapedeck/market/number/decimal';

import { candlePages, candleRows } from '../candle-rows.ts';
import { type Fields, isFields } from '../dump-venue.ts';
import { beginningOf, jsonOf, objectsOf, stepOfPlaces, fieldText } from '../json-fields.ts';
import { listedStatus } from '../listed-status.ts';
import type {
  LiveFinding,
  LiveStream,
  LiveVenue,
  TradeHole,
  VenueInstrument,
  VenueLimits,
  VenueRequest,
} from '../live-venue.ts';
import type { VenueEvent } from '../venue-event.ts';
import { checkBinance } from './binance-check.ts';
import { parseBinanceFrame } from './binance-frame.ts';
import { readBinanceTrades } from './binance-trades.ts';

/** The venue ends a socket after 24 hours. */
const SOCKET_LIFE_MS = 23.5 * 3_600_000;
const MINUTE_MS = 60_000;
/** Streams per frame: far below what a frame may hold. */
const STREAMS_A_FRAME = 200;
const TRADES_AN_ANSWER = 1_000;
/** Spot has no more; above it, futures weigh twice as much. */
const CANDLES_AN_ANSWER = 1_000;
const CONNECTS = { count: 60, perMs: MINUTE_MS };

type TradePath = { readonly name: 'trade' | 'aggTrade'; readonly path: string };

type Market = {
  readonly venue: string;
  readonly origins: LiveVenue['origins'];
  /** Socket path of books. */
  readonly path: string;
  /** Streams of trades and their socket paths, best first. */
  readonly trades: readonly [TradePath, ...TradePath[]];
  /** Path prefix of requests: `/api/v3`. */
  readonly api: string;
  readonly depth: (isCrowded: boolean) => { readonly limit: number; readonly weight: number };
  readonly weights: {
    readonly aggregates: number;
    readonly trades: number;
    /** Of a page of candles. */
    readonly candles: number;
  };
  readonly limits: Pick<VenueLimits, 'messages' | 'weight'>;
  readonly lotSize: (symbol: Fields, stepSize: string) => string;
};

/** The venue allows 10 frames a second and a weight of 2,400 a minute. */
const FUTURES: Pick<Market, 'depth' | 'weights' | 'limits' | 'lotSize'> = {
  depth: () => ({ limit: 1_000, weight: 20 }),
  weights: { aggregates: 20, trades: 20, candles: 5 },
  limits: {
    messages: { count: 8, perMs: 1_000 },
    weight: { count: 2_000, perMs: MINUTE_MS },
  },
  lotSize: (_, stepSize) => stepSize,
};

export const binanceSpot: LiveVenue = venueOf({
  venue: 'binance',
  origins: { socket: 'wss://stream.binance.com:9443', http: 'https://api.binance.com' },
  path: '/stream',
  trades: [
    { name: 'trade', path: '/stream' },
    { name: 'aggTrade', path: '/stream' },
  ],
  api: '/api/v3',
  depth: (isCrowded) => (isCrowded ? { limit: 1_000, weight: 50 } : { limit: 5_000, weight: 250 }),
  weights: { aggregates: 4, trades: 25, candles: 2 },
  // The venue allows 5 frames a second and a weight of 6,000 a minute.
  limits: {
    messages: { count: 4, perMs: 1_000 },
    weight: { count: 5_000, perMs: MINUTE_MS },
  },
  // Its books do contain sizes that are finer than the lot size of orders (V5a).
  lotSize: (symbol, stepSize) =>
    typeof symbol['baseAssetPrecision'] === 'number'
      ? stepOfPlaces(symbol['baseAssetPrecision'])
      : stepSize,
});

export const binanceUsdm: LiveVenue = venueOf({
  venue: 'binance-usdm',
  origins: { socket: 'wss://fstream.binance.com', http: 'https://fapi.binance.com' },
  path: '/public/stream',
  trades: [
    { name: 'aggTrade', path: '/market/stream' },
    { name: 'trade', path: '/public/stream' },
  ],
  api: '/fapi/v1',
  ...FUTURES,
});

/** Sizes are contracts, of 100 USD (BTC) or 10 USD. */
export const binanceCoinm: LiveVenue = venueOf({
  venue: 'binance-coinm',
  origins: { socket: 'wss://dstream.binance.com', http: 'https://dapi.binance.com' },
  path: '/stream',
  trades: [
    { name: 'aggTrade', path: '/stream' },
    { name: 'aggTrade', path: '/market/ws' },
  ],
  api: '/dapi/v1',
  ...FUTURES,
});

function venueOf(market: Market): LiveVenue {
  const { venue, origins, path, api, weights } = market;
  return {
    venue,
    origins,
    capability: { depth: 'l2', loss: 'chain', sides: true, clock: 'venue', cadenceMs: 100 },
    limits: {
      ...market.limits,
      connects: CONNECTS,
      symbolsPerSocket: 200,
      socketLifeMs: SOCKET_LIFE_MS,
    },
    rule: { check: checkBinance },
    book: (id) => streamOf(id, 'book', path, 'depth@100ms'),
    quote: (id) => streamOf(id, 'quote', path, 'bookTicker'),
    trades(id) {
      const of = (each: TradePath): LiveStream => streamOf(id, 'trades', each.path, each.name);
      const [best, ...others] = market.trades;
      return [of(best), ...others.map(of)];
    },
    subscribe: (streams, id) => framesOf('SUBSCRIBE', streams, id),
    unsubscribe: (streams, id) => framesOf('UNSUBSCRIBE', streams, id),
    frame: (text) => [findingOf(text)].flatMap((each) => each ?? []),
    snapshot: {
      request(id, isCrowded) {
        const { limit, weight } = market.depth(isCrowded);
        return { path: `${api}/depth?symbol=${encodeURIComponent(id)}&limit=${limit}`, weight };
      },
      read: readSnapshot,
    },
    instruments: {
      // Spot's full list has many megabytes; futures have only the full list.
      request(id) {
        const isSpot = api === '/api/v3';
        // Three quarters of spot's full list are permissions.
        const all = isSpot ? '?showPermissionSets=false' : '';
        const of = id === undefined || !isSpot ? all : `?symbol=${encodeURIComponent(id)}`;
        return { path: `${api}/exchangeInfo${of}`, weight: 20 };
      },
      read: (text) => readInstruments(text, market),
    },
    candles: {
      requests(span) {
        const of = `symbol=${encodeURIComponent(span.market)}&interval=${span.interval}`;
        return candlePages(span, CANDLES_AN_ANSWER).map(({ from, to }) => ({
          path: `${api}/klines?${of}&startTime=${from}&endTime=${to - 1}&limit=${CANDLES_AN_ANSWER}`,
          weight: weights.candles,
        }));
      },
      // Open time, prices, volume (of COIN-M in contracts), close time, quote volume, trades, volume of taker buys.
      read: (text, interval) =>
        candleRows(jsonOf(text), interval, { unitMs: 1, volume: 5, buyVolume: 9, trades: 8 }, text),
    },
    missed: {
      request: (hole) => missedRequest(hole, api, weights),
      read: (text, { market }) => readBinanceTrades(text, market),
    },
  };
}

function streamOf(
  market: string,
  kind: LiveStream['kind'],
  path: string,
  name: string,
): LiveStream {
  return { market, kind, path, name: `${market.toLowerCase()}@${name}` };
}

function framesOf(method: string, streams: readonly LiveStream[], id: number): readonly string[] {
  const frames: string[] = [];
  for (let from = 0; from < streams.length; from += STREAMS_A_FRAME) {
    const params = streams.slice(from, from + STREAMS_A_FRAME).map(({ name }) => name);
    frames.push(JSON.stringify({ method, params, id }));
  }
  return frames;
}

function findingOf(text: string): LiveFinding | undefined {
  // Not market data: an acknowledgement, or the notice that the socket will end.
  if (text.startsWith('{"result":')) return undefined;
  if (text.includes('"serverShutdown"')) return { kind: 'move', detail: 'serverShutdown' };
  const frame = parseBinanceFrame(text);
  if (frame.kind === 'event') return { kind: 'event', market: frame.symbol, event: frame.event };
  if (frame.kind === 'bad-line') return frame;
  const json = jsonOf(text);
  const error = isFields(json) ? json['error'] : undefined;
  if (isFields(error)) {
    const detail = `${String(error['code'])}: ${String(error['msg'])}`;
    return { kind: 'refused', market: undefined, detail };
  }
  return isFields(json) && 'id' in json ? undefined : frame;
}

function readSnapshot(text: string): VenueEvent | string {
  const frame = parseBinanceFrame(text);
  return frame.kind === 'event' && frame.event.type === 'snapshot'
    ? frame.event
    : `no depth snapshot: ${beginningOf(text)}`;
}

function readInstruments(text: string, market: Market): readonly VenueInstrument[] | string {
  const json = jsonOf(text);
  const symbols = isFields(json) ? objectsOf(json['symbols']) : undefined;
  if (symbols === undefined) return `no list of symbols: ${beginningOf(text)}`;
  return symbols.flatMap((symbol) => {
    const name = fieldText(symbol, 'symbol');
    const filters = objectsOf(symbol['filters']) ?? [];
    const stepOf = (type: string, field: string): string | undefined => {
      const filter = filters.find((each) => each['filterType'] === type);
      const step = filter === undefined ? undefined : fieldText(filter, field);
      // Binance writes `0.01000000`.
      return step !== undefined && /^\d+(\.\d+)?$/.test(step) ? plainDecimal(step) : undefined;
    };
    const tickSize = stepOf('PRICE_FILTER', 'tickSize');
    const stepSize = stepOf('LOT_SIZE', 'stepSize');
    if (name === undefined || tickSize === undefined || stepSize === undefined) return [];
    const base = fieldText(symbol, 'baseAsset') ?? name;
    const quote = fieldText(symbol, 'quoteAsset') ?? '';
    const lotSize = market.lotSize(symbol, stepSize);
    const word = symbol['status'] ?? symbol['contractStatus'];
    return {
      market: name,
      base,
      quote,
      tickSize,
      lotSize,
      ...listedStatus(statusOf(word), word),
    };
  });
}

/** HALT, BREAK and auctions end; a contract that is being settled or delivered does not reopen. */
function statusOf(status: unknown): VenueInstrument['status'] {
  if (status === 'TRADING' || status === undefined) return 'open';
  return /^(SETTLING|CLOSE|DELIVER|PRE_DELIVER|PRE_SETTLE|DELISTED)/.test(String(status))
    ? 'gone'
    : 'halted';
}

function missedRequest(
  { market, from, isAggregate }: TradeHole,
  api: string,
  weights: Market['weights'],
): VenueRequest {
  const of = `symbol=${encodeURIComponent(market)}&fromId=${from}&limit=${TRADES_AN_ANSWER}`;
  return isAggregate
    ? { path: `${api}/aggTrades?${of}`, weight: weights.aggregates }
    : { path: `${api}/historicalTrades?${of}`, weight: weights.trades };
}

/** Aggregates have the same fields as on the socket; single trades have other field names. */
