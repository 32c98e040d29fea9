/* The double's Binance part: spot, USD-M or COIN-M, from a recorded excerpt (COIN-M: that of USD-M, renamed). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import type { EpochMs } from '@tapedeck/market/number/level';

import { doubleCandles } from './double-candles.ts';
import {
  type DoubleFrame,
  type DoubleMarket,
  type DoubleTrade,
  TruthBook,
} from './double-market.ts';
import type { DoubleSpeech } from './double-venue.ts';

type Levels = readonly (readonly [string, string])[];
type Depth = { E: number; T?: number; U: number; u: number; pu?: number; b: Levels; a: Levels };
type Trade = { E: number; T: number; t: number; p: string; q: string; m: boolean; X?: string };
type Step = { readonly atNs: bigint } & (
  | { readonly type: 'depth'; readonly depth: Depth }
  | { readonly type: 'trade'; readonly trade: Trade }
);
type Recording = {
  readonly snapshot: { lastUpdateId: number; E?: number; bids: Levels; asks: Levels };
  readonly steps: readonly Step[];
};

/** Every how many deltas the double states the best bid and ask: finding them takes time. */
const QUOTED = 4;

const recordings = new Map<string, Recording>();

function recordingOf(files: readonly string[]): Recording {
  const name = files.join();
  const known = recordings.get(name);
  if (known !== undefined) return known;
  const steps: Step[] = [];
  let snapshot: Recording['snapshot'] | undefined;
  const lines = files.flatMap((file) => gunzipSync(readFileSync(file)).toString().split('\n'));
  for (const line of lines) {
    const space = line.indexOf(' ');
    if (space < 0 || line.includes('@bookTicker"')) continue;
    const atNs = BigInt(line.slice(0, space));
    const json = JSON.parse(line.slice(space + 1)) as { data?: { e?: string } } & Record<
      string,
      unknown
    >;
    if ('lastUpdateId' in json) snapshot ??= json as unknown as Recording['snapshot'];
    else if (json.data?.e === 'depthUpdate')
      steps.push({ atNs, type: 'depth', depth: json.data as unknown as Depth });
    else if (json.data?.e === 'trade')
      steps.push({ atNs, type: 'trade', trade: json.data as unknown as Trade });
  }
  if (snapshot === undefined) throw new Error(`${name} has no snapshot`);
  const { lastUpdateId } = snapshot;
  const from = steps.findIndex((step) => step.type === 'depth' && step.depth.u > lastUpdateId);
  const recording = { snapshot, steps: steps.slice(from) };
  recordings.set(name, recording);
  return recording;
}

export class BinanceDouble implements DoubleMarket {
  readonly id: string;
  readonly truth = new TruthBook();
  readonly trades: DoubleTrade[] = [];
  readonly #recording: Recording;
  #step = 0;
  #deltas = 0;
  #round = 0;
  #lastId: number;
  #shiftId = 0;
  #shiftMs = 0;
  #tradeId: number;
  #aggregateId = 500;
  eventTime: EpochMs;
  #roundMs: number;

  constructor(id: string, ...files: readonly string[]) {
    this.id = id;
    this.#recording = recordingOf(files);
    const { snapshot, steps } = this.#recording;
    this.truth.set('bids', snapshot.bids);
    this.truth.set('asks', snapshot.asks);
    this.#lastId = snapshot.lastUpdateId;
    const times = steps.map((step) => (step.type === 'depth' ? step.depth.E : step.trade.E));
    this.eventTime = Math.min(...times);
    this.#roundMs = Math.max(...times) - this.eventTime + 100;
    const firstTrade = steps.find((step) => step.type === 'trade');
    this.#tradeId = firstTrade?.type === 'trade' ? firstTrade.trade.t - 1 : 0;
  }

  /** How often the recording has started over. */
  get round(): number {
    return this.#round;
  }
  get lastId(): number {
    return this.#lastId;
  }

