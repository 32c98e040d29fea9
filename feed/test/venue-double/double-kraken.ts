/* The double's Kraken part: WebSocket v2, from a recorded excerpt of a ten-level book. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { krakenChecksum } from '@tapedeck/market/book/venue-checksum';
import type { EpochMs } from '@tapedeck/market/number/level';

import { doubleCandles } from './double-candles.ts';
import {
  type DoubleFrame,
  type DoubleMarket,
  type DoubleTrade,
  plain,
  TruthBook,
} from './double-market.ts';
import type { DoubleSpeech } from './double-venue.ts';

type Row = { price: number; qty: number };
type Body = { symbol: string; bids: Row[]; asks: Row[]; checksum: number; timestamp?: string };
type Message = { channel: 'book'; type: string; data: [Body] };
type Pair = readonly [price: string, size: string];

const DEPTH = 10;
const [PRICE_PLACES, SIZE_PLACES] = [1, 8];
const recordings = new Map<string, readonly Message[]>();

function recordingOf(file: string): readonly Message[] {
  let known = recordings.get(file);
  if (known === undefined) {
    const text = gunzipSync(readFileSync(file)).toString().trim();
    known = text.split('\n').map((line) => JSON.parse(line) as Message);
    recordings.set(file, known);
  }
  return known;
}

export class KrakenDouble implements DoubleMarket {
  readonly id: string;
  readonly truth = new TruthBook();
  readonly trades: DoubleTrade[] = [];
  eventTime: EpochMs;
  readonly #messages: readonly Message[];
  readonly #first: EpochMs;
  readonly #roundMs: number;
  #at = 1;
  #round = 0;
  #shiftMs = 0;
  #tradeId = 1_000;

  constructor(id: string, file: string) {
    this.id = id;
    this.#messages = recordingOf(file);
    this.#load();
    const times = this.#messages.slice(1).map(({ data }) => Date.parse(data[0].timestamp ?? ''));
    this.#first = Math.min(...times);
    this.#roundMs = Math.max(...times) - this.#first + 100;
    this.eventTime = this.#first - 50;
  }

  startAt(time: EpochMs): void {
    this.#shiftMs += time - this.eventTime;
    this.eventTime = time;
  }

  renumber(): void {
    this.#tradeId -= 500;
  }

  next(): ReturnType<DoubleMarket['next']> {
    const message = this.#messages[this.#at] as Message;
    const [body] = message.data;
    const time = Date.parse(body.timestamp ?? '') + this.#shiftMs + this.#round * this.#roundMs;
    return {
      afterMs: Math.max(0, time - this.eventTime),
      happen: () => {
        this.#at++;
        this.truth.set('bids', pairs(body.bids));
        this.truth.set('asks', pairs(body.asks));
        this.truth.cut(DEPTH);
        this.eventTime = time;
        const frames = [this.#update(body.bids, body.asks), ...this.#trade(time)];
        if (this.#at === this.#messages.length) frames.push(this.#beginAgain());
        return frames;
      },
    };
  }

  snapshot(): string {
    const rows = (side: 'bids' | 'asks'): string =>
      this.truth
        .sorted(side)
        .map(([price, qty]) => `{"price":${price},"qty":${qty}}`)
        .join();
    return this.#message('snapshot', rows('bids'), rows('asks'));
  }

  trade(trade: DoubleTrade): string {
    const { id, time, price, size, isBuyerMaker } = trade;
    const side = isBuyerMaker ? 'sell' : 'buy';
    return `{"symbol":"${this.id}","side":"${side}","price":${price},"qty":${size},"ord_type":"market","trade_id":${id},"timestamp":"${new Date(time).toISOString()}"}`;
  }

  #load(): void {
    const [body] = (this.#messages[0] as Message).data;
    for (const side of ['bids', 'asks'] as const)
      this.truth.set(
        side,
        [...this.truth[side].keys()].map((price) => [price, '0'] as const),
      );
    this.truth.set('bids', pairs(body.bids));
    this.truth.set('asks', pairs(body.asks));
  }

  /** From the last book of the round to the first one, as one delta. */
  #beginAgain(): DoubleFrame {
    const before = { bids: new Map(this.truth.bids), asks: new Map(this.truth.asks) };
    this.#load();
    this.#round++;
    this.#at = 1;
    const rows = (side: 'bids' | 'asks'): Row[] => [
      ...[...before[side].keys()]
        .filter((price) => !this.truth[side].has(price))
        .map((price) => ({ price: Number(price), qty: 0 })),
      ...[...this.truth[side]].map(([price, qty]) => ({ price: Number(price), qty: Number(qty) })),
    ];
    return this.#update(rows('bids'), rows('asks'));
  }

  #update(bids: readonly Row[], asks: readonly Row[]): DoubleFrame {
    const rows = (side: readonly Row[]): string =>
      pairs(side)
        .map(([price, qty]) => `{"price":${price},"qty":${qty}}`)
        .join();
    return { stream: `book ${this.id}`, text: this.#message('update', rows(bids), rows(asks)) };
  }

  #message(type: string, bids: string, asks: string): string {
    const checksum = krakenChecksum(this.#padded('asks'), this.#padded('bids'));
    const timestamp = new Date(this.eventTime).toISOString();
    return `{"channel":"book","type":"${type}","data":[{"symbol":"${this.id}","bids":[${bids}],"asks":[${asks}],"checksum":${checksum},"timestamp":"${timestamp}"}]}`;
  }

  #padded(side: 'bids' | 'asks'): readonly Pair[] {
    return this.truth
      .sorted(side)
      .map(([price, size]) => [
        Number(price).toFixed(PRICE_PLACES),
        Number(size).toFixed(SIZE_PLACES),
      ]);
  }

  #trade(time: EpochMs): readonly DoubleFrame[] {
    if (this.#at % 3 !== 0) return [];
    const [best] = this.truth.sorted('asks');
    const trade: DoubleTrade = {
      ...{ id: ++this.#tradeId, time, price: best?.[0] ?? '1', size: '0.25' },
      ...{ isBuyerMaker: false, kind: 'MARKET' },
    };
    this.trades.push(trade);
    const text = `{"channel":"trade","type":"update","data":[${this.trade(trade)}]}`;
    return [{ stream: `trade ${this.id}`, text }];
  }
}

