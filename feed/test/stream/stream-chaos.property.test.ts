/*
 * P16 and P17 by brute force, on whole connections: a random market, the real feed side (engine, hub, outbox with
 * flow control), the faults of the chaos switch in between, and the real client side (link, mirrors, resume). Clients
 * are slow, disconnect, reconnect and continue. At every frame: an `ok` book is the feed's book at that change, a
 * trade is the feed's trade, and trades received plus trades reported lost are all trades there were.
 */
import { expect, test } from 'vitest';

import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { LinkListener } from '@tapedeck/market/link/link-listener';
import type { LinkSocket, SocketEvents } from '@tapedeck/market/link/transport/link-socket';
import type { Level } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import { BOOK_DEPTHS, BOOK_TIERS } from '@tapedeck/market/wire/channel';
import type { ConnectionFaults, FaultKind } from '@tapedeck/market/wire/chaos';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';

import { ChaosSocket } from '../../src/chaos/chaos-socket.ts';
import { NO_FAULTS } from '../../src/config/chaos-setting.ts';
import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import { ChannelIds } from '../../src/stream/channel/channel-ids.ts';
import { Connection } from '../../src/stream/connection/connection.ts';
import { StreamCounters } from '../../src/stream/connection/stream-counters.ts';
import type { Frame } from '../../src/stream/frame/frame.ts';
import { LIMITS } from '../../src/stream/frame/limits.ts';
import { BINARY_FORM, JSON_FORM } from '../../src/stream/frame/wire-form.ts';
import { StreamHub } from '../../src/stream/hub/stream-hub.ts';

const RUNS = 2_000;
const FIRST_SEED = 1;
const SYMBOL = 'X-Y@test';
const TRADES = `trades:${SYMBOL}`;
const STEPS = 30;

type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

class World {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly counters = new StreamCounters();
  readonly injected = new Map<FaultKind, number>();
  readonly engine: MarketEngine;
  readonly link: FeedLink;
  faults: ConnectionFaults;
  /** Bytes that the client has not taken (P22). */
  buffered = 0;
  okChecks = 0;
  lost = 0;
  cuts = 0;
  readonly #ingest: Ingest;
  readonly #hub: StreamHub;
  readonly #books = new Map<string, Sides>();
  /** By price, which no two trades share: the epoch, and the rest of the trade. */
  readonly #trades = new Map<number, { readonly epoch: string; readonly rest: string }>();
  readonly #depth: number;
  readonly #book: string;
  readonly #form;
  readonly #resets: boolean;
  #connection: Connection | undefined;
  #events: SocketEvents | undefined;
  #lives = 0;
  #connections = 0;
  #price = 1_000;
  /** Where the count of trades began, and what was received and reported lost since. */
  #from = 0;
  #came = 0;
  #said = 0;
  /** Epoch of the trades since then. */
  #life: string | undefined;

  constructor(seed: number) {
    const { clock } = this;
    const random = new Random(seed);
    this.random = random;
    this.#depth = random.pick(BOOK_DEPTHS);
    this.#book = `book:${SYMBOL}:${this.#depth}:${random.pick(BOOK_TIERS)}`;
    this.#form = random.pick([JSON_FORM, BINARY_FORM]);
    const share = (): number => random.pick([0, 0.02, 0.1, 0.3]);
    this.faults = {
      drop: share(),
      duplicate: share(),
      reorder: share(),
      corrupt: share(),
      stallMs: random.pick([0, 0, 1_000, 6_000, 20_000]),
    };
    // An old epoch's frame after the reset would count for the new one: TCP never reorders like that.
    this.#resets = this.faults.reorder === 0;
    const nextEpoch = (): string => `e${this.#lives++}`;
    this.engine = new MarketEngine({ clock, nextEpoch, candles: () => [] });
    // Before the hub, which may publish within the call.
    this.engine.listen({
      snapshot: () => this.#remember(),
      delta: () => this.#remember(),
      trade: ({ tapeEpoch: epoch }, { sequence, priceTicks, sizeLots, aggressor }) =>
        void this.#trades.set(priceTicks, { epoch, rest: `${sequence} ${sizeLots} ${aggressor}` }),
    });
    this.#ingest = new Ingest(this.engine, () => {});
    this.#grid('1');
    const ids = new ChannelIds();
    this.#hub = new StreamHub({ markets: this.engine, clock, ids, paced: true });
    this.source();
    this.link = new FeedLink({
      // A wall clock has whole milliseconds; jitter is a fraction.
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        after: (delayMs, task) => clock.after(Math.ceil(delayMs), task),
        every: (periodMs, task) => clock.every(periodMs, task),
      },
      random: new Random(seed + 1),
      decode: readWireFrame,
      dial: (events) => this.#dial(events),
      listener: this.#listener(),
    });
    this.link.subscribe(this.#book);
    this.link.subscribe(TRADES);
    this.link.start();
  }

