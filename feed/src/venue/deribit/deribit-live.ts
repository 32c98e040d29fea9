/*
 * Deribit, live, JSON-RPC over v2. The venue sends a snapshot with a subscription, and none with a second one to the
 * same channel: to get another, a channel is unsubscribed first. It asks for a sign of life.
 * https://docs.deribit.com/
 */
import { plainDecimal } from '@tapedeck/market/number/decimal';
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { candlePages, candleRows, rowsOfLists } from '../candle-rows.ts';
import { checkChain } from '../chain-check.ts';
import { type Fields, isFields } from '../dump-venue.ts';
import { beginningOf, fieldText, jsonWithNumberText, objectsOf } from '../json-fields.ts';
import { listedStatus } from '../listed-status.ts';
import type {
  CandleSpan,
  LiveStream,
  LiveVenue,
  TradeHole,
  VenueInstrument,
} from '../live-venue.ts';
import type { VenueCandle, VenueEvent } from '../venue-event.ts';
import { DERIBIT_TEST, deribitFrame, deribitJson, deribitTrade } from './deribit-frame.ts';

const PATH = '/ws/api/v2';
const CHANNELS_A_FRAME = 200;
const TRADES_AN_ANSWER = 1_000;
/** The venue has 5,001; of a longer span it answers the end, and does not say so. */
const CANDLES_AN_ANSWER = 5_000;
const MINUTE_MS = 60_000;
/** How often the venue asks for a sign of life; at least 10. */
const HEARTBEAT_S = 15;

export const deribitLive: LiveVenue = {
  venue: 'deribit',
  origins: { socket: 'wss://www.deribit.com', http: 'https://www.deribit.com' },
  capability: { depth: 'l2', loss: 'chain', sides: true, clock: 'venue', cadenceMs: 100 },
  limits: {
    // The venue allows 32 sockets.
    connects: { count: 30, perMs: 60_000 },
    // A subscription costs 3,000 of 30,000 credits, and 10,000 come back in a second.
    messages: { count: 3, perMs: 1_000 },
    weight: { count: 10, perMs: 1_000 },
    symbolsPerSocket: 200,
    socketLifeMs: 23.5 * 3_600_000,
  },
  rule: { check: checkChain },
  keepAlive: { text: DERIBIT_TEST },
  hello: (id) => [
    callOf('public/set_heartbeat', { interval: HEARTBEAT_S }, id),
    callOf('public/subscribe', { channels: ['platform_state'] }, id),
  ],
  book: (market) => ({ market, kind: 'book', path: PATH, name: `book.${market}.100ms` }),
  trades: (market) => [{ market, kind: 'trades', path: PATH, name: `trades.${market}.100ms` }],
  subscribe: (streams, id) => framesOf('public/subscribe', streams, id),
  unsubscribe: (streams, id) => framesOf('public/unsubscribe', streams, id),
  frame: deribitFrame,
  instruments: {
    request: (market) => ({
      path: `/api/v2/public/get_instruments?${listOf(market)}&expired=false`,
      weight: 1,
    }),
    read: readInstruments,
  },
  candles: {
    requests(span) {
      const of = `instrument_name=${encodeURIComponent(span.market)}&resolution=${INTERVAL_MS[span.interval] / MINUTE_MS}`;
      return candlePages(span, CANDLES_AN_ANSWER).map(({ from, to }) => ({
        path: `/api/v2/public/get_tradingview_chart_data?${of}&start_timestamp=${from}&end_timestamp=${to - 1}`,
        weight: 1,
      }));
    },
    read: readCandles,
  },
  missed: {
    request({ market, from, to }) {
      const of = `instrument_name=${encodeURIComponent(market)}&start_seq=${from}&end_seq=${to}`;
      const path = `/api/v2/public/get_last_trades_by_instrument?${of}&count=${TRADES_AN_ANSWER}&sorting=asc`;
      return { path, weight: 1 };
    },
    read: readTrades,
  },
};