  startAt(time: EpochMs): void {
    this.#shiftMs += time - this.eventTime;
    this.eventTime = time;
  }

  renumber(): void {
    this.#shiftId -= 1_000_000_000;
    this.#lastId -= 1_000_000_000;
  }

  next(): ReturnType<DoubleMarket['next']> {
    const { steps } = this.#recording;
    const step = steps[this.#step] as Step;
    const before = steps[this.#step - 1];
    const afterMs = before === undefined ? 100 : Number((step.atNs - before.atNs) / 1_000n) / 1_000;
    return {
      afterMs: Math.max(0, afterMs),
      happen: () => {
        const shift = this.#shiftMs + this.#round * this.#roundMs;
        this.#step = (this.#step + 1) % steps.length;
        if (this.#step === 0) this.#round++;
        return step.type === 'depth'
          ? this.#depth(step.depth, shift)
          : this.#trade(step.trade, shift);
      },
    };
  }

  #depth(depth: Depth, shift: number): readonly DoubleFrame[] {
    const { b, a, pu } = depth;
    const isFirst = this.#round === 0 && this.#shiftId === 0;
    const firstId = isFirst ? depth.U : this.#lastId + 1;
    const lastId = isFirst ? depth.u : this.#lastId + 1 + (depth.u - depth.U);
    const E = depth.E + shift;
    const symbol = this.id;
    const chain =
      pu === undefined ? {} : { T: E - 1, pu: this.#step === 1 && isFirst ? pu : this.#lastId };
    this.truth.set('bids', b);
    this.truth.set('asks', a);
    this.#lastId = lastId;
    this.eventTime = E;
    const data = { e: 'depthUpdate', E, s: symbol, U: firstId, u: lastId, ...chain, b, a };
    const delta = frame(`${symbol.toLowerCase()}@depth@100ms`, data);
    if (++this.#deltas % QUOTED !== 0) return [delta];
    // Spot's arrive before the delta that they belong to, and have no event type.
    return pu === undefined
      ? [this.#quote({}), delta]
      : [delta, this.#quote({ e: 'bookTicker', E })];
  }

  #quote(head: { readonly e?: string; readonly E?: number }): DoubleFrame {
    const [b, B] = this.truth.best('bids') ?? ['0.00', '0.00'];
    const [a, A] = this.truth.best('asks') ?? ['0.00', '0.00'];
    const data = { ...head, u: this.#lastId, s: this.id, b, B, a, A };
    return frame(`${this.id.toLowerCase()}@bookTicker`, data);
  }

  #trade(trade: Trade, shift: number): readonly DoubleFrame[] {
    const t = ++this.#tradeId;
    const { p, q, m, X } = trade;
    const [E, T] = [trade.E + shift, trade.T + shift];
    const kind = X ?? 'MARKET';
    const aggregate = kind === 'MARKET' ? ++this.#aggregateId : undefined;
    this.trades.push({ id: t, aggregate, time: T, price: p, size: q, isBuyerMaker: m, kind });
    const s = this.id;
    const name = s.toLowerCase();
    const own = { e: 'trade', E, T, s, t, p, q, ...(X === undefined ? {} : { X }), m };
    const frames = [frame(`${name}@trade`, own)];
    // Prints that are not trades between traders are in no aggregate.
    if (aggregate !== undefined) {
      const whole = { e: 'aggTrade', E, s, a: aggregate, p, q, f: t, l: t, T, m };
      frames.push(frame(`${name}@aggTrade`, whole));
    }
    return frames;
  }
}

function frame(stream: string, data: unknown): DoubleFrame {
  return { stream, text: JSON.stringify({ stream, data }) };
}

type Carried = Readonly<Record<string, RegExp>>;

/** Streams that each path carries: others are acknowledged there, and stay silent. */
const CARRIED: Readonly<Record<string, Carried>> = {
  '/api/v3': { '/stream': /@(depth|trade|aggTrade|bookTicker)/ },
  '/fapi/v1': { '/public/stream': /@(depth|trade|bookTicker)/, '/market/stream': /@aggTrade/ },
  '/dapi/v1': { '/stream': /@(depth|aggTrade|bookTicker)/, '/market/ws': /@aggTrade/ },
};

export function binanceSpeech(
  api: string,
  paths: Carried = CARRIED[api] as Carried,
): DoubleSpeech<BinanceDouble> {
  return {
    isPath: (path) => (path.split('?')[0] as string) in paths,
    // Paths of single streams have no envelope.
    dress: (text, path) =>
      path.endsWith('/ws') ? JSON.stringify((JSON.parse(text) as { data: unknown }).data) : text,
    hear(text, path) {
      const { method, params, id } = JSON.parse(text) as {
        method: string;
        params: string[];
        id: number;
      };
      const carried = paths[path.split('?')[0] as string] as RegExp;
      return {
        answers: [JSON.stringify({ result: null, id })],
        add: method === 'SUBSCRIBE' ? params.filter((name) => carried.test(name)) : [],
        remove: method === 'UNSUBSCRIBE' ? params : [],
      };
    },
    first: () => [],
    rest(url, markets) {
      const market = markets.get(url.searchParams.get('symbol') ?? '');
      switch (url.pathname) {
        case `${api}/exchangeInfo`:
          return JSON.stringify({ symbols: [...markets.keys()].map(instrumentOf) });
        case `${api}/depth`:
          return market && snapshotOf(market);
        case `${api}/historicalTrades`:
        case `${api}/aggTrades`:
          return market && tradesOf(market, url);
        case `${api}/klines`:
          return market && klinesOf(market, url);
        default:
          return undefined;
      }
    },
  };
}

function instrumentOf(symbol: string) {
  const [pair = '', contract] = symbol.split('_');
  const status = contract === undefined ? { status: 'TRADING' } : { contractStatus: 'TRADING' };
  return {
    ...{ symbol, pair, ...status, baseAsset: pair.slice(0, 3), quoteAsset: pair.slice(3) },
    baseAssetPrecision: 8,
    filters: [
      { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', stepSize: '0.00010000' },
    ],
  };
}

/** All levels, whatever `limit` says, so that full books can be compared. */
function snapshotOf(market: BinanceDouble): string {
  const [bids, asks] = (['bids', 'asks'] as const).map((side) => market.truth.sorted(side));
  return JSON.stringify({ lastUpdateId: market.lastId, bids, asks });
}

function tradesOf(market: BinanceDouble, url: URL): string {
  const isAggregate = url.pathname.endsWith('/aggTrades');
  const from = Number(url.searchParams.get('fromId'));
  const rows = market.trades
    .filter(({ id, aggregate }) => (isAggregate ? (aggregate ?? -1) : id) >= from)
    .slice(0, 1_000);
  return JSON.stringify(
    rows.map(({ id, aggregate, price, size, time, isBuyerMaker }) =>
      isAggregate
        ? { a: aggregate, p: price, q: size, f: id, l: id, T: time, m: isBuyerMaker }
        : { id, price, qty: size, time, isBuyerMaker },
    ),
  );
}

function klinesOf(market: BinanceDouble, url: URL): string {
  const number = (name: string): number => Number(url.searchParams.get(name));
  const length = url.searchParams.get('interval') === '1h' ? 3_600_000 : 60_000;
  const rows = doubleCandles(length, market.eventTime, number('startTime'), number('endTime'));
  return JSON.stringify(
    rows
      .slice(0, number('limit'))
      .map(({ openTime, open, high, low, close, volume, buyVolume, trades }) => [
        ...[openTime, open, high, low, close, volume, openTime + length - 1, '0', trades],
        ...[buyVolume, '0', '0'],
      ]),
  );
}
