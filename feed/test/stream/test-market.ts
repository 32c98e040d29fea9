import type { Instrument } from '@tapedeck/market/instrument/instrument';
import { must } from '@tapedeck/market/number/assert';
import type { Level } from '@tapedeck/market/number/level';
import { ManualClock } from '@tapedeck/market/time/clock';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { UpInput } from '@tapedeck/market/wire/up';

import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import type { SymbolMarket } from '../../src/engine/symbol-market.ts';
import { ChannelIds } from '../../src/stream/channel/channel-ids.ts';
import type { TradeArchive } from '../../src/stream/channel/trade-resume.ts';
import { Connection } from '../../src/stream/connection/connection.ts';
import { StreamCounters } from '../../src/stream/connection/stream-counters.ts';
import { LIMITS, type Limits } from '../../src/stream/frame/limits.ts';
import { JSON_FORM, type WireForm } from '../../src/stream/frame/wire-form.ts';
import { StreamHub } from '../../src/stream/hub/stream-hub.ts';

/** The symbol of a test market. */
export const SYMBOL = 'X-Y@test';
const INSTRUMENT: Instrument = {
  symbol: SYMBOL,
  venue: 'test',
  base: 'X',
  quote: 'Y',
  tickSize: '1',
  lotSize: '1',
};

/** A market of one symbol on a clock that the test owns: the real engine, the real hub. */
export class TestMarket {
  readonly clock = new ManualClock();
  readonly engine: MarketEngine;
  readonly hub: StreamHub;
  readonly #ingest: Ingest;
  #lives = 0;
  #price = 1_000;

  constructor(archive?: TradeArchive) {
    this.engine = new MarketEngine({
      clock: this.clock,
      nextEpoch: () => `e${this.#lives++}`,
      candles: () => [],
    });
    this.#ingest = new Ingest(this.engine, () => {});
    this.hub = new StreamHub({
      markets: this.engine,
      clock: this.clock,
      ids: new ChannelIds(),
      paced: true,
      archive,
    });
    this.grid('1');
    this.book([[999, 5]], [[1_001, 5]]);
  }

  get market(): SymbolMarket {
    return must(this.engine.market(SYMBOL), SYMBOL);
  }

  /** Announces the symbol, or changes its tick size. */
  grid(tickSize: string): void {
    this.#ingest.sink({ type: 'instrument', instrument: { ...INSTRUMENT, tickSize } });
  }

  book(bids: readonly Level[], asks: readonly Level[]): void {
    this.#tell('snapshot', bids, asks);
  }

  /** Each call changes the book. */
  update(bids: readonly Level[] = [[999, this.#price++]]): void {
    this.#tell('update', bids, []);
  }

  /** Its source has a gap in the book, and only there. */
  hole(): void {
    const state = { state: 'syncing', reason: 'upstream-gap' } as const;
    this.#ingest.sink({ type: 'state', symbol: SYMBOL, eventTime: this.clock.now(), ...state });
  }

  trade(count = 1, eventTime = this.clock.now()): void {
    for (let i = 0; i < count; i++)
      this.#ingest.sink({
        type: 'trade',
        symbol: SYMBOL,
        eventTime,
        receiveTime: this.clock.now(),
        priceTicks: this.#price++,
        sizeLots: 1,
        aggressor: 'buy',
      });
  }

  #tell(type: 'snapshot' | 'update', bids: readonly Level[], asks: readonly Level[]): void {
    const now = this.clock.now();
    this.#ingest.sink({ type, symbol: SYMBOL, eventTime: now, receiveTime: now, bids, asks });
  }
}

/** A connection on a socket that takes what the test lets it take. */
export class TestConnection {
  readonly counters = new StreamCounters();
  readonly connection: Connection;
  bufferedAmount = 0;
  closed: { readonly code: number; readonly reason: string } | undefined;
  terminated = false;
  #messages: DownMessage[] = [];

  constructor(
    market: Pick<TestMarket, 'hub' | 'clock'>,
    limits: Partial<Limits> = {},
    form: WireForm = JSON_FORM,
  ) {
    const bufferedAmount = (): number => this.bufferedAmount;
    this.connection = new Connection({
      id: 'c1',
      socket: {
        send: ({ payload, isText }) =>
          void this.#messages.push(...readWireFrame(isText ? payload.toString() : payload)),
        close: (code, reason) => (this.closed = { code, reason }),
        terminate: () => (this.terminated = true),
        get bufferedAmount() {
          return bufferedAmount();
        },
      },
      form,
      hub: market.hub,
      clock: market.clock,
      limits: { ...LIMITS, ...limits },
      counters: this.counters,
      epoch: 'e',
      build: 'test',
      mode: 'live',
    });
  }

  say(...messages: readonly UpInput[]): void {
    this.connection.receive(messages.map((message) => JSON.stringify(message)).join('\n'));
  }

  /** Everything received since the last call. */
  heard(): DownMessage[] {
    return this.#messages.splice(0);
  }

  /** Messages of one type among those received since the last call of either method. */
  heardOf<T extends DownMessage['type']>(type: T): Extract<DownMessage, { type: T }>[] {
    return this.heard().filter(
      (message): message is Extract<DownMessage, { type: T }> => message.type === type,
    );
  }

  /** Subscribes and returns the ids, in order. */
  follow(...channels: readonly string[]): number[] {
    this.say({ type: 'subscribe', channels: [...channels] });
    const [subscribed] = this.heardOf('subscribed');
    return must(subscribed, 'subscribed').channels.map(({ channel }) => channel);
  }
}
