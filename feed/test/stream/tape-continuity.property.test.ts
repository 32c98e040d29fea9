/*
 * P13c, P17, P18 by brute force: trades mixed with holes, resets, halts, silences, late trades, changes of grid and
 * ends of a market, in any order. At the end every trade was on the wire once or was counted, on every kind of
 * connection, and candles and the 24 hours equal a plain recomputation from the trades.
 */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { bucketStart, CANDLE_INTERVALS, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import type { CandleInterval } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';
import { ManualClock } from '@tapedeck/market/time/clock';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { CandleMessage, TickerMessage } from '@tapedeck/market/wire/tape';

import { grainOf } from '../../src/engine/candle-board.ts';
import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import type { SymbolMarket } from '../../src/engine/symbol-market.ts';
import { ChannelIds } from '../../src/stream/channel/channel-ids.ts';
import { BINARY_FORM, JSON_FORM, type WireForm } from '../../src/stream/frame/wire-form.ts';
import { StreamHub } from '../../src/stream/hub/stream-hub.ts';
import { TestConnection } from './test-market.ts';

const FIRST_SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 1);
const RUNS = 60;
const STEPS = 160;
const SYMBOL = 'X-Y@test';
const DAY_MS = 86_400_000;
/** In hundredths and in single lots. */
const TICKS = { '0.01': 1, '0.02': 2, '0.05': 5, '0.03': 3 } as const;
const LOTS = { '1': 1, '4': 4, '10': 10 } as const;
const LATEST_MS = 60_000;

/** A candle in hundredths and single lots. */
type Plain = {
  readonly openTime: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  trades: number;
};

/** The result of all trades so far: the definition of a candle, without rings, grids, caches. */
class Tape {
  readonly all: { readonly time: number; readonly price: number; readonly size: number }[] = [];

  candles(interval: CandleInterval): Plain[] {
    const grain = grainOf(interval);
    const rows = new Map<number, Plain>();
    let newest = -1;
    for (const { time, price, size } of this.all) {
      const openTime = bucketStart(time, grain);
      const row = rows.get(openTime) ?? plainOf(openTime, price);
      row.high = Math.max(row.high, price);
      row.low = Math.min(row.low, price);
      // The close remains that of the newest trade when a late one comes.
      if (openTime >= newest) row.close = price;
      row.volume += size;
      row.trades++;
      rows.set(openTime, row);
      newest = Math.max(newest, openTime);
    }
    const whole = new Map<number, Plain>();
    for (const row of [...rows.values()].toSorted((a, b) => a.openTime - b.openTime)) {
      const openTime = bucketStart(row.openTime, interval);
      const known = whole.get(openTime);
      if (known === undefined) {
        whole.set(openTime, { ...row, openTime });
        continue;
      }
      known.high = Math.max(known.high, row.high);
      known.low = Math.min(known.low, row.low);
      known.close = row.close;
      known.volume += row.volume;
      known.trades += row.trades;
    }
    return [...whole.values()];
  }

  day(now: number): { readonly open: number | undefined; readonly volume: number } {
    const from = bucketStart(now, '1m') - DAY_MS;
    const rows = this.candles('1m').filter(({ openTime }) => openTime >= from);
    return { open: rows[0]?.open, volume: rows.reduce((sum, row) => sum + row.volume, 0) };
  }
}

function plainOf(openTime: number, price: number): Plain {
  return { openTime, open: price, high: price, low: price, close: price, volume: 0, trades: 0 };
}

/** What one connection received, checked as it arrives. */
class Listener {
  readonly connection: TestConnection;
  readonly candles = new Map<string, Map<number, CandleMessage>>();
  ticker: TickerMessage | undefined;
  lost = 0;
  resets = 0;
  readonly #names = new Map<number, string>();
  /** The market's trades in each epoch: the number of each trade. */
  readonly #truth: ReadonlyMap<string, readonly Trade[]>;
  #life = '';
  #known: number | undefined;

  constructor(world: World, form: WireForm) {
    this.#truth = world.lives;
    this.connection = new TestConnection(world, {}, form);
    const names = [
      `trades:${SYMBOL}`,
      `ticker:${SYMBOL}`,
      `book:${SYMBOL}:10:100ms`,
      ...CANDLE_INTERVALS.map((interval) => `candles:${SYMBOL}:${interval}`),
    ];
    this.connection.say({ type: 'subscribe', channels: names });
  }

  hear(): void {
    for (const message of this.connection.heard()) this.#take(message);
  }

