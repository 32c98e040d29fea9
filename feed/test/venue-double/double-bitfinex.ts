/* The double's Bitfinex part: WebSocket v2, playing the changes and trades of a recorded Kraken excerpt. */
import { bitfinexChecksum } from '@tapedeck/market/book/venue-checksum';
import type { EpochMs } from '@tapedeck/market/number/level';

import { doubleCandles } from './double-candles.ts';
import { KrakenDouble } from './double-kraken.ts';
import {
  type DoubleFrame,
  type DoubleMarket,
  type DoubleTrade,
  TruthBook,
} from './double-market.ts';
import type { DoubleSocket, DoubleSpeech } from './double-venue.ts';

type Markets = ReadonlyMap<string, BitfinexDouble>;

const SIDES = ['bids', 'asks'] as const;
const CHECKSUM_MS = 2_500;
/** Trades that a subscription begins with. */
const PAST = 5;
const SEQ_ALL = 65_536;

export class BitfinexDouble implements DoubleMarket {
  readonly id: string;
  readonly truth = new TruthBook();
  readonly #changes: KrakenDouble;
  /** What is left of the last change: each level is a change of its own. */
  #left: (() => readonly DoubleFrame[])[] = [];
  #checkedAt = 0;

  constructor(id: string, file: string) {
    this.id = id;
    this.#changes = new KrakenDouble(id, file);
    for (const side of SIDES) this.truth.set(side, [...this.#changes.truth[side]]);
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
    const happen = (): readonly DoubleFrame[] => this.#left.shift()?.() ?? [];
    if (this.#left.length > 0) return { afterMs: 0, happen };
    const change = this.#changes.next();
    return {
      afterMs: change.afterMs,
      happen: () => {
        this.#change(change.happen);
        return happen();
      },
    };
  }

  snapshot(): string {
    const rows = (side: 'bids' | 'asks'): readonly string[] =>
      this.truth.sorted(side).map(([price, size]) => rowOf(side, price, size));
    return `[0,[${[...rows('bids'), ...rows('asks')].join()}]]`;
  }

  past(): string {
    return `[0,[${this.trades.slice(-PAST).toReversed().map(tradeRow).join()}]]`;
  }

  /** Deletes first: the view never has more levels than were subscribed. */
  #change(happen: () => unknown): void {
    const count = this.trades.length;
    happen();
    const next = this.#changes.truth;
    const gone: (() => readonly DoubleFrame[])[] = [];
    const set: (() => readonly DoubleFrame[])[] = [];
    for (const side of SIDES) {
      for (const price of this.truth[side].keys())
        if (!next[side].has(price)) gone.push(() => this.#level(side, price, '0'));
      for (const [price, size] of next[side])
        if (this.truth[side].get(price) !== size) set.push(() => this.#level(side, price, size));
    }
    this.#left = [...gone, ...set];
    const trades = this.trades.slice(count).map(tradeRow);
    this.#left.push(() =>
      trades.flatMap((row) =>
        ['te', 'tu'].map((name) => ({
          stream: `trades ${this.id}`,
          text: `[0,"${name}",${row}]`,
        })),
      ),
    );
    if (this.eventTime < this.#checkedAt + CHECKSUM_MS) return;
    this.#checkedAt = this.eventTime;
    this.#left.push(() => {
      const sum = bitfinexChecksum(this.truth.sorted('asks'), this.truth.sorted('bids'));
      return [{ stream: `book ${this.id}`, text: `[0,"cs",${sum}]` }];
    });
  }

  #level(side: 'bids' | 'asks', price: string, size: string): readonly DoubleFrame[] {
    this.truth.set(side, [[price, size]]);
    return [{ stream: `book ${this.id}`, text: `[0,${rowOf(side, price, size)}]` }];
  }
}

function rowOf(side: 'bids' | 'asks', price: string, size: string): string {
  const sign = side === 'bids' ? '' : '-';
  return size === '0' ? `[${price},0,${sign}1]` : `[${price},1,${sign}${size}]`;
}

function tradeRow({ id, time, price, size, isBuyerMaker }: DoubleTrade): string {
  return `[${id},${time},${isBuyerMaker ? '-' : ''}${size},${price}]`;
}

class Socket implements DoubleSocket<BitfinexDouble> {
  readonly #channels = new Map<string, number>();
  #hasNumbers = false;
  #number = 0;
  #channel = 100;

