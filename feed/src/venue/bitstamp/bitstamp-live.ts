/*
 * Bitstamp, live. Nothing shows that a delta is missing, so its books are never proven: they are compared with the
 * book by REST every few minutes, and whatever may have been a delta but cannot be read is a hole. The book by REST is
 * about a second behind the stream.
 * https://www.bitstamp.net/websocket/v2/
 */
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { candlePages, candleRows, rowsOfObjects } from '../candle-rows.ts';
import { badFrame, isFields, timeOfText } from '../dump-venue.ts';
import { beginningOf, fieldText, jsonOf, objectsOf, stepOfPlaces } from '../json-fields.ts';
import { listedStatus } from '../listed-status.ts';
import type {
  CandleSpan,
  LiveFinding,
  LiveVenue,
  TradeHole,
  VenueInstrument,
  VenueRequest,
} from '../live-venue.ts';
import type { VenueCandle, VenueEvent } from '../venue-event.ts';
import { bitstampBook, bitstampFrame } from './bitstamp-frame.ts';

const MINUTE_MS = 60_000;
const CANDLES_AN_ANSWER = 1_000;
/** The list of the last minute, hour and day: used for holes that are a little shorter. */
const LISTS = [
  { name: 'minute', reachMs: 0.75 * MINUTE_MS },
  { name: 'hour', reachMs: 55 * MINUTE_MS },
  { name: 'day', reachMs: Infinity },
] as const;

export const bitstampLive: LiveVenue = {
  venue: 'bitstamp',
  origins: { socket: 'wss://ws.bitstamp.net', http: 'https://www.bitstamp.net' },
  capability: { depth: 'l2', loss: 'none', sides: true, clock: 'venue', cadenceMs: 150 },
  limits: {
    // No limit is known. In a short window, so that a budget that is used up returns soon.
    connects: { count: 10, perMs: 10_000 },
    messages: { count: 10, perMs: 1_000 },
    // The venue allows 8,000 requests in 10 minutes.
    weight: { count: 300, perMs: MINUTE_MS },
    symbolsPerSocket: 100,
    socketLifeMs: 23.5 * 3_600_000,
  },
  rule: { check: ({ id }, { lastId }) => (lastId <= id ? 'old' : 'apply'), overlaps: true },
  keepAlive: { text: '{"event":"bts:heartbeat"}' },
  book: (market) => streamOf(market, 'book', 'diff_order_book'),
  trades: (market) => [streamOf(market, 'trades', 'live_trades')],
  subscribe: (streams) => streams.map(({ name }) => frameOf('bts:subscribe', name)),
  unsubscribe: (streams) => streams.map(({ name }) => frameOf('bts:unsubscribe', name)),
  frame: (text) => bitstampFrame(text).flatMap(orHole),
  snapshot: {
    request: (market) => ({
      path: `/api/v2/order_book/${encodeURIComponent(market)}/`,
      weight: 1,
    }),
    read(text) {
      const json = jsonOf(text);
      const finding = isFields(json) ? bitstampBook('snapshot', '', json) : badFrame(text);
      return finding.kind === 'event' ? finding.event : `no book: ${beginningOf(text)}`;
    },
    auditMs: 4 * MINUTE_MS,
  },
  instruments: {
    request: () => ({ path: '/api/v2/trading-pairs-info/', weight: 1 }),
    read: readPairs,
  },
  candles: { requests: candleRequests, read: readCandles },
  missed: {
    request({ market, after, before = after }) {
      const list = LISTS.find(({ reachMs }) => before - after < reachMs) ?? LISTS[2];
      const path = `/api/v2/transactions/${encodeURIComponent(market)}/?time=${list.name}`;
      return { path, weight: 1 };
    },
    read: readTrades,
    compareMs: 30_000,
  },
};

function streamOf(market: string, kind: 'book' | 'trades', channel: string) {
  return { market, kind, path: '/', name: `${channel}_${market}` };
}

function frameOf(event: string, channel: string): string {
  return JSON.stringify({ event, data: { channel } });
}

function orHole(finding: LiveFinding): readonly LiveFinding[] {
  return finding.kind === 'bad-line'
    ? [finding, { kind: 'hole', detail: finding.detail }]
    : [finding];
}

function readPairs(text: string): readonly VenueInstrument[] | string {
  const pairs = objectsOf(jsonOf(text));
  if (pairs === undefined) return `no list of pairs: ${beginningOf(text)}`;
  return pairs.flatMap((pair) => {
    const { base_decimals: size, counter_decimals: price, trading } = pair;
    const market = fieldText(pair, 'url_symbol');
    if (market === undefined || typeof price !== 'number' || typeof size !== 'number') return [];
    const [base = '', quote = ''] = (fieldText(pair, 'name') ?? '').split('/');
    const [tickSize, lotSize] = [stepOfPlaces(price), stepOfPlaces(size)];
    const status = trading === 'Enabled' ? 'open' : 'halted';
    return [{ market, base, quote, tickSize, lotSize, ...listedStatus(status, trading) }];
  });
}

/**
 * The venue counts rows back from `end`, whatever `start` says, and from now if there is none. One more than the page
 * has, as nothing says whether that of `end` is one of them.
 */
function candleRequests(span: CandleSpan): readonly VenueRequest[] {
  const step = INTERVAL_MS[span.interval];
  const of = `/api/v2/ohlc/${encodeURIComponent(span.market)}/?step=${step / 1_000}`;
  return candlePages(span, CANDLES_AN_ANSWER - 1).map(({ from, to }, at) => {
    const path = `${of}&limit=${Math.ceil((to - from) / step) + 1}`;
    return { path: at === 0 ? path : `${path}&end=${Math.floor(to / 1_000)}`, weight: 1 };
  });
}

function readCandles(
  text: string,
  interval: CandleSpan['interval'],
): readonly VenueCandle[] | string {
  const json = jsonOf(text);
  const data = isFields(json) ? json['data'] : undefined;
  const names = ['timestamp', 'open', 'high', 'low', 'close', 'volume'];
  const rows = rowsOfObjects(isFields(data) ? data['ohlc'] : undefined, names);
  return candleRows(rows, interval, { unitMs: 1_000, volume: 5 }, text);
}

/** Newest first; times in whole seconds. */
function readTrades(text: string, _: TradeHole): readonly VenueEvent[] | string {
  const rows = objectsOf(jsonOf(text));
  if (rows === undefined) return `no list of trades: ${beginningOf(text)}`;
  return rows.toReversed().flatMap((row) => {
    const [key, price, size] = ['tid', 'price', 'amount'].map((name) => fieldText(row, name));
    const eventTime = timeOfText(row['date']);
    if (key === undefined || price === undefined || size === undefined) return [];
    if (eventTime === undefined) return [];
    const aggressor = row['type'] === '1' ? 'sell' : 'buy';
    const event = { type: 'trade', id: undefined, key, eventTime, price, size, aggressor } as const;
    return [{ ...event, kind: 'MARKET' }];
  });
}
