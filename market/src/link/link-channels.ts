/*
 * The channels of a link: asked for again on each connection, books mirrored and resynced one by one (P9), trades
 * chained and resumed (P17). It speaks through `send` and knows nothing of sockets.
 */
import { later, type MonotonicMs } from '../clock.ts';
import type { EpochMs } from '../level.ts';
import type { Random } from '../random.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
import { parseChannel } from '../wire/channel.ts';
import type {
  DownMessage,
  ErrorMessage,
  HeartbeatMessage,
  SubscribedMessage,
} from '../wire/down.ts';
import type { CandleMessage, TickerMessage, TradesMessage } from '../wire/tape.ts';
import { LinkChannel } from './link-channel.ts';
import type { LinkListener } from './link-listener.ts';
import { LinkResyncs } from './link-resyncs.ts';
import { LinkSubscriptions, type LinkSubscriptionsOptions } from './link-subscriptions.ts';

/** After `subscribed` and a reset the snapshot follows by itself; when it does not within this, it is asked for. */
const RESET_PATIENCE_MS = 1_000;
/** Frames come in the order of their send times, but for moments: what is earlier by more was sent by a clock set back. */
const SET_BACK_MS = 1_000;

export type LinkChannelsOptions = Omit<LinkSubscriptionsOptions, 'channels'> & {
  readonly random: Random;
  readonly listener: LinkListener;
};

export class LinkChannels {
  readonly #options: LinkChannelsOptions;
  readonly #channels = new Map<string, LinkChannel>();
  readonly #byId = new Map<number, LinkChannel>();
  readonly #resyncs: LinkResyncs;
  readonly #subscriptions: LinkSubscriptions;
  /** The life of each symbol's tape, where a message said it (P13c). */
  readonly #epochs = new Map<string, string>();
  #newestSendTime = 0;

