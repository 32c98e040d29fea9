/* The double's Coinbase part: Advanced Trade, playing the changes and trades of a recorded Binance excerpt. */
import type { EpochMs } from '@tapedeck/market/number/level';

import { BinanceDouble } from './double-binance.ts';
import { doubleCandles } from './double-candles.ts';
import type { DoubleFrame, DoubleMarket, DoubleTrade } from './double-market.ts';
import type { DoubleSocket, DoubleSpeech } from './double-venue.ts';

type Levels = readonly (readonly [string, string])[];

const HEARTBEAT_MS = 1_000;
/** Trades that a subscription begins with. */
const PAST = 5;

export class CoinbaseDouble implements DoubleMarket {
  readonly id: string;
  readonly #changes: BinanceDouble;
  #beatAt = 0;

  constructor(id: string, ...files: readonly string[]) {
    this.id = id;
    this.#changes = new BinanceDouble(id, ...files);
  }

  get truth(): DoubleMarket['truth'] {
    return this.#changes.truth;
  }
  get eventTime(): EpochMs {
    return this.#changes.eventTime;
  }
  get trades(): readonly DoubleTrade[] {
    return this.#changes.trades;
  }

  startAt(time: EpochMs): void {
    this.#changes.startAt(time);
  }

  renumber(): void {
    this.#changes.renumber();
  }

