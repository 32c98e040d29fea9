/*
 * Views and fan-out of one engine: the live one, or a replay's. The hub listens to the engine, keeps one channel per
 * name with at least one subscriber, and turns changes into messages: at once if a channel's period is over,
 * otherwise on the wheel. In a replay (`paced: false`) nothing is sent at once: the room ends each wall slice with
 * `flush`, so that the number of frames does not grow with speed (P27).
 */
import { channelInstrument, type StateReason } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Clock, momentOf } from '@tapedeck/market/time/clock';
import { type Channel, channelName } from '@tapedeck/market/wire/channel';

import type { MarketEngine, MarketListener } from '../../engine/market-engine.ts';
import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { BookChannel } from '../channel/book-channel.ts';
import type { ChannelIds } from '../channel/channel-ids.ts';
import { makeChannel } from '../channel/make-channel.ts';
import { type FlushTurn, type StreamChannel, WHEEL_MS } from '../channel/stream-channel.ts';
import type { Subscriber } from '../channel/subscriber.ts';
import { SymbolChannels } from '../channel/symbol-channels.ts';
import type { TradeArchive } from '../channel/trade-resume.ts';
import { FanOut } from './fan-out.ts';

/** How long a channel outlives its last subscriber, so that a page reload does not rebuild it. */
const LINGER_MS = 30_000;
/** How late something that ends only by the clock may end, ms. */
const PASSING_MS = 250;

/** What a hub needs of the markets that it serves. */
export type ServedMarkets = Pick<MarketEngine, 'listen' | 'market'>;

export class StreamHub {
  readonly #markets: ServedMarkets;
  readonly #clock: Clock;
  readonly #ids: ChannelIds;
  readonly #paced: boolean;
  readonly #archive: TradeArchive | undefined;
  readonly #time: (market: SymbolMarket) => EpochMs;
  readonly #onSent: ((lagMs: number) => void) | undefined;
  readonly #byName = new Map<string, StreamChannel>();
  readonly #bySymbol = new Map<string, SymbolChannels>();
  readonly #fanOut: FanOut;
  /** Channels with something to send that may not be due yet. */
  readonly #dirty = new Set<StreamChannel>();
  readonly #cancel: (() => void)[] = [];
  #flushQueued = false;
  #ticks = 0;