function pairs(rows: readonly Row[]): readonly Pair[] {
  return rows.map(({ price, qty }) => [plain(String(price)), plain(qty.toFixed(SIZE_PLACES))]);
}

export const krakenSpeech: DoubleSpeech<KrakenDouble> = {
  isPath: (path) => path === '/v2',
  hear(text, _, markets) {
    const { method, params, req_id } = JSON.parse(text) as {
      method: string;
      params: { channel: string; symbol: string[] };
      req_id: number;
    };
    const { channel, symbol } = params;
    const names = symbol.map((each) => `${channel} ${each}`);
    const answers = symbol.map((each) => {
      const isKnown = markets.has(each);
      const error = isKnown ? {} : { error: `Currency pair not supported ${each}`, symbol: each };
      return JSON.stringify({ method, success: isKnown, req_id, ...error });
    });
    return {
      answers,
      add: method === 'subscribe' ? names : [],
      remove: method === 'unsubscribe' ? names : [],
    };
  },
  first(stream, markets) {
    const [channel, id = ''] = stream.split(' ');
    const market = markets.get(id);
    if (market === undefined) return [];
    if (channel === 'book') return [market.snapshot()];
    const past = market.trades.slice(-50).map((trade) => market.trade(trade));
    return [`{"channel":"trade","type":"snapshot","data":[${past.join()}]}`];
  },
  rest(url, markets) {
    if (url.pathname === '/0/public/AssetPairs') {
      const pairsOf = [...markets.keys()].map((id) => [
        id.replace('/', ''),
        {
          ...{ wsname: id.replace('BTC', 'XBT'), pair_decimals: PRICE_PLACES },
          ...{ lot_decimals: SIZE_PLACES, status: 'online' },
        },
      ]);
      return JSON.stringify({ error: [], result: Object.fromEntries(pairsOf) as unknown });
    }
    const market = markets.get(url.searchParams.get('pair') ?? '');
    if (url.pathname === '/0/public/OHLC' && market !== undefined) return ohlcOf(market, url);
    if (url.pathname !== '/0/public/Trades' || market === undefined) return undefined;
    const since = Number(url.searchParams.get('since')) / 1e6;
    const rows = market.trades
      .filter(({ time }) => time > since)
      .slice(0, 1_000)
      .map(({ id, price, size, time, isBuyerMaker }) => [
        ...[price, size, time / 1_000, isBuyerMaker ? 's' : 'b', 'm', '', id],
      ]);
    return JSON.stringify({ error: [], result: { [market.id]: rows, last: '0' } });
  },
};

/** The newest 720, whatever is asked for. */
function ohlcOf({ id, eventTime }: KrakenDouble, url: URL): string {
  const length = Number(url.searchParams.get('interval')) * 60_000;
  const rows = doubleCandles(length, eventTime, eventTime - 720 * length, eventTime);
  const result = rows.map(({ openTime, open, high, low, close, volume, trades }) => [
    ...[openTime / 1_000, open, high, low, close, '0.0', volume, trades],
  ]);
  return JSON.stringify({ error: [], result: { [id]: result, last: 0 } });
}