function callOf(method: string, params: object, id: number): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

function framesOf(method: string, streams: readonly LiveStream[], id: number): readonly string[] {
  const frames: string[] = [];
  for (let from = 0; from < streams.length; from += CHANNELS_A_FRAME) {
    const channels = streams.slice(from, from + CHANNELS_A_FRAME).map(({ name }) => name);
    frames.push(callOf(method, { channels }, id));
  }
  return frames;
}

/** The whole list has thousands of options: the name says which part of it has the market. */
function listOf(market: string | undefined): string {
  if (market === undefined) return 'currency=any';
  const [pair = '', ...rest] = market.split('-');
  const [base = '', quote] = pair.split('_');
  if (rest.length === 0) return 'currency=any&kind=spot';
  const currency = encodeURIComponent(quote ?? base);
  if (rest.length === 1) return `currency=${currency}&kind=future`;
  return /^[CP]$/.test(rest.at(-1) ?? '') ? `currency=${currency}&kind=option` : 'currency=any';
}

function readInstruments(text: string): readonly VenueInstrument[] | string {
  const json = deribitJson(text);
  const rows = isFields(json) ? objectsOf(json['result']) : undefined;
  return rows?.flatMap(instrumentOf) ?? `no list of instruments: ${beginningOf(text)}`;
}

function instrumentOf(row: Fields): readonly VenueInstrument[] {
  const market = fieldText(row, 'instrument_name');
  // Above some prices the tick is another one.
  const steps = objectsOf(row['tick_size_steps']) ?? [];
  const tickSize = finestOf([row, ...steps].map((each) => each['tick_size']));
  const lotSize = finestOf([row['min_trade_amount'], row['contract_size']]);
  if (market === undefined || tickSize === undefined || lotSize === undefined) return [];
  const [base = market] = market.split(/[-_]/);
  return [
    {
      market,
      base: fieldText(row, 'base_currency') ?? base,
      quote: fieldText(row, 'quote_currency') ?? '',
      ...{ tickSize, lotSize, ...listedStatus(statusOf(row), row['state']) },
    },
  ];
}

function finestOf(values: readonly unknown[]): string | undefined {
  const steps = values
    .filter((value): value is string => typeof value === 'string' && Number(value) > 0)
    .map(plainDecimal);
  return steps.toSorted((a, b) => Number(a) - Number(b))[0];
}

function statusOf({ is_active: isActive, state }: Fields): VenueInstrument['status'] {
  if (isActive === false) return 'gone';
  if (state === undefined || state === 'open' || state === 'started') return 'open';
  return /^(delivered|archivized|closed|terminated|inactive)$/.test(String(state))
    ? 'gone'
    : 'halted';
}

/** One list a field. Trades of inverse contracts are in USD: of those, `cost` is the sum. */
function readCandles(
  text: string,
  interval: CandleSpan['interval'],
  market: string,
): readonly VenueCandle[] | string {
  const json = jsonWithNumberText(text);
  const result = isFields(json) ? json['result'] : undefined;
  const volume = isInverse(market) ? 'cost' : 'volume';
  const rows = rowsOfLists(result, ['ticks', 'open', 'high', 'low', 'close', volume]);
  return candleRows(rows, interval, { unitMs: 1, volume: 5 }, text);
}

/** BTC-PERPETUAL and BTC-25DEC26 are; BTC_USDC-PERPETUAL, options (with a strike) and spot are not. */
function isInverse(market: string): boolean {
  return /^[^-_]+-[^-]+$/.test(market);
}

function readTrades(text: string, _: TradeHole): readonly VenueEvent[] | string {
  const json = deribitJson(text);
  const result = isFields(json) ? json['result'] : undefined;
  const rows = isFields(result) ? objectsOf(result['trades']) : undefined;
  if (rows === undefined) return `no list of trades: ${beginningOf(text)}`;
  const events = rows.map(deribitTrade);
  return events.every((event) => event !== undefined) ? events : 'a trade that lacks a field';
}
