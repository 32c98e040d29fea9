/*
 * Bybit, live, v5 public: spot, linear and inverse contracts, which differ in paths and limits. `orderbook.50` begins
 * with a snapshot; levels that leave its 50 are deleted by a delta.
 * https://bybit-exchange.github.io/docs/v5/ws/connect
 */
import { plainDecimal } from '@tapedeck/market/number/decimal';
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { candlePages, candleRows } from '../candle-rows.ts';
import { checkChain } from '../chain-check.ts';
import { type Fields, isFields } from '../dump-venue.ts';
import { beginningOf, fieldText, jsonOf, objectsOf } from '../json-fields.ts';
import { listedStatus } from '../listed-status.ts';
import type { LiveStream, LiveVenue, VenueInstrument } from '../live-venue.ts';
import type { VenueCandle, VenueEvent } from '../venue-event.ts';
import { bybitFrame, bybitTrade } from './bybit-frame.ts';

const DEPTH = 50;
const MINUTE_MS = 60_000;
const CANDLES_AN_ANSWER = 1_000;
/** The parameters are wrong: there is no such symbol. */
const UNKNOWN = 10_001;

export const bybitSpot: LiveVenue = venueOf('bybit', 'spot', 60);
export const bybitLinear: LiveVenue = venueOf('bybit-linear', 'linear', 500);
export const bybitInverse: LiveVenue = venueOf('bybit-inverse', 'inverse', 500);

function venueOf(venue: string, category: string, tradesAnAnswer: number): LiveVenue {
  const path = `/v5/public/${category}`;
  return {
    venue,
    origins: { socket: 'wss://stream.bybit.com', http: 'https://api.bybit.com' },
    capability: { depth: 'l2', loss: 'chain', sides: true, clock: 'venue', cadenceMs: 20 },
    limits: {
      // The venue allows 500 in five minutes.
      connects: { count: 200, perMs: 5 * MINUTE_MS },
      // The venue states no limit; 200 markets are subscribed within the time for their first data.
      messages: { count: 40, perMs: 1_000 },
      // The venue allows 600 in 5 s; whoever exceeds it gets a 403 and must stop for ten minutes.
      weight: { count: 100, perMs: 5_000 },
      forbiddenMs: 10 * MINUTE_MS,
      // The venue allows 21,000 characters of names.
      symbolsPerSocket: 100,
      socketLifeMs: 23.5 * 3_600_000,
    },
    rule: { check: checkChain, depth: DEPTH },
    // Every 20 s, also on a busy socket.
    keepAlive: { text: '{"op":"ping"}', everyMs: 18_000 },
    book: (market) => ({ market, kind: 'book', path, name: `orderbook.${DEPTH}.${market}` }),
    quote: (market) => ({ market, kind: 'quote', path, name: `orderbook.1.${market}` }),
    trades: (market) => [{ market, kind: 'trades', path, name: `publicTrade.${market}` }],
    subscribe: (streams, id) => framesOf('subscribe', streams, id),
    unsubscribe: (streams, id) => framesOf('unsubscribe', streams, id),
    frame: bybitFrame,
    instruments: {
      // A list for all markets: one by one, they would be subscribed one by one.
      request: () => ({
        path: `/v5/market/instruments-info?category=${category}&limit=1000`,
        weight: 1,
      }),
      read: readInstruments,
    },
    candles: {
      requests(span) {
        const of = `category=${category}&symbol=${encodeURIComponent(span.market)}&interval=${INTERVAL_MS[span.interval] / MINUTE_MS}`;
        return candlePages(span, CANDLES_AN_ANSWER).map(({ from, to }) => ({
          path: `/v5/market/kline?${of}&start=${from}&end=${to - 1}&limit=${CANDLES_AN_ANSWER}`,
          weight: 1,
        }));
      },
      read: readCandles,
    },
    missed: {
      compareMs: 15_000,
      request: ({ market }) => ({
        path: `/v5/market/recent-trade?category=${category}&symbol=${encodeURIComponent(market)}&limit=${tradesAnAnswer}`,
        weight: 1,
      }),
      read: readTrades,
    },
  };
}

/** One market a frame: the venue refuses a whole frame for one unknown symbol in it. */
function framesOf(op: string, streams: readonly LiveStream[], id: number): readonly string[] {
  return [...Map.groupBy(streams, ({ market }) => market).values()].map((of) =>
    JSON.stringify({ op, req_id: String(id), args: of.map(({ name }) => name) }),
  );
}

/** The list in an answer; text if there is none. */
function listOf(text: string): readonly Fields[] | string {
  const json = jsonOf(text);
  if (!isFields(json)) return `no list: ${beginningOf(text)}`;
  const { retCode, retMsg, result } = json;
  if (retCode === UNKNOWN) return [];
  if (retCode !== 0) return `${String(retCode)}: ${String(retMsg)}`;
  return (
    (isFields(result) ? objectsOf(result['list']) : undefined) ?? `no list: ${beginningOf(text)}`
  );
}

/** Rows `[start, open, high, low, close, volume, turnover]`; of inverse contracts, the volume is in contracts. */
function readCandles(text: string, interval: '1m' | '1h'): readonly VenueCandle[] | string {
  const json = jsonOf(text);
  const isList = isFields(json) && json['retCode'] === 0 && isFields(json['result']);
  const rows = isList ? (json['result'] as Fields)['list'] : undefined;
  return candleRows(rows, interval, { unitMs: 1, volume: 5 }, text);
}

function readInstruments(text: string): readonly VenueInstrument[] | string {
  const rows = listOf(text);
  return typeof rows === 'string' ? rows : rows.flatMap(instrumentOf);
}

function instrumentOf(row: Fields): readonly VenueInstrument[] {
  const { priceFilter, lotSizeFilter: lots } = row;
  const market = fieldText(row, 'symbol');
  const tick = isFields(priceFilter) ? fieldText(priceFilter, 'tickSize') : undefined;
  const lot = isFields(lots)
    ? (fieldText(lots, 'qtyStep') ?? fieldText(lots, 'basePrecision'))
    : undefined;
  const isStep = (step: string | undefined): step is string =>
    step !== undefined && /^\d+(\.\d+)?$/.test(step) && Number(step) > 0;
  if (market === undefined || !isStep(tick) || !isStep(lot)) return [];
  return [
    {
      market,
      base: fieldText(row, 'baseCoin') ?? market,
      quote: fieldText(row, 'quoteCoin') ?? '',
      tickSize: plainDecimal(tick),
      lotSize: plainDecimal(lot),
      ...listedStatus(statusOf(row['status']), row['status']),
    },
  ];
}

function statusOf(status: unknown): VenueInstrument['status'] {
  if (status === undefined || status === 'Trading') return 'open';
  return /^(Settling|Delivering|Closed)$/.test(String(status)) ? 'gone' : 'halted';
}

/** Newest first at the venue. */
function readTrades(text: string): readonly VenueEvent[] | string {
  const rows = listOf(text);
  if (typeof rows === 'string') return rows;
  const events: VenueEvent[] = [];
  for (const { execId, time, price, size, side } of rows.toReversed()) {
    const event = bybitTrade(execId, Number(time), price, size, side);
    if (event === undefined) return 'a trade without execId, time, price, size or side';
    events.push(event);
  }
  return events;
}
