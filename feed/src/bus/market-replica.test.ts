/*
 * The copy of a market behind a bus: seeded markets over a real message port, so that what crosses is plain data, with
 * and without losses on the way.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/assert';
import { type Cancel, ManualClock } from '@tapedeck/market/clock';
import type { Level } from '@tapedeck/market/level';
import { Random } from '@tapedeck/market/random';

import { Ingest } from '../engine/ingest.ts';
import { MarketEngine } from '../engine/market-engine.ts';
import { INSTRUMENT, SYMBOL } from '../stream/test-market.ts';
import type { Bus, BusMessage } from './bus.ts';
import { LocalBus } from './local-bus.ts';
import { publishMarkets } from './market-publisher.ts';
import { MarketReplica } from './market-replica.ts';

const SEED = 20;

/** A bus between two threads, read at once: every message crosses as its clone. May lose and repeat. */
class PortBus implements Bus {
  readonly #local = new LocalBus();
  readonly #ports = new MessageChannel();
  harm: (message: BusMessage) => number = () => 1;

  publish(message: BusMessage): void {
    for (let times = this.harm(message); times > 0; times--) {
      this.#ports.port1.postMessage(message);
      const came = must(receiveMessageOnPort(this.#ports.port2), 'a message');
      this.#local.publish((came as { readonly message: BusMessage }).message);
    }
  }

  subscribe(take: (message: BusMessage) => void): Cancel {
    return this.#local.subscribe(take);
  }

  close(): void {
    this.#ports.port1.close();
  }
}

class World {
  readonly clock = new ManualClock();
  readonly bus = new PortBus();
  readonly source: MarketEngine;
  readonly replica: MarketReplica;
  readonly random: Random;
  readonly #ingest: Ingest;
  #lives = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    const { clock, bus } = this;
    const nextEpoch = (): string => `e${this.#lives++}`;
    this.source = new MarketEngine({ clock, nextEpoch, candles: () => [] });
    this.replica = new MarketReplica({ bus, clock, candles: () => [], seed: () => {} });
    publishMarkets(this.source, bus);
    this.#ingest = new Ingest(this.source, () => {});
    this.grid('1');
    this.snapshot();
  }

  grid(tickSize: string): void {
    this.#ingest.sink({ type: 'instrument', instrument: { ...INSTRUMENT, tickSize } });
  }

  snapshot(): void {
    this.#book('snapshot', this.#levels(-1, 30), this.#levels(1, 30));
  }

  update(): void {
    this.#book('update', this.#levels(-1, 3), this.#levels(1, 3));
  }

  step(): void {
    const { random } = this;
    this.clock.advance(random.integer(0, 2_000));
    const draw = random.next();
    const eventTime = this.clock.now();
    const said = { type: 'state', symbol: SYMBOL, eventTime } as const;
    if (draw < 0.03) this.grid(random.pick(['1', '2', '5']));
    else if (draw < 0.06) this.#ingest.sink({ ...said, state: 'syncing', reason: 'upstream-gap' });
    else if (draw < 0.1) this.#ingest.sink({ ...said, state: 'stale', reason: 'upstream-silent' });
    else if (draw < 0.14 && this.source.market(SYMBOL)?.ready === true)
      this.#ingest.sink({ ...said, state: 'ok', reason: 'upstream-silent' });
    else if (draw < 0.16) this.endAndBegin();
    else if (draw < 0.25) this.snapshot();
    else if (draw < 0.5) this.trade();
    else this.update();
  }

  /** P13b: the symbol ends, and is announced again. */
  endAndBegin(): void {
    this.source.end(must(this.source.market(SYMBOL), SYMBOL));
    const copy = this.replica.engine.market(SYMBOL);
    if (copy === undefined) expect(this.replica.engine.hasEnded(SYMBOL)).toBe(true);
    this.grid(this.random.pick(['1', '2', '5']));
  }

  trade(): void {
    const now = this.clock.now();
    this.#ingest.sink({
      type: 'trade',
      symbol: SYMBOL,
      eventTime: now,
      receiveTime: now,
      priceTicks: this.random.integer(900, 1_100),
      sizeLots: this.random.integer(1, 9),
      aggressor: 'buy',
    });
  }

  /** All that a hub reads of a market. */
  static of(engine: MarketEngine): object {
    const market = must(engine.market(SYMBOL), SYMBOL);
    const { epoch, instrument, state, reason, ready, tradeSequence, lastEventTime } = market;
    const { crossedCount, lastReceiveTime } = market;
    return {
      ...{ epoch, instrument, state, reason, ready, tradeSequence, lastEventTime },
      ...{ crossedCount, lastReceiveTime },
      book: market.book.snapshot(),
      trades: market.trades.tail(),
      forming: market.candles.forming('1m'),
      day: market.candles.day(lastEventTime),
    };
  }

  #book(type: 'snapshot' | 'update', bids: readonly Level[], asks: readonly Level[]): void {
    const now = this.clock.now();
    this.#ingest.sink({ type, symbol: SYMBOL, eventTime: now, receiveTime: now, bids, asks });
  }

  #levels(sign: 1 | -1, most: number): Level[] {
    const byPrice = new Map<number, number>();
    for (let i = this.random.integer(1, most); i > 0; i--)
      byPrice.set(1_000 + sign * this.random.integer(-1, 40), this.random.integer(1, 9));
    return [...byPrice];
  }
}