  /** Everything of the current epoch is known to be received or lost. */
  settled({ tapeEpoch, tradeSequence }: SymbolMarket): void {
    if (this.#life === tapeEpoch) expect(this.#known).toBe(tradeSequence);
    else expect(this.#truth.get(tapeEpoch) ?? []).toEqual([]);
  }

  #take(message: DownMessage): void {
    if (message.type === 'subscribed')
      for (const { channel, name } of message.channels) this.#names.set(channel, name);
    if (message.type === 'ticker') this.ticker = message;
    if (message.type === 'reset') this.#reset(this.#names.get(message.channel) ?? '');
    if (message.type === 'candle') {
      const name = this.#names.get(message.channel) ?? '';
      const told = this.candles.get(name) ?? new Map<number, CandleMessage>();
      this.candles.set(name, told.set(message.openTime, message));
    }
    if (message.type === 'trades') this.#trades(message);
  }

  #reset(name: string): void {
    this.candles.delete(name);
    if (!name.startsWith('trades')) return;
    this.resets++;
    // Nothing of the epoch that ends may be missing.
    const ended = this.#truth.get(this.#life)?.at(-1)?.sequence;
    if (ended !== undefined) expect(this.#known, `end of ${this.#life}`).toBe(ended);
    this.#life = '';
    this.#known = undefined;
  }

  #trades(message: Extract<DownMessage, { readonly type: 'trades' }>): void {
    const { epoch, life = epoch, previous, sequence, trades, lost = 0 } = message;
    if (life !== undefined && life !== this.#life) {
      expect(this.#known, 'two epochs without a reset').toBeUndefined();
      this.#life = life;
      const first = this.#truth.get(life)?.[0]?.sequence;
      // The very first message covers everything from the beginning.
      this.#known = first === undefined ? previous : first - 1;
    }
    expect(previous, 'the chain').toBe(this.#known);
    expect(sequence - previous).toBe(trades.length + lost);
    this.#known = sequence;
    this.lost += lost;
    const truth = this.#truth.get(this.#life) ?? [];
    const start = (truth[0]?.sequence ?? 1) - 1;
    for (const [number, eventTime, priceTicks, sizeLots, aggressor] of trades)
      expect({ sequence: number, eventTime, priceTicks, sizeLots, aggressor }).toEqual(
        truth[number - start - 1],
      );
  }
}

class World {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly engine: MarketEngine;
  readonly hub: StreamHub;
  readonly tape = new Tape();
  readonly lives = new Map<string, Trade[]>();
  readonly listeners: readonly Listener[];
  readonly slow: Listener;
  readonly #ingest: Ingest;
  #tick: keyof typeof TICKS = '0.01';
  #lot: keyof typeof LOTS = '1';
  #lives = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    const { clock } = this;
    const nextEpoch = (): string => `e${this.#lives++}`;
    this.engine = new MarketEngine({ clock, nextEpoch, candles: () => [] });
    this.#ingest = new Ingest(this.engine, () => {});
    this.engine.listen({
      trade: ({ tapeEpoch }, trade) => {
        const life = this.lives.get(tapeEpoch) ?? [];
        life.push(trade);
        this.lives.set(tapeEpoch, life);
      },
    });
    this.hub = new StreamHub({ markets: this.engine, clock, ids: new ChannelIds(), paced: true });
    this.#announce();
    this.slow = new Listener(this, JSON_FORM);
    this.listeners = [new Listener(this, JSON_FORM), new Listener(this, BINARY_FORM), this.slow];
  }

  get market(): SymbolMarket {
    return must(this.engine.market(SYMBOL), SYMBOL);
  }
  /** A step of the market in hundredths and lots. */
  get steps(): { readonly price: number; readonly size: number } {
    return { price: TICKS[this.#tick], size: LOTS[this.#lot] };
  }

  step(): void {
    const { random, clock } = this;
    const draw = random.next();
    const state = (name: 'syncing' | 'stale' | 'ok' | 'halted'): void =>
      this.#ingest.sink({
        type: 'state',
        symbol: SYMBOL,
        eventTime: clock.now(),
        state: name,
        reason: name === 'halted' ? 'halt' : 'upstream-gap',
      });
    if (draw < 0.5) this.#trade();
    else if (draw < 0.62) this.#book('update');
    else if (draw < 0.7) this.#book('snapshot');
    else if (draw < 0.75) state('syncing');
    else if (draw < 0.78) state(random.pick(['stale', 'ok', 'halted']));
    else if (draw < 0.81) this.#regrid();
    else if (draw < 0.82) this.#end();
    else if (draw < 0.9) this.#slowDown();
    else if (draw < 0.92) this.#advance(random.integer(7_000, 130_000));
    else this.#advance(random.pick([0, 1, 30, 100, 250, 1_100]));
  }

  /** Everything owed is sent, and what ends by the clock has ended. */
  settle(): void {
    this.slow.connection.bufferedAmount = 0;
    this.#advance(15_000);
  }

  #advance(ms: number): void {
    // Bytes not taken for this long would end the connection (P22).
    if (ms > 2_000) this.slow.connection.bufferedAmount = 0;
    this.clock.advance(ms);
    for (const listener of this.listeners) listener.hear();
  }

