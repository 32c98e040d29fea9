/*
 * A market of the double for venues whose recordings are too short to play: prices and sizes of Kraken's excerpt, in
 * the venue's own frames. A delta has the deletions of levels that leave the view.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import type { EpochMs } from '@tapedeck/market/number/level';

import {
  type DoubleFrame,
  type DoubleMarket,
  type DoubleTrade,
  plain,
  TruthBook,
} from './double-market.ts';

type Row = { price: number; qty: number };
type Body = { bids: Row[]; asks: Row[]; timestamp?: string };
type Levels = Readonly<Record<'bids' | 'asks', ReadonlyMap<string, string>>>;
export type Pair = readonly [price: string, size: string];
/** What changed. A size of 0 deletes the level; `isNew`: whether the price had none before. */
export type Change = {
  readonly bids: readonly Pair[];
  readonly asks: readonly Pair[];
  readonly isNew: (side: 'bids' | 'asks', price: string) => boolean;
};

const DEPTH = 10;
const SIZE_PLACES = 8;
const STEPS_A_TRADE = 12;
/** The excerpt begins slowly. */
const SPEED = 2;
const recordings = new Map<string, readonly Body[]>();

function recordingOf(file: string): readonly Body[] {
  let known = recordings.get(file);
  if (known === undefined) {
    const text = gunzipSync(readFileSync(file)).toString().trim();
    known = text.split('\n').map((line) => (JSON.parse(line) as { data: [Body] }).data[0]);
    recordings.set(file, known);
  }
  return known;
}

export abstract class ScriptDouble implements DoubleMarket {
  readonly id: string;
  readonly truth = new TruthBook();
  readonly trades: DoubleTrade[] = [];
  eventTime: EpochMs;
  readonly #bodies: readonly Body[];
  readonly #first: EpochMs;
  readonly #roundMs: number;
  #at = 1;
  #round = 0;
  #shiftMs = 0;
  #steps = 0;
  #tradeId = 1_000;

  constructor(id: string, file: string) {
    this.id = id;
    this.#bodies = recordingOf(file);
    this.#load();
    const times = this.#bodies.slice(1).map(timeOf);
    this.#first = Math.min(...times);
    this.#roundMs = Math.round((Math.max(...times) - this.#first) / SPEED) + 100;
    this.eventTime = this.#first - 50;
  }

  protected abstract delta(change: Change): readonly DoubleFrame[];
  protected abstract traded(trade: DoubleTrade): readonly DoubleFrame[];
  abstract renumber(): void;

  startAt(time: EpochMs): void {
    this.#shiftMs += time - this.eventTime;
    this.eventTime = time;
  }

  next(): ReturnType<DoubleMarket['next']> {
    const body = this.#bodies[this.#at] as Body;
    const since = Math.round((timeOf(body) - this.#first) / SPEED);
    const time = this.#first + this.#shiftMs + since + this.#round * this.#roundMs;
    return {
      afterMs: Math.max(0, time - this.eventTime),
      happen: () => {
        this.#at++;
        this.eventTime = time;
        const before = this.#levels();
        this.truth.set('bids', pairsOf(body.bids));
        this.truth.set('asks', pairsOf(body.asks));
        this.truth.cut(DEPTH);
        if (this.#at === this.#bodies.length) {
          this.#load();
          this.#round++;
          this.#at = 1;
        }
        return [...this.delta(this.#changeFrom(before)), ...this.#trade()];
      },
    };
  }

  protected tradeTime(): EpochMs {
    return this.eventTime;
  }
  protected nextTradeId(): number {
    return ++this.#tradeId;
  }
  protected renumberTrades(): void {
    this.#tradeId -= 500;
  }

  #load(): void {
    const [body] = this.#bodies as readonly [Body];
    for (const side of ['bids', 'asks'] as const) {
      this.truth.set(
        side,
        [...this.truth[side].keys()].map((price) => [price, '0'] as const),
      );
      this.truth.set(side, pairsOf(body[side]));
    }
  }

  #levels(): Levels {
    return { bids: new Map(this.truth.bids), asks: new Map(this.truth.asks) };
  }

  #changeFrom(before: Levels): Change {
    const side = (name: 'bids' | 'asks'): readonly Pair[] => {
      const [was, now] = [before[name], this.truth[name]];
      const gone = [...was.keys()].filter((price) => !now.has(price));
      const changed = [...now].filter(([price, size]) => was.get(price) !== size);
      return [...gone.map((price) => [price, '0'] as const), ...changed];
    };
    const isNew = (name: 'bids' | 'asks', price: string): boolean => !before[name].has(price);
    return { bids: side('bids'), asks: side('asks'), isNew };
  }

  #trade(): readonly DoubleFrame[] {
    if (++this.#steps % STEPS_A_TRADE !== 0) return [];
    const isBuyerMaker = this.#steps % (2 * STEPS_A_TRADE) === 0;
    const [best] = this.truth.sorted(isBuyerMaker ? 'bids' : 'asks');
    const trade: DoubleTrade = {
      ...{ id: this.nextTradeId(), time: this.tradeTime(), price: best?.[0] ?? '1' },
      ...{ size: `0.${(this.#steps % 89) + 10}5`, isBuyerMaker, kind: 'MARKET' },
    };
    this.trades.push(trade);
    return this.traded(trade);
  }
}

function timeOf({ timestamp = '' }: Body): EpochMs {
  return Date.parse(timestamp);
}

function pairsOf(rows: readonly Row[]): readonly Pair[] {
  return rows.map(({ price, qty }) => [plain(String(price)), plain(qty.toFixed(SIZE_PLACES))]);
}