  source(): void {
    const { random } = this;
    const market = this.engine.market(SYMBOL);
    const now = this.clock.now();
    const at = { symbol: SYMBOL, eventTime: now, receiveTime: now };
    if (market?.ready !== true || random.chance(0.01)) {
      const full = (sign: 1 | -1): Level[] => this.#levels(sign, 40).filter(([, size]) => size > 0);
      this.#ingest.sink({ type: 'snapshot', ...at, bids: full(-1), asks: full(1) });
    } else if (this.#resets && random.chance(0.005)) {
      this.#grid(random.pick(['1', '2', '5']));
    } else if (random.chance(0.01)) {
      const lost = { state: 'syncing', reason: 'upstream-gap' } as const;
      this.#ingest.sink({ type: 'state', symbol: SYMBOL, eventTime: now, ...lost });
    } else {
      const [bids, asks] = [this.#levels(-1, 4), this.#levels(1, 4)];
      this.#ingest.sink({ type: 'update', ...at, bids, asks });
    }
    for (let i = random.integer(0, 3); i > 0; i--) this.trade();
  }

  /** Another grid is another epoch of the tape too (P13c). */
  #grid(tickSize: string): void {
    const grid = { venue: 'test', base: 'X', quote: 'Y', tickSize, lotSize: '1' };
    this.#ingest.sink({ type: 'instrument', instrument: { symbol: SYMBOL, ...grid } });
  }