  hear(
    text: string,
    _: string,
    markets: Markets,
  ): ReturnType<DoubleSocket<BitfinexDouble>['hear']> {
    const { event, flags, channel, symbol, chanId } = JSON.parse(text) as {
      event: string;
      flags?: number;
      channel?: string;
      symbol?: string;
      chanId?: number;
    };
    const none = { add: [], remove: [] };
    if (event === 'conf') {
      this.#hasNumbers = ((flags ?? 0) & SEQ_ALL) !== 0;
      return { answers: [JSON.stringify({ event, status: 'OK', flags })], ...none };
    }
    if (event === 'unsubscribe') {
      const [stream = ''] = [...this.#channels].find(([, id]) => id === chanId) ?? [];
      this.#channels.delete(stream);
      const answer = JSON.stringify({ event: 'unsubscribed', status: 'OK', chanId });
      return { answers: [answer], add: [], remove: [stream] };
    }
    const refuse = (code: number, msg: string) => ({
      answers: [JSON.stringify({ event: 'error', code, msg, channel, symbol })],
      ...none,
    });
    const stream = `${channel} ${symbol}`;
    if (!markets.has(symbol ?? '')) return refuse(10_300, 'symbol: invalid');
    if (this.#channels.has(stream)) return refuse(10_301, 'subscribe: dup');
    const id = this.#channel++;
    this.#channels.set(stream, id);
    const answer = JSON.stringify({ event: 'subscribed', channel, chanId: id, symbol });
    return { answers: [answer], add: [stream], remove: [] };
  }

  out(text: string, stream: string): string {
    if (!text.startsWith('[0,')) return text;
    const number = this.#hasNumbers ? `,${++this.#number}` : '';
    return `[${this.#channels.get(stream) ?? 0},${text.slice(3, -1)}${number}]`;
  }
}

export const bitfinexSpeech: DoubleSpeech<BitfinexDouble> = {
  isPath: (path) => path === '/ws/2',
  socket: () => new Socket(),
  hear: (text, path, markets) => new Socket().hear(text, path, markets),
  first(stream, markets) {
    const [channel, id = ''] = stream.split(' ');
    const market = markets.get(id);
    if (market === undefined) return [];
    return [channel === 'book' ? market.snapshot() : market.past()];
  },
  rest(url, markets) {
    if (url.pathname === '/v2/conf/pub:info:pair')
      return JSON.stringify([[...markets.keys()].map((id) => [id.slice(1), [null, null]])]);
    const [, interval, symbol = ''] =
      /^\/v2\/candles\/trade:(1m|1h):([^/]+)\/hist$/.exec(url.pathname) ?? [];
    const market = markets.get(symbol);
    if (market !== undefined) return candlesOf(market, url, interval === '1h' ? 3_600_000 : 60_000);
    const [, id = ''] = /^\/v2\/trades\/([^/]+)\/hist$/.exec(url.pathname) ?? [];
    const start = Number(url.searchParams.get('start') ?? 0);
    const limit = Number(url.searchParams.get('limit'));
    const rows = markets
      .get(id)
      ?.trades.filter(({ time }) => time >= start)
      .slice(0, limit);
    return rows && `[${rows.map(tradeRow).join()}]`;
  },
};

/** Newest first: `[time, open, close, high, low, volume]`. */
function candlesOf({ eventTime }: BitfinexDouble, url: URL, length: number): string {
  const [start, end, limit] = ['start', 'end', 'limit'].map((name) =>
    Number(url.searchParams.get(name)),
  ) as [number, number, number];
  const rows = doubleCandles(length, eventTime, start, end)
    .toReversed()
    .slice(0, limit)
    .map(({ openTime, open, close, high, low, volume }) =>
      [openTime, open, close, high, low, volume].join(),
    );
  return `[${rows.map((row) => `[${row}]`).join()}]`;
}