  next(): ReturnType<DoubleMarket['next']> {
    const { afterMs, happen } = this.#changes.next();
    return {
      afterMs,
      happen: () => [...happen().flatMap((frame) => this.#translate(frame)), ...this.#heartbeat()],
    };
  }

  snapshot(): string {
    return this.#book('snapshot', this.truth.sorted('bids'), this.truth.sorted('asks'));
  }

  past(): string {
    return this.#tape('snapshot', this.trades.slice(-PAST));
  }

  #translate({ stream, text }: DoubleFrame): readonly DoubleFrame[] {
    const { data } = JSON.parse(text) as { data: { b: Levels; a: Levels } };
    if (stream.endsWith('@depth@100ms'))
      return [{ stream: `level2 ${this.id}`, text: this.#book('update', data.b, data.a) }];
    if (!stream.endsWith('@trade')) return [];
    return [
      { stream: `market_trades ${this.id}`, text: this.#tape('update', this.trades.slice(-1)) },
    ];
  }

  #heartbeat(): readonly DoubleFrame[] {
    if (this.eventTime < this.#beatAt + HEARTBEAT_MS) return [];
    this.#beatAt = this.eventTime;
    const event = { current_time: new Date(this.eventTime).toISOString(), heartbeat_counter: 1 };
    return [{ stream: 'heartbeats', text: frame('heartbeats', this.eventTime, event) }];
  }

  #book(type: string, bids: Levels, asks: Levels): string {
    const event_time = new Date(this.eventTime).toISOString();
    const rows = (side: string, levels: Levels) =>
      levels.map(([price_level, new_quantity]) => ({
        side,
        event_time,
        price_level,
        new_quantity,
      }));
    const updates = [...rows('bid', bids), ...rows('offer', asks)];
    return frame('l2_data', this.eventTime, { type, product_id: this.id, updates });
  }

  /** Newest first. */
  #tape(type: string, trades: readonly DoubleTrade[]): string {
    const rows = trades.toReversed().map((trade) => rowOf(this.id, trade));
    return frame('market_trades', this.eventTime, { type, trades: rows });
  }
}

/** `side` is the maker's. */
function rowOf(product_id: string, { id, price, size, time, isBuyerMaker }: DoubleTrade) {
  const side = isBuyerMaker ? 'BUY' : 'SELL';
  return {
    product_id,
    trade_id: String(id),
    price,
    size,
    time: new Date(time).toISOString(),
    side,
  };
}

/** Each socket puts its own number into the frame. */
function frame(channel: string, time: EpochMs, event: unknown): string {
  const timestamp = new Date(time).toISOString().replace('Z', '000000Z');
  return JSON.stringify({ channel, client_id: '', timestamp, sequence_num: 0, events: [event] });
}

type Markets = ReadonlyMap<string, CoinbaseDouble>;

class Socket implements DoubleSocket<CoinbaseDouble> {
  #number = 0;

  hear(
    text: string,
    _: string,
    markets: Markets,
  ): ReturnType<DoubleSocket<CoinbaseDouble>['hear']> {
    const {
      type,
      channel,
      product_ids = [],
    } = JSON.parse(text) as {
      type: string;
      channel: string;
      product_ids?: string[];
    };
    const unknown = product_ids.find((id) => !markets.has(id));
    if (unknown !== undefined) {
      const message = `${unknown} is not a valid product`;
      return { answers: [JSON.stringify({ type: 'error', message })], add: [], remove: [] };
    }
    const names =
      channel === 'heartbeats' ? [channel] : product_ids.map((id) => `${channel} ${id}`);
    const [first] = markets.values();
    const event = { subscriptions: { [channel]: product_ids } };
    return {
      answers: [frame('subscriptions', first?.eventTime ?? 0, event)],
      add: type === 'subscribe' ? names : [],
      remove: type === 'unsubscribe' ? names : [],
    };
  }

  out(text: string): string {
    return text.replace('"sequence_num":0', () => `"sequence_num":${this.#number++}`);
  }
}

export const coinbaseSpeech: DoubleSpeech<CoinbaseDouble> = {
  isPath: (path) => path === '/',
  socket: () => new Socket(),
  hear: (text, path, markets) => new Socket().hear(text, path, markets),
  first(stream, markets) {
    const [channel, id = ''] = stream.split(' ');
    const market = markets.get(id);
    if (market === undefined) return [];
    return [channel === 'level2' ? market.snapshot() : market.past()];
  },
  rest(url, markets) {
    const [, id, what] =
      /\/api\/v3\/brokerage\/market\/products(?:\/([^/]+)(?:\/(ticker|candles))?)?$/.exec(
        decodeURIComponent(url.pathname),
      ) ?? ['', '-'];
    if (id === undefined) return JSON.stringify({ products: [...markets.keys()].map(productOf) });
    const market = markets.get(id);
    if (market === undefined) return undefined;
    if (what === undefined) return JSON.stringify(productOf(id));
    if (what === 'candles') return candlesOf(market, url);
    return JSON.stringify({ trades: tradesOf(market, url).map((each) => rowOf(id, each)) });
  },
};

function productOf(product_id: string) {
  const [base_currency_id, quote_currency_id] = product_id.split('-');
  return {
    ...{ product_id, base_currency_id, quote_currency_id, price_increment: '0.01' },
    ...{ base_increment: '0.00000001', status: 'online', trading_disabled: false },
  };
}

/** Newest first; a span of 351 is refused. */
function candlesOf({ eventTime }: CoinbaseDouble, url: URL): string | undefined {
  const [start, end] = ['start', 'end'].map((name) => Number(url.searchParams.get(name)) * 1_000);
  const length = url.searchParams.get('granularity') === 'ONE_HOUR' ? 3_600_000 : 60_000;
  if (start === undefined || end === undefined || (end - start) / length > 349) return undefined;
  const candles = doubleCandles(length, eventTime, start, end)
    .toReversed()
    .map(({ openTime, open, high, low, close, volume }) => ({
      ...{ start: String(openTime / 1_000), low, high, open, close, volume },
    }));
  return JSON.stringify({ candles });
}

/** The newest of that time, newest first. */
function tradesOf(market: CoinbaseDouble, url: URL): readonly DoubleTrade[] {
  const [start, end] = ['start', 'end'].map((name) => Number(url.searchParams.get(name) ?? 'NaN'));
  return market.trades
    .filter(({ time }) => !(time < (start ?? 0) * 1_000) && !(time > (end ?? 0) * 1_000))
    .slice(-Number(url.searchParams.get('limit')))
    .toReversed();
}
