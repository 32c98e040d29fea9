/*
 * The double's Hyperliquid part: whole books of five levels every half a second, the best levels on each change of them,
 * and trades without numbers. No session is recorded: frames have the recorded shapes, and an excerpt's prices and sizes.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import { doubleCandles } from './double-candles.ts';
import {
  type DoubleFrame,
  type DoubleMarket,
  type DoubleTrade,
  levelDigest,
} from './double-market.ts';
import { type Pair, ScriptDouble } from './double-script.ts';
import type { DoubleSpeech } from './double-venue.ts';

const EVERY_MS = 500;
const DEPTH = 5;
const SIZE_PLACES = 5;
/** A client that missed whole books may still have one that was replaced so long ago. */
const REPLACED_MS = 2_600;
const RECENT_TRADES = 10;
/** Told again with a subscription. */
const PAST_TRADES = 3;

type Sides = { readonly bids: readonly Pair[]; readonly asks: readonly Pair[] };
type Stated = Sides & { readonly time: EpochMs };

export class HyperliquidDouble extends ScriptDouble {
  #wholes: Stated[] = [];
  #best: Stated = { bids: [], asks: [], time: 0 };
  #digests: readonly number[] = [];
  /** Of a block: no two have the same. */
  #time: EpochMs = 0;

  /** Nothing is numbered. */
  renumber(): void {}

  /** Any whole book that was replaced recently, with the newest best levels. */
  get possible(): readonly number[] {
    return this.#digests;
  }

  /** The last whole book; undefined before the first. */
  whole(): string | undefined {
    const last = this.#wholes.at(-1);
    return last && text('l2Book', bookOf(this.id, last));
  }

  best(): string {
    const { bids, asks, time } = this.#best;
    const bbo = [bids, asks].map(([level]) => (level === undefined ? null : rowOf(level)));
    return text('bbo', { coin: this.id, time, bbo });
  }

