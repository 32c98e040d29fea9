/*
 * Hyperliquid, live: perpetuals of its first exchange. Every `l2Book` is the whole book of five levels a side, and
 * nothing shows a missing one; the next one heals what it left. `bbo` has the best levels of each block in between.
 * https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket
 */
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { candlePages, candleRows } from '../candle-rows.ts';
import { isFields } from '../dump-venue.ts';
import { beginningOf, fieldText, jsonOf, objectsOf, stepOfPlaces } from '../json-fields.ts';
import type { LiveStream, LiveVenue, VenueInstrument, VenueRequest } from '../live-venue.ts';
import type { VenueCandle, VenueEvent } from '../venue-event.ts';
import { hyperliquidBook, hyperliquidFrame, hyperliquidTrades } from './hyperliquid-frame.ts';

const MINUTE_MS = 60_000;
/** The venue has no more of any interval. */
const CANDLES_AN_ANSWER = 5_000;
/** Prices of perpetuals have at most so many decimal places, less those of their sizes. */
const PRICE_PLACES = 6;
/** More than any size has: candles' volumes are sums of floats, `3495670.8399999999`. */
const VOLUME_PLACES = 8;

export const hyperliquidLive: LiveVenue = {
  venue: 'hyperliquid',
  origins: { socket: 'wss://api.hyperliquid.xyz', http: 'https://api.hyperliquid.xyz' },
  capability: { depth: 'l2-snapshots', loss: 'none', sides: true, clock: 'venue', cadenceMs: 540 },
  limits: {
    // The venue allows 30 in a minute, and 10 at a time. In a short window, so that a budget that is used up returns soon.
    connects: { count: 2, perMs: 4_200 },
    // The venue allows 2,000 in a minute; 200 markets are subscribed within the time for their first data.
    messages: { count: 600, perMs: 20_000 },
    // The venue allows 1,200 in a minute. In one window: the candles of several markets come at once, and no book
    // waits for a request.
    weight: { count: 1_100, perMs: MINUTE_MS },
    // A book is two subscriptions; the venue allows 1,000, on all sockets together.
    symbolsPerSocket: 100,
    socketLifeMs: 23.5 * 3_600_000,
  },
  rule: { check: ({ id }, { lastId }) => (lastId <= id ? 'old' : 'apply'), isWhole: true },
  // The venue ends a socket on which the client was silent for 60 s.
  keepAlive: { text: '{"method":"ping"}', everyMs: 25_000 },
  book: (market) => streamOf(market, 'book', 'l2Book'),
  trades: (market) => [streamOf(market, 'trades', 'trades')],
  subscribe: (streams) => streams.flatMap((stream) => framesOf('subscribe', stream)),
  unsubscribe: (streams) => streams.flatMap((stream) => framesOf('unsubscribe', stream)),
  frame: (text) =>
    hyperliquidFrame(text).flatMap((finding) =>
      // The next whole book has what a lost one had; a trade does not come again.
      finding.kind === 'bad-line'
        ? [finding, { kind: 'hole', only: 'trades', detail: finding.detail }]
        : [finding],
    ),
  snapshot: {
    request: (coin) => infoOf({ type: 'l2Book', coin }, 2),
    read: (text) => hyperliquidBook(jsonOf(text)) ?? `no book: ${beginningOf(text)}`,
    auditMs: 4 * MINUTE_MS,
  },
  instruments: {
    request: () => infoOf({ type: 'meta' }, 20),
    read: readUniverse,
    onlyListed: true,
  },
  candles: {
    requests: (span) =>
      candlePages(span, CANDLES_AN_ANSWER).map(({ from, to }) => {
        const { market: coin, interval } = span;
        const req = { coin, interval, startTime: from, endTime: to - 1 };
        // 20, and one for 60 candles.
        const weight = 20 + Math.ceil((to - from) / INTERVAL_MS[interval] / 60);
        return infoOf({ type: 'candleSnapshot', req }, weight);
      }),
    read: readCandles,
  },
  missed: {
    compareMs: 30_000,
    request: ({ market: coin }) => infoOf({ type: 'recentTrades', coin }, 20),
    read: readTrades,
  },
};

function streamOf(market: string, kind: 'book' | 'trades', name: string): LiveStream {
  return { market, kind, path: '/ws', name };
}

/** A book needs its best levels, too. */
function framesOf(method: string, { market: coin, kind }: LiveStream): readonly string[] {
  const subscriptions =
    kind === 'book'
      ? [
          { type: 'l2Book', coin, fast: true },
          { type: 'bbo', coin },
        ]
      : [{ type: 'trades', coin }];
  return subscriptions.map((subscription) => JSON.stringify({ method, subscription }));
}

function infoOf(body: object, weight: number): VenueRequest {
  return { path: '/info', body: JSON.stringify(body), weight };
}

/** Sizes have `szDecimals` places, prices what is left of six. */
function readUniverse(text: string): readonly VenueInstrument[] | string {
  const json = jsonOf(text);
  const rows = isFields(json) ? objectsOf(json['universe']) : undefined;
  if (rows === undefined) return `no universe: ${beginningOf(text)}`;
  return rows.flatMap((row) => {
    const market = fieldText(row, 'name');
    const { szDecimals: places, isDelisted } = row;
    if (market === undefined || typeof places !== 'number' || !(places >= 0 && places <= 16))
      return [];
    return [
      {
        ...{ market, base: market, quote: 'USDC' },
        tickSize: stepOfPlaces(PRICE_PLACES - places),
        lotSize: stepOfPlaces(places),
        status: isDelisted === true ? 'gone' : 'open',
      },
    ];
  });
}

/** Objects `{t, o, h, l, c, v, n}`. */
function readCandles(text: string, interval: '1m' | '1h'): readonly VenueCandle[] | string {
  const json = jsonOf(text);
  const rows = Array.isArray(json) ? (json as unknown[]).map(candleRow) : json;
  return candleRows(rows, interval, { unitMs: 1, volume: 5, trades: 6 }, text);
}

function candleRow(row: unknown): unknown {
  if (!isFields(row)) return row;
  const { t, o, h, l, c, v, n } = row;
  return [t, o, h, l, c, typeof v === 'string' ? withoutNoise(v) : v, n];
}

/** The decimal that a float stood for. */
function withoutNoise(text: string): string {
  const [, whole = '', fraction = ''] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (fraction.length <= VOLUME_PLACES) return text;
  const half = fraction.charAt(VOLUME_PLACES) >= '5' ? 1n : 0n;
  const units = BigInt(whole + fraction.slice(0, VOLUME_PLACES)) + half;
  const digits = String(units).padStart(VOLUME_PLACES + 1, '0');
  const decimal = `${digits.slice(0, -VOLUME_PLACES)}.${digits.slice(-VOLUME_PLACES)}`;
  return decimal.replace(/\.?0+$/, '');
}

/** Newest first at the venue, ten of them. */
function readTrades(text: string): readonly VenueEvent[] | string {
  const rows = hyperliquidTrades(jsonOf(text));
  return rows?.map(({ event }) => event) ?? `no list of trades: ${beginningOf(text)}`;
}