  constructor(options: {
    readonly markets: ServedMarkets;
    readonly clock: Clock;
    readonly ids: ChannelIds;
    /** Trades no longer in memory (P17). */
    readonly archive?: TradeArchive | undefined;
    /** Called with how long the newest update of each book flush had waited here, ms. */
    readonly onSent?: ((lagMs: number) => void) | undefined;
    /** The time by which candles close: the market's own, except in a replay. */
    readonly time?: (() => EpochMs) | undefined;
    /** True for the live market: changes are sent without `flush`. */
    readonly paced: boolean;
  }) {
    this.#markets = options.markets;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#paced = options.paced;
    this.#archive = options.archive;
    this.#onSent = options.onSent;
    this.#time = options.time ?? ((market) => market.time.at(momentOf(this.#clock)));
    this.#fanOut = new FanOut(() => momentOf(this.#clock));
    this.#cancel.push(this.#markets.listen(this.#listener));
    if (this.#paced)
      this.#cancel.push(this.#clock.every(WHEEL_MS, () => this.#turn(++this.#ticks)));
    if (this.#paced) this.#cancel.push(this.#clock.every(PASSING_MS, () => this.#pass()));
    this.#cancel.push(this.#clock.every(LINGER_MS / 3, () => this.#sweep()));
  }

  /** Whether channels of this symbol can be subscribed to. */
  has(symbol: string): boolean {
    return this.#markets.market(symbol) !== undefined;
  }

  /** The channel of this name, created if necessary; undefined if the engine does not know its symbol. */
  channel(parsed: Channel): StreamChannel | undefined {
    const name = channelName(parsed);
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const market = this.#markets.market(parsed.symbol);
    if (market === undefined) return undefined;
    const made = makeChannel(this.#ids.idOf(name), name, parsed, market, this.#archive, () =>
      this.#time(market),
    );
    made.idleSince = this.#clock.monotonic();
    this.#byName.set(name, made);
    made.onWaiting = (channel) => this.#fanOut.touch(channel);
    const siblings = this.#bySymbol.get(parsed.symbol) ?? new SymbolChannels();
    siblings.add(made);
    this.#bySymbol.set(parsed.symbol, siblings);
    return made;
  }

  /** Whether the symbol has a channel, even one without subscribers. */
  hasChannels(symbol: string): boolean {
    return (this.#bySymbol.get(symbol)?.all.size ?? 0) > 0;
  }

  add(channel: StreamChannel, subscriber: Subscriber): void {
    this.settle(channel);
    this.#fanOut.add(channel, subscriber);
    this.#bySymbol.get(channel.market.symbol)?.lead();
  }

  remove(channel: StreamChannel, subscriber: Subscriber): void {
    this.#fanOut.remove(channel, subscriber);
    this.#bySymbol.get(channel.market.symbol)?.lead();
    if (channel.subscribers.size === 0) channel.idleSince = this.#clock.monotonic();
  }

  *bookChannels(): Generator<BookChannel> {
    for (const channel of this.#byName.values()) if (channel instanceof BookChannel) yield channel;
  }

  /** Number of channels, for the status page. */
  get channelCount(): number {
    return this.#byName.size;
  }

  /** Writes what this channel has published: somebody is about to get its full value, which is newer. */
  settle(channel: StreamChannel): void {
    channel.release();
    this.#fanOut.drain();
  }

  /** Ends a slice of a replay: everything that changed is sent, whatever its period. */
  flush(): void {
    this.#turn('slice');
    this.#pass();
  }

  /**
   * After a seek: every channel of the symbol gets its first full value, except the books, which had their snapshot.
   */
  refresh(market: SymbolMarket): void {
    const now = momentOf(this.#clock);
    for (const channel of this.#channels(market)) {
      if (channel instanceof BookChannel) continue;
      channel.restart();
      this.#dirty.add(channel);
      for (const message of channel.welcome(now, undefined)) channel.publish(message, 'control');
    }
  }

  close(): void {
    for (const cancel of this.#cancel.splice(0)) cancel();
    this.#byName.clear();
    this.#bySymbol.clear();
  }

  readonly #listener: MarketListener = {
    delta: (market) => {
      const siblings = this.#bySymbol.get(market.symbol);
      if (siblings === undefined) return;
      for (const channel of siblings.byBook) {
        channel.bookChanged();
        this.#dirty.add(channel);
      }
      if (!this.#paced) return;
      const now = momentOf(this.#clock);
      // If every update is wanted by itself: the next one may come within this turn.
      for (const channel of siblings.byBook)
        if (channel instanceof BookChannel) channel.flush(now, 'event');
      this.#queueFlush();
    },
    snapshot: (market) => {
      const now = momentOf(this.#clock);
      for (const channel of this.#channels(market)) {
        if (channel instanceof BookChannel) channel.replaced(now);
        else channel.bookChanged();
        this.#dirty.add(channel);
      }
      this.#queueFlush();
    },
    trade: (market, trade) => {
      for (const channel of this.#bySymbol.get(market.symbol)?.byTrade ?? []) {
        channel.traded(trade);
        this.#dirty.add(channel);
      }
      this.#queueFlush();
    },
    candle: (market) => {
      for (const channel of this.#bySymbol.get(market.symbol)?.byTrade ?? []) {
        channel.toldCandle();
        this.#dirty.add(channel);
      }
      this.#queueFlush();
    },
    state: (market) => {
      for (const channel of this.#channels(market)) {
        channel.publish(channel.stateMessage(), 'control');
      }
      this.#queueFlush();
    },
    reset: (market, reason) => this.#reset(market, reason),
  };

  /** If only the book restarts, the other channels continue, and send the market's state (P13c). */
  #reset(market: SymbolMarket, reason: StateReason): void {
    const isWhole = market.tapeEpoch === market.epoch;
    const now = momentOf(this.#clock);
    for (const channel of this.#channels(market)) {
      this.#dirty.add(channel);
      if (!isWhole && !(channel instanceof BookChannel)) {
        channel.bookChanged();
        channel.publish(channel.stateMessage(), 'control');
        continue;
      }
      channel.finish(now);
      channel.restart();
      channel.publish(
        {
          type: 'reset',
          channel: channel.id,
          reason,
          instrument: channelInstrument(market.instrument),
        },
        'control',
      );
      channel.publish(channel.stateMessage(), 'control');
    }
    this.#queueFlush();
  }

  #channels(market: SymbolMarket): Iterable<StreamChannel> {
    return this.#bySymbol.get(market.symbol)?.all ?? [];
  }

  /** One frame per turn of the event loop, however many events it had. */
  #queueFlush(): void {
    if (!this.#paced || this.#flushQueued) return;
    this.#flushQueued = true;
    this.#clock.after(0, () => {
      this.#flushQueued = false;
      this.#turn('event');
    });
  }

  #turn(turn: FlushTurn): void {
    const now = momentOf(this.#clock);
    for (const channel of this.#dirty) {
      channel.flush(now, turn);
      if (!channel.isDirty) this.#dirty.delete(channel);
      if (this.#onSent !== undefined && channel instanceof BookChannel) {
        const lagMs = channel.takeSendLag();
        if (lagMs !== undefined) this.#onSent(lagMs);
      }
    }
    this.#fanOut.drain();
  }

  #pass(): void {
    const now = momentOf(this.#clock);
    for (const channel of this.#byName.values())
      if (channel.subscribers.size > 0) channel.passed(now);
    this.#fanOut.drain();
  }

  #sweep(): void {
    const now = momentOf(this.#clock);
    for (const [name, channel] of this.#byName) {
      if (channel.subscribers.size > 0 || now.at - channel.idleSince < LINGER_MS) continue;
      this.#byName.delete(name);
      this.#dirty.delete(channel);
      this.#bySymbol.get(channel.market.symbol)?.delete(channel);
    }
  }
}