test(`a copy over a message port is the market after every event (seed ${SEED})`, () => {
  for (let seed = SEED; seed < SEED + 20; seed++) {
    const world = new World(seed);
    for (let i = 0; i < 300; i++) {
      world.step();
      expect(World.of(world.replica.engine), `seed ${seed}, step ${i}`).toEqual(
        World.of(world.source),
      );
    }
    expect(world.replica.gapCount).toBe(0);
    world.bus.close();
  }
});

test(`P16: where messages are lost and doubled no copy is wrong and ok, and it comes back (seed ${SEED})`, () => {
  let gaps = 0;
  for (let seed = SEED; seed < SEED + 40; seed++) {
    const world = new World(seed);
    const random = new Random(seed);
    const truth = new Map<string, object>();
    const remember = (): void => {
      const market = world.source.market(SYMBOL);
      if (market === undefined) return;
      const { epoch, book } = market;
      truth.set(`${epoch}/${book.sequence}`, book.snapshot());
    };
    const check = (): void => {
      remember();
      const market = must(world.replica.engine.market(SYMBOL), SYMBOL);
      if (market.state !== 'ok') return;
      const known = truth.get(`${market.epoch}/${market.book.sequence}`);
      expect(market.book.snapshot(), `seed ${seed}`).toEqual(known);
    };
    remember();
    world.replica.engine.listen({ snapshot: check, delta: check, state: check });
    // What asks and what answers is lost, too.
    world.bus.harm = () => random.pick([0, 1, 1, 1, 1, 2]);
    for (let i = 0; i < 300; i++) world.step();
    world.bus.harm = () => 1;
    for (let i = 0; i < 3; i++) {
      world.snapshot();
      world.update();
    }
    const [mine, its] = [world.replica.engine, world.source].map((engine) => {
      const { epoch, instrument, state, book } = must(engine.market(SYMBOL), SYMBOL);
      return { epoch, instrument, state, book: book.snapshot() };
    });
    expect(mine, `seed ${seed}`).toEqual(its);
    gaps += world.replica.gapCount;
    world.bus.close();
  }
  expect(gaps).toBeGreaterThan(100);
});

test('who comes in the middle of a life asks for the book', () => {
  const world = new World(SEED);
  world.trade();
  const late = new MarketReplica({
    bus: world.bus,
    clock: world.clock,
    candles: () => [],
    seed: () => {},
  });
  expect(late.engine.market(SYMBOL)).toBeUndefined();
  world.update();
  const market = must(late.engine.market(SYMBOL), SYMBOL);
  expect(market.book.snapshot()).toEqual(world.source.market(SYMBOL)?.book.snapshot());
  expect(market.state).toBe('ok');
  late.close();
  world.update();
  expect(market.book.sequence).toBeLessThan(world.source.market(SYMBOL)?.book.sequence ?? 0);
  world.bus.close();
});