  #slowDown(): void {
    this.slow.connection.bufferedAmount = this.random.pick([0, 0, 300_000, 2_000_000]);
  }

  #trade(): void {
    const { random, clock } = this;
    const now = clock.now();
    const eventTime = random.chance(0.15) ? now - random.integer(1, LATEST_MS) : now;
    const priceTicks = random.integer(900, 1_100);
    const sizeLots = random.integer(1, 50);
    const { price, size } = this.steps;
    this.tape.all.push({ time: eventTime, price: priceTicks * price, size: sizeLots * size });
    const what = { eventTime, receiveTime: now, priceTicks, sizeLots };
    this.#ingest.sink({ type: 'trade', symbol: SYMBOL, ...what, aggressor: 'buy' });
  }

  #book(type: 'update' | 'snapshot'): void {
    const now = this.clock.now();
    const at = { symbol: SYMBOL, eventTime: now, receiveTime: now };
    const size = this.random.integer(1, 9);
    this.#ingest.sink({ type, ...at, bids: [[900, size]], asks: [[1_100, size]] });
  }

  #regrid(): void {
    this.#tick = this.random.pick(Object.keys(TICKS) as (keyof typeof TICKS)[]);
    this.#lot = this.random.pick(Object.keys(LOTS) as (keyof typeof LOTS)[]);
    this.#announce();
  }

  /** The market ends (P13b). */
  #end(): void {
    this.engine.end(this.market);
    if (this.random.chance(0.3)) this.#regrid();
    else this.#announce();
  }

  #announce(): void {
    const grid = { tickSize: this.#tick, lotSize: this.#lot };
    const instrument = { symbol: SYMBOL, venue: 'test', base: 'X', quote: 'Y', ...grid };
    this.#ingest.sink({ type: 'instrument', instrument });
  }
}

function shown(plain: Plain, { price, size }: World['steps']): Plain {
  const { openTime, trades } = plain;
  const ticks = (value: number): number => Math.round(value / price);
  const { open, high, low, close, volume } = plain;
  const prices = { open: ticks(open), high: ticks(high), low: ticks(low), close: ticks(close) };
  return { openTime, ...prices, volume: Math.round(volume / size), trades };
}

function figuresOf({ openTime, open, high, low, close, volume, trades }: Plain): Plain {
  return { openTime, open, high, low, close, volume, trades };
}

function judge(world: World): void {
  const { market, tape, steps, clock } = world;
  const end = clock.now() + 1;
  for (const interval of CANDLE_INTERVALS) {
    const plain = tape.candles(interval);
    const truth = plain.map((each) => shown(each, steps));
    const held = market.candles.candles(interval, 0, end, 100_000);
    expect(held.map(figuresOf), interval).toEqual(truth);
    // And exactly, on whatever grid that takes (P1a).
    const { grid, candles } = market.candles.series(interval, 0, end, 100_000);
    const finer = { price: Math.round(Number(grid.tickSize) * 100), size: Number(grid.lotSize) };
    const exact = plain.map((each) => shown(each, finer));
    expect(candles.map(figuresOf), interval).toEqual(exact);
    for (const listener of world.listeners) {
      const told = listener.candles.get(`candles:${SYMBOL}:${interval}`);
      const byTime = new Map(truth.map((each) => [each.openTime, each]));
      if (tape.all.length > 0) expect(told?.has(truth.at(-1)?.openTime ?? 0)).toBe(true);
      for (const message of told?.values() ?? []) {
        expect(figuresOf(message), interval).toEqual(byTime.get(message.openTime));
        const isOver = message.openTime + INTERVAL_MS[interval] <= clock.now();
        expect(message.state).toBe(isOver ? 'closed' : 'forming');
      }
    }
  }
  const { open, volume } = tape.day(market.lastEventTime);
  const day = {
    open24h: open === undefined ? null : Math.round(open / steps.price),
    volume24h: Math.round(volume / steps.size),
    sequence: market.tradeSequence,
  };
  for (const listener of world.listeners) {
    expect(listener.ticker).toMatchObject(day);
    listener.settled(market);
  }
}

test(`P13c, P17, P18: no trade is lost silently, whatever happens to the book, ${RUNS} runs from seed ${FIRST_SEED}`, () => {
  let resets = 0;
  let lost = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const world = new World(seed);
    try {
      for (let step = 1; step <= STEPS; step++) {
        world.step();
        if (step % 40 > 0) continue;
        world.settle();
        judge(world);
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    resets += world.slow.resets;
    lost += world.slow.lost;
    expect(world.listeners[0]?.lost).toBe(0);
    world.hub.close();
  }
  // The test itself must be effective.
  expect(resets).toBeGreaterThan(RUNS);
  expect(lost).toBeGreaterThan(RUNS);
}, 60_000);