  /** By request: the book now, with more levels. */
  now(): string {
    return JSON.stringify(bookOf(this.id, { ...this.#sides(20), time: this.#time }));
  }

  pastTrades(count: number): readonly object[] {
    return this.trades.slice(-count).map((trade) => tradeOf(this.id, trade));
  }

  protected delta(): readonly DoubleFrame[] {
    this.#time = Math.max(this.eventTime, this.#time + 1);
    const frames: DoubleFrame[] = [];
    const time = this.#time;
    const best = { ...this.#sides(1), time };
    if (digestOf(best) !== digestOf(this.#best)) {
      this.#best = best;
      frames.push({ stream: `bbo ${this.id}`, text: this.best() });
    }
    if (time - (this.#wholes.at(-1)?.time ?? 0) >= EVERY_MS) {
      this.#wholes.push({ ...this.#sides(DEPTH), time });
      frames.push({ stream: `l2Book ${this.id}`, text: this.whole() ?? '' });
    }
    this.#wholes = this.#wholes.filter(
      (_, at) => (this.#wholes[at + 1]?.time ?? Infinity) > time - REPLACED_MS,
    );
    this.#digests = this.#wholes.map((whole) => digestOf(refined(whole, this.#best)));
    return frames;
  }

  protected traded(trade: DoubleTrade): readonly DoubleFrame[] {
    const stream = `trades ${this.id}`;
    return [{ stream, text: text('trades', [tradeOf(this.id, trade)]) }];
  }

  #sides(depth: number): Sides {
    const side = (name: 'bids' | 'asks'): readonly Pair[] =>
      this.truth
        .sorted(name)
        .slice(0, depth)
        .map(([price, size]) => [price, short(size)]);
    return { bids: side('bids'), asks: side('asks') };
  }
}

function short(size: string): string {
  return Math.max(Number(size), 10 ** -SIZE_PLACES)
    .toFixed(SIZE_PLACES)
    .replace(/\.?0+$/, '');
}

function refined(whole: Stated, best: Stated): Sides {
  if (best.time <= whole.time) return whole;
  const [bid = ['0', '0'], ask = ['0', '0']] = [best.bids[0], best.asks[0]];
  return {
    bids: [...best.bids, ...whole.bids.filter(([price]) => Number(price) < Number(bid[0]))],
    asks: [...best.asks, ...whole.asks.filter(([price]) => Number(price) > Number(ask[0]))],
  };
}

function digestOf(sides: Sides): number {
  let digest = 0;
  for (const side of ['bids', 'asks'] as const)
    for (const [price, size] of sides[side]) digest = (digest + levelDigest(side, price, size)) | 0;
  return digest;
}

function text(channel: string, data: unknown): string {
  return JSON.stringify({ channel, data });
}

function rowOf([px, sz]: Pair): object {
  return { px, sz, n: 1 };
}

function bookOf(coin: string, { bids, asks, time }: Stated): object {
  return { coin, time, levels: [bids.map(rowOf), asks.map(rowOf)] };
}

/** `tid` is a hash. */
function tradeOf(coin: string, { id, time, price, size, isBuyerMaker }: DoubleTrade): object {
  const hash = `0x${'0'.repeat(64)}`;
  const users = ['0x8cdba352268065be9d5444e1f82b8fe83717bbd5', `0x${'1'.repeat(40)}`];
  const tid = (id * 982_451_653) % 2 ** 50;
  return { coin, side: isBuyerMaker ? 'A' : 'B', px: price, sz: size, time, hash, tid, users };
}

type Heard = { method: string; subscription?: { type: string; coin: string; fast?: boolean } };

const hyperliquidTalk: Pick<DoubleSpeech<DoubleMarket>, 'isPath' | 'hear'> = {
  isPath: (path) => path === '/ws',
  hear(sent, _, markets) {
    const { method, subscription } = JSON.parse(sent) as Heard;
    if (subscription === undefined) return { answers: ['{"channel":"pong"}'], add: [], remove: [] };
    const { type, coin, fast } = subscription;
    if (!markets.has(coin)) return { answers: [], add: [], remove: [], ends: 1006 };
    const streams = type === 'l2Book' && fast !== true ? [] : [`${type} ${coin}`];
    return {
      answers: [text('subscriptionResponse', { method, subscription })],
      add: method === 'subscribe' ? streams : [],
      remove: method === 'unsubscribe' ? streams : [],
    };
  },
};

type Asked = {
  type: string;
  coin?: string;
  req?: { coin: string; interval: string; startTime: number; endTime: number };
};

export const hyperliquidSpeech: DoubleSpeech<HyperliquidDouble> = {
  ...hyperliquidTalk,
  first(stream, markets) {
    const [type, coin = ''] = stream.split(' ');
    const market = markets.get(coin);
    if (market === undefined) return [];
    if (type === 'bbo') return [market.best()];
    if (type === 'trades') {
      const past = market.pastTrades(PAST_TRADES);
      return past.length === 0 ? [] : [text('trades', past.toReversed())];
    }
    return [market.whole() ?? []].flat();
  },
  rest({ pathname }, markets, sent = '{}') {
    if (pathname !== '/info') return undefined;
    const { type, coin, req } = JSON.parse(sent) as Asked;
    if (type === 'meta') {
      const rows = [...markets.keys()].map((name) => ({ szDecimals: SIZE_PLACES, name }));
      const gone = { szDecimals: 1, name: 'LOOM', maxLeverage: 3, isDelisted: true };
      return JSON.stringify({ universe: [...rows, gone] });
    }
    const market = markets.get(coin ?? req?.coin ?? '');
    if (market === undefined) return undefined;
    if (type === 'l2Book') return market.now();
    if (type === 'recentTrades')
      return JSON.stringify(market.pastTrades(RECENT_TRADES).toReversed());
    if (type !== 'candleSnapshot' || req === undefined) return undefined;
    const length = req.interval === '1h' ? 3_600_000 : 60_000;
    const rows = doubleCandles(length, market.eventTime, req.startTime, req.endTime);
    return JSON.stringify(
      rows.map(({ openTime, open, high, low, close, volume, trades }) => ({
        ...{ t: openTime, T: openTime + length - 1, s: market.id, i: req.interval },
        ...{ o: open, c: close, h: high, l: low, v: volume, n: trades },
      })),
    );
  },
};