  trade(): void {
    const now = this.clock.now();
    this.#ingest.sink({
      type: 'trade',
      symbol: SYMBOL,
      eventTime: now,
      receiveTime: now,
      priceTicks: this.#price++,
      sizeLots: this.random.integer(1, 99),
      aggressor: this.random.pick(['buy', 'sell']),
    });
  }

  /** The client takes its bytes, or does not; it is disconnected now and then. */
  client(): void {
    const { random } = this;
    if (random.chance(0.15)) this.buffered = random.pick([0, 0, 0, 300_000, 2_000_000, 5_000_000]);
    if (random.chance(0.02)) this.cut();
  }

  cut(): void {
    const events = this.#events;
    if (events === undefined) return;
    this.cuts++;
    this.#hangUp();
    events.failed('cut');
  }

  /** Everything requested is right, and equals the feed's. */
  settled(): void {
    const market = this.engine.market(SYMBOL);
    expect([...this.link.channels].map(({ phase }) => phase)).toEqual(['ok', 'ok']);
    expect(this.link.subscribe(this.#book).mirror?.epoch).toBe(market?.epoch);
    expect(this.#held()).toBe(textOf(market?.book.snapshot(this.#depth)));
    expect(this.link.subscribe(TRADES).sequence).toBe(market?.tradeSequence);
  }

  check(): void {
    const channel = this.link.subscribe(this.#book);
    if (channel.phase !== 'ok' || channel.mirror === undefined) return;
    this.okChecks++;
    const { epoch, book } = channel.mirror;
    const key = `${epoch}/${book.sequence}`;
    const truth = this.#books.get(key);
    const expected = truth && {
      bids: truth.bids.slice(0, this.#depth),
      asks: truth.asks.slice(0, this.#depth),
    };
    if (this.#held() !== textOf(expected))
      expect(this.#held(), `wrong and ok at ${key}`).toBe(textOf(expected));
  }

  #held(): string {
    return textOf(this.link.subscribe(this.#book).mirror?.book.snapshot());
  }

  #remember(): void {
    const market = this.engine.market(SYMBOL);
    if (market === undefined) return;
    this.#books.set(`${market.epoch}/${market.book.sequence}`, market.book.snapshot());
  }

  #levels(sign: 1 | -1, most: number): Level[] {
    const byPrice = new Map<number, number>();
    for (let i = this.random.integer(0, most); i > 0; i--) {
      const away = Math.floor(Math.abs(this.random.normal()) * 30);
      byPrice.set(1_000 + sign * away, this.random.chance(0.35) ? 0 : this.random.integer(1, 99));
    }
    return [...byPrice];
  }

  /** A socket like a network: what is sent arrives a moment later, in order, or not at all. */
  #dial(events: SocketEvents): LinkSocket {
    this.#hangUp();
    this.#events = events;
    const isOpen = (): boolean => this.#events === events;
    this.clock.after(2, () => {
      if (!isOpen()) return;
      // The connection sends its hello before the client sees it open: frames take time.
      this.clock.after(0, () => isOpen() && events.opened());
      this.#connect(events, isOpen);
    });
    return {
      send: (text) => void this.clock.after(1, () => isOpen() && this.#connection?.receive(text)),
      drop: () => isOpen() && this.#hangUp(),
    };
  }

  #connect(events: SocketEvents, isOpen: () => boolean): void {
    const { clock, random, counters } = this;
    const buffered = (): number => this.buffered;
    const socket = new ChaosSocket({
      socket: {
        send: (frame) => void clock.after(1, () => isOpen() && this.#arrive(events, frame)),
        close: (code, reason) =>
          void clock.after(1, () => {
            if (!isOpen()) return;
            this.#hangUp();
            events.closed(code, reason);
          }),
        terminate: () => {},
        get bufferedAmount() {
          return buffered();
        },
      },
      clock,
      random,
      faults: () => this.faults,
      onFault: (kind) => void this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1),
    });
    this.#connection = new Connection({
      id: `c${++this.#connections}`,
      socket,
      form: this.#form,
      hub: this.#hub,
      clock,
      limits: { ...LIMITS, messagesPerSecond: 1e6, burst: 1e6 },
      counters,
      epoch: 'e0',
      build: 'test',
      mode: 'live',
    });
  }

  #hangUp(): void {
    this.#connection?.closed();
    this.#connection = undefined;
    this.#events = undefined;
  }

  #arrive(events: SocketEvents, { payload, isText }: Frame): void {
    events.frame(isText ? payload.toString() : payload);
    this.check();
  }

  #listener(): LinkListener {
    return {
      onState: () => {},
      onHello: () => {},
      onFrame: () => {},
      onBook: () => {},
      onTrades: (channel, message, lost, isNew) => {
        if (isNew) {
          this.#from = message.previous;
          this.#came = 0;
          this.#said = 0;
          this.#life = undefined;
        }
        this.lost += lost;
        this.#said += lost;
        this.#came += message.trades.length;
        for (const [sequence, , price, size, aggressor] of message.trades) {
          const truth = this.#trades.get(price);
          this.#life ??= truth?.epoch;
          expect({ epoch: this.#life, rest: `${sequence} ${size} ${aggressor}` }).toEqual(truth);
        }
        expect(this.#came + this.#said, 'trades lost silently').toBe(channel.sequence - this.#from);
      },
      onTicker: () => {},
      onCandle: () => {},
      onChannel: () => {},
      onMessage: () => {},
      onLostFrame: () => {},
    };
  }
}

function textOf(sides: Sides | undefined): string {
  return sides === undefined ? 'none' : `${sides.bids.join(' ')}|${sides.asks.join(' ')}`;
}

test(`P16, P17, P17b, P22: slow, disconnected and faulty, ${RUNS} seeded runs from seed ${FIRST_SEED}`, () => {
  const injected = new Map<FaultKind, number>();
  const seen = { okChecks: 0, lost: 0, cuts: 0, skipped: 0, slowed: 0, closed: 0, resyncs: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const world = new World(seed);
    const isSlow = seed % 3 === 0;
    try {
      for (let step = 0; step < STEPS; step++) {
        world.source();
        world.clock.advance(world.random.pick([0, 7, 60, 300, 1_500]));
        if (isSlow) world.client();
        else if (world.random.chance(0.02)) world.cut();
      }
      world.faults = NO_FAULTS;
      world.buffered = 0;
      // A reconnect, a resync and the return from level 2 take time.
      world.clock.advance(45_000);
      if (world.engine.market(SYMBOL)?.ready !== true) world.source();
      world.trade();
      world.clock.advance(15_000);
      world.settled();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    for (const [kind, count] of world.injected)
      injected.set(kind, (injected.get(kind) ?? 0) + count);
    seen.okChecks += world.okChecks;
    seen.lost += world.lost;
    seen.cuts += world.cuts;
    seen.resyncs += world.link.resyncs;
    seen.skipped += world.counters.skipped;
    seen.slowed += world.counters.slowed;
    seen.closed += world.counters.slowClosed;
    world.link.stop();
  }
  // The test itself must be effective: every fault, every level, every recovery occurred.
  expect([...injected.keys()].toSorted()).toEqual([
    'corrupt',
    'drop',
    'duplicate',
    'reorder',
    'stall',
  ]);
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(RUNS / 20);
  expect(seen.okChecks).toBeGreaterThan(RUNS * 10);
}, 60_000);