  constructor(options: LinkChannelsOptions) {
    this.#options = options;
    const channels = (): Iterable<LinkChannel> => this.#channels.values();
    this.#subscriptions = new LinkSubscriptions({ ...options, channels });
    this.#resyncs = new LinkResyncs({
      ...options,
      isFollowed: (channel) => channel.id !== undefined && this.#byId.get(channel.id) === channel,
      onAsked: (channel) => options.listener.onChannel(channel),
    });
  }

  /** `sendTime` of the newest frame processed, for acks; 0 before the first. */
  get newestSendTime(): number {
    return this.#newestSendTime;
  }

  /** Snapshots asked for since the link was made. */
  get resyncs(): number {
    return this.#resyncs.count;
  }

  /** The life of a symbol's tape; undefined until trades said it, and after a reset of more than its book (P13c). */
  epochOf(symbol: string): string | undefined {
    return this.#epochs.get(symbol);
  }

  values(): Iterable<LinkChannel> {
    return this.#channels.values();
  }

  /** Follows a channel until `remove`. @throws for a name that is none: a bug of the caller. */
  add(name: string): LinkChannel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const parsed = parseChannel(name);
    if (typeof parsed === 'string') throw new Error(parsed);
    const channel = new LinkChannel(name, parsed);
    this.#channels.set(name, channel);
    this.#subscriptions.gather();
    return channel;
  }

  remove(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    this.#channels.delete(name);
    if (channel.id === undefined) return;
    this.#byId.delete(channel.id);
    this.#subscriptions.leave(channel.id);
  }

  /** The link is open: everything is asked for. */
  opened(): void {
    this.#subscriptions.open();
  }

  /** What held for the connection holds no longer. */
  cut(): void {
    this.#subscriptions.close();
    this.#epochs.clear();
    this.#forget();
    for (const channel of this.#channels.values()) channel.cut();
  }

  /** Another connection takes over: everything is asked for there, and goes on from what is held. */
  moved(): void {
    this.#forget();
    for (const channel of this.#channels.values()) {
      channel.carry();
      this.#options.listener.onChannel(channel);
    }
    this.opened();
  }

  /** About once a second: asks again for what was not answered. */
  tick(now: MonotonicMs): void {
    this.#subscriptions.tick(now);
    this.#askStates(now);
  }

  /** The word that a market is ok again may have been lost: it is asked for now and then, of all channels at once. */
  #askStates(now: MonotonicMs): void {
    const channels: number[] = [];
    for (const [id, each] of this.#byId) if (each.needsWord(now)) channels.push(id);
    const request = { type: 'resync', reason: 'missing', channels } as const;
    if (channels.length > 0) this.#options.send({ ...request, id: this.#options.nextId() });
  }

  /** What an unreadable frame held is unknown: every book is doubted. Trades show a hole by themselves. */
  loseFrame(): void {
    this.#resyncs.together(() => {
      for (const channel of this.#byId.values()) {
        channel.provenAt = undefined;
        if (channel.mirror?.lose() === 'gap') this.#resyncs.doubt(channel);
      }
    });
  }

  /** What was said on a connection, which the next one knows nothing of. */
  #forget(): void {
    this.#byId.clear();
    this.#subscriptions.forget();
    this.#newestSendTime = 0;
  }

  /** Takes a message that concerns channels; false if it does not. */
  take(message: DownMessage, now: MonotonicMs): boolean {
    switch (message.type) {
      case 'subscribed':
        this.#subscribed(message);
        return true;
      case 'book-snapshot':
      case 'book-delta':
        this.#book(message);
        return true;
      case 'trades':
        this.#trades(message);
        return true;
      case 'ticker':
      case 'candle':
        this.#latest(message);
        return true;
      case 'channel-state':
      case 'reset':
        this.#declare(message);
        return true;
      case 'heartbeat':
        this.#resyncs.together(() => this.#heartbeat(message, now));
        return false;
      case 'error':
        this.#refused(message);
        return false;
      default:
        return false;
    }
  }

  #subscribed({ id, channels }: SubscribedMessage): void {
    for (const each of channels) {
      const channel = this.#channels.get(each.name);
      if (channel === undefined) {
        // Left before the answer came.
        this.#subscriptions.leave(each.channel);
        continue;
      }
      channel.id = each.channel;
      // The feed says where the channel stands, if it is not well.
      if (channel.isCarried) channel.declared = 'ok';
      channel.isCarried = false;
      channel.grid = each.instrument;
      this.#byId.set(each.channel, channel);
      this.#subscriptions.answered(id, channel);
      // The first snapshot follows by itself, unless its frame is lost.
      if (channel.mirror !== undefined) this.#resyncs.arm(channel, RESET_PATIENCE_MS);
      this.#options.listener.onChannel(channel);
    }
  }

  #sent(sendTime: EpochMs): void {
    const isNewer = sendTime > this.#newestSendTime;
    if (isNewer || sendTime < this.#newestSendTime - SET_BACK_MS) this.#newestSendTime = sendTime;
  }

  #book(message: BookSnapshotMessage | BookDeltaMessage): void {
    const channel = this.#byId.get(message.channel);
    const mirror = channel?.mirror;
    if (channel === undefined || mirror === undefined) return;
    this.#sent(message.sendTime);
    const outcome =
      message.type === 'book-snapshot' ? mirror.applySnapshot(message) : mirror.applyDelta(message);
    if (message.type === 'book-snapshot') {
      channel.hasValue = true;
      channel.epoch = message.epoch;
      if (outcome === 'applied') this.#resyncs.recovered(channel);
    }
    if (outcome === 'gap' || outcome === 'checksum') this.#resyncs.doubt(channel);
    this.#options.listener.onBook(channel, outcome, message);
  }

  #trades(message: TradesMessage): void {
    const channel = this.#byId.get(message.channel);
    if (channel === undefined) return;
    this.#sent(message.sendTime);
    const taken = channel.takeTrades(message);
    if (taken === undefined) return this.#resyncs.doubt(channel);
    if (message.epoch !== undefined) this.#epochs.set(channel.parsed.symbol, message.epoch);
    if (channel.resyncAttempt > 0) this.#resyncs.recovered(channel);
    const told = { ...message, trades: taken.trades };
    this.#options.listener.onTrades(channel, told, taken.lost, taken.isNew);
  }

  #latest(message: TickerMessage | CandleMessage): void {
    const channel = this.#byId.get(message.channel);
    if (channel === undefined) return;
    channel.sequence = message.sequence;
    channel.hasValue = true;
    if (message.type === 'ticker') this.#options.listener.onTicker(channel, message);
    else this.#options.listener.onCandle(channel, message);
  }

  #declare(message: Extract<DownMessage, { type: 'channel-state' | 'reset' }>): void {
    const channel = this.#byId.get(message.channel);
    if (channel === undefined) return;
    channel.reason = message.reason;
    if (message.type === 'channel-state') {
      channel.declared = message.state;
      channel.statedAt = this.#options.clock.monotonic();
      channel.statedSince = message.since;
      channel.mirror?.declare(message.state, message.reason);
      if (channel.isBookless) this.#resyncs.recovered(channel);
      // Of a market that is right and has no trade yet nothing more is to be awaited.
      if (message.state === 'ok' && channel.parsed.kind === 'trades') channel.hasValue = true;
    } else {
      if (message.instrument !== undefined) channel.grid = message.instrument;
      channel.mirror?.reset(message.reason);
      if (channel.mirror === undefined) {
        this.#epochs.delete(channel.parsed.symbol);
        channel.restart();
        // The snapshot follows by itself; if it does not, it is asked for.
      } else this.#resyncs.arm(channel, RESET_PATIENCE_MS);
    }
    this.#options.listener.onChannel(channel);
  }

  #heartbeat({ last, digests, heard }: HeartbeatMessage, now: MonotonicMs): void {
    for (const [id, sequence] of Object.entries(last)) {
      const channel = this.#byId.get(Number(id));
      if (channel === undefined || !channel.hasValue) continue;
      const verdict = channel.mirror?.heartbeat(sequence, digests?.[id]);
      // Trades without another one after them show no hole: their number does.
      const isBehind = channel.parsed.kind === 'trades' && sequence !== channel.sequence;
      if (verdict === 'gap' || verdict === 'checksum' || isBehind) this.#resyncs.doubt(channel);
      const isNewest = verdict === undefined && !isBehind && sequence <= channel.sequence;
      const isWhole = verdict === 'quiet' || isNewest;
      const heardMs = heard?.[id];
      // The link alone proves nothing of the market: whether its source lives, only the feed can say (P20b).
      channel.provenAt = isWhole && heardMs !== undefined ? now : undefined;
      if (heardMs !== undefined) channel.heardAt = later(now, -heardMs);
      this.#options.listener.onChannel(channel);
    }
  }

  #refused(message: ErrorMessage): void {
    const channel = this.#subscriptions.refused(message);
    if (channel !== undefined) this.#options.listener.onChannel(channel);
  }
}
