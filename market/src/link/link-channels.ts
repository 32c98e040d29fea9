/*
 * The channels of a link: subscribes again on each connection, mirrors books and resyncs them one by one (P9), chains
 * and resumes trades (P17). It sends through `send` and does not depend on sockets.
 */
import type { EpochMs } from '../number/level.ts';
import type { Random } from '../number/random.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
import { parseChannel } from '../wire/channel.ts';
import type {
  DownMessage,
  ErrorMessage,
  HeartbeatMessage,
  SubscribedMessage,
} from '../wire/down.ts';
import type { CandleMessage, TickerMessage, TradesMessage } from '../wire/tape.ts';
import { type ChannelEvent, isSettled } from './channel-state.ts';
import type { ChannelAction } from './channel-step.ts';
import { LinkChannel } from './link-channel.ts';
import type { LinkListener } from './link-listener.ts';
import { LinkResyncs } from './link-resyncs.ts';
import { LinkSubscriptions, type LinkSubscriptionsOptions } from './link-subscriptions.ts';

/**
 * Send times of successive frames may go back by less than this. If they go back further, the feed's clock was set
 * back.
 */
const SET_BACK_MS = 1_000;

const ASKED = { type: 'asked' } as const;
const TICK = { type: 'tick' } as const;
const MOVED = { type: 'moved' } as const;
const CUT = { type: 'cut' } as const;
const LOST_FRAME = { type: 'lost-frame' } as const;
const VALUE = { type: 'value' } as const;
const BEHIND = { type: 'behind' } as const;
const STRANGER = { type: 'stranger' } as const;
/** The event for a delta or heartbeat that failed a check. */
const BROKEN: Readonly<Record<'gap' | 'checksum', ChannelEvent>> = {
  gap: { type: 'broken', reason: 'upstream-gap' },
  checksum: { type: 'broken', reason: 'checksum' },
};

export type LinkChannelsOptions = Omit<LinkSubscriptionsOptions, 'channels' | 'onAsked'> & {
  readonly random: Random;
  readonly listener: LinkListener;
};

export class LinkChannels {
  readonly #options: LinkChannelsOptions;
  readonly #channels = new Map<string, LinkChannel>();
  readonly #byId = new Map<number, LinkChannel>();
  readonly #resyncs: LinkResyncs;
  readonly #subscriptions: LinkSubscriptions;
  /** The trades epoch of each symbol, once a message named it (P13c). */
  readonly #epochs = new Map<string, string>();
  #newestSendTime = 0;
  /** Channels whose market state this tick queries. */
  #queried: number[] = [];

  constructor(options: LinkChannelsOptions) {
    this.#options = options;
    const channels = (): Iterable<LinkChannel> => this.#channels.values();
    this.#subscriptions = new LinkSubscriptions({
      ...options,
      channels,
      onAsked: (channel) => this.#step(channel, ASKED, options.clock.monotonic()),
    });
    this.#resyncs = new LinkResyncs(options);
  }

  /** `sendTime` of the newest frame processed, for acks; 0 before the first. */
  get newestSendTime(): number {
    return this.#newestSendTime;
  }

  /** Number of resyncs since the link was created. */
  get resyncs(): number {
    return this.#resyncs.count;
  }

  /** A symbol's trades epoch; undefined until known, and after a reset of more than the book (P13c). */
  epochOf(symbol: string): string | undefined {
    return this.#epochs.get(symbol);
  }

  values(): Iterable<LinkChannel> {
    return this.#channels.values();
  }

  /** Adds a channel until `remove`. @throws for an invalid name, which is a bug of the caller. */
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
    const { id } = channel;
    // A pending subscribe stays pending, so that its answer is not matched to another one.
    if (id === undefined) return;
    this.#step(channel, CUT, this.#options.clock.monotonic());
    this.#byId.delete(id);
    this.#subscriptions.leave(id);
  }

  /** The link is open: subscribes to every channel. */
  opened(): void {
    this.#subscriptions.open();
  }

  /** The connection is lost: discards everything that depends on it. */
  cut(): void {
    this.#subscriptions.close();
    this.#epochs.clear();
    this.#forget();
    const now = this.#options.clock.monotonic();
    for (const channel of this.#channels.values()) this.#step(channel, CUT, now);
  }

  /** Another connection takes over: subscribes there and keeps the data. */
  moved(): void {
    this.#forget();
    const now = this.#options.clock.monotonic();
    for (const channel of this.#channels.values()) {
      this.#step(channel, MOVED, now);
      this.#options.listener.onChannel(channel);
    }
    this.opened();
  }

  /**
   * Runs about once a second. Repeats unanswered requests, and queries all markets that were not ok in one message,
   * because the message that a market is ok again may have been lost.
   */
  tick(now: MonotonicMs): void {
    for (const channel of this.#channels.values()) this.#step(channel, TICK, now);
    if (this.#queried.length === 0) return;
    const { send, nextId } = this.#options;
    send({ type: 'resync', reason: 'missing', channels: this.#queried, id: nextId() });
    this.#queried = [];
  }

  /** A frame was unreadable: distrusts every book. A gap in trades shows by itself. */
  loseFrame(): void {
    const now = this.#options.clock.monotonic();
    this.#resyncs.together(() => {
      for (const channel of this.#byId.values()) this.#step(channel, LOST_FRAME, now);
    });
  }

  /** Passes an event to a channel and takes the resulting action. */
  #step(channel: LinkChannel, event: ChannelEvent, now: MonotonicMs): void {
    const action = channel.step(event, now, this.#options.random);
    if (action !== undefined) this.#do(action, channel, now);
  }

  #do(action: ChannelAction, channel: LinkChannel, now: MonotonicMs): void {
    const { id } = channel;
    if (action === 'subscribe') this.#subscriptions.gather();
    if (id === undefined) return;
    if (action === 'query') this.#queried.push(id);
    if (action === 'resync') this.#resyncs.ask(channel, id);
    if (action === 'resync' || action === 'wait') this.#report(channel, now);
    if (action === 'resync') this.#options.listener.onChannel(channel);
  }

  /** Schedules the channel's `due` event for its repair. */
  #report(channel: LinkChannel, now: MonotonicMs): void {
    const { clock } = this.#options;
    const at = channel.repairAt;
    if (at === undefined) return;
    clock.after(at - now, () => this.#step(channel, { type: 'due', at }, clock.monotonic()));
  }

  /** Discards the state of a connection. */
  #forget(): void {
    this.#byId.clear();
    this.#subscriptions.forget();
    this.#newestSendTime = 0;
  }

  /** Handles a message about channels; false if it is not about any. */
  take(message: DownMessage, now: MonotonicMs): boolean {
    switch (message.type) {
      case 'subscribed':
        this.#subscribed(message, now);
        return true;
      case 'book-snapshot':
      case 'book-delta':
        this.#book(message, now);
        return true;
      case 'trades':
        this.#trades(message, now);
        return true;
      case 'ticker':
      case 'candle':
        this.#latest(message, now);
        return true;
      case 'channel-state':
      case 'reset':
        this.#declare(message, now);
        return true;
      case 'heartbeat':
        this.#resyncs.together(() => this.#heartbeat(message, now));
        return false;
      case 'error':
        this.#refused(message, now);
        return false;
      default:
        return false;
    }
  }

  #subscribed({ id, channels }: SubscribedMessage, now: MonotonicMs): void {
    for (const each of channels) {
      const channel = this.#channels.get(each.name);
      if (channel === undefined) {
        // Removed before the answer arrived.
        this.#subscriptions.leave(each.channel);
        continue;
      }
      channel.regrid(each.instrument);
      this.#byId.set(each.channel, channel);
      this.#subscriptions.answered(id, channel);
      this.#step(channel, { type: 'subscribed', id: each.channel }, now);
      this.#options.listener.onChannel(channel);
    }
  }

  #sent(sendTime: EpochMs): void {
    const isNewer = sendTime > this.#newestSendTime;
    if (isNewer || sendTime < this.#newestSendTime - SET_BACK_MS) this.#newestSendTime = sendTime;
  }

  #book(message: BookSnapshotMessage | BookDeltaMessage, now: MonotonicMs): void {
    const channel = this.#byId.get(message.channel);
    if (channel?.mirror === undefined) return;
    this.#sent(message.sendTime);
    const outcome = channel.takeBook(message);
    if (message.type === 'book-snapshot')
      this.#step(channel, { type: 'snapshot', isWhole: outcome === 'applied' }, now);
    // A delta that is applied or dropped does not change the channel's state.
    else if (outcome === 'gap' || outcome === 'checksum') this.#step(channel, BROKEN[outcome], now);
    this.#options.listener.onBook(channel, outcome, message);
  }

  #trades(message: TradesMessage, now: MonotonicMs): void {
    const channel = this.#byId.get(message.channel);
    if (channel === undefined) return;
    this.#sent(message.sendTime);
    const taken = channel.takeTrades(message);
    if (taken === undefined) return this.#step(channel, STRANGER, now);
    if (message.epoch !== undefined) this.#epochs.set(channel.parsed.symbol, message.epoch);
    if (!isSettled(channel.state)) this.#step(channel, VALUE, now);
    const told = { ...message, trades: taken.trades };
    this.#options.listener.onTrades(channel, told, taken.lost, taken.isNew);
  }

  #latest(message: TickerMessage | CandleMessage, now: MonotonicMs): void {
    const channel = this.#byId.get(message.channel);
    if (channel === undefined) return;
    channel.takeLatest(message);
    if (!isSettled(channel.state)) this.#step(channel, VALUE, now);
    if (message.type === 'ticker') this.#options.listener.onTicker(channel, message);
    else this.#options.listener.onCandle(channel, message);
  }

  #declare(
    message: Extract<DownMessage, { type: 'channel-state' | 'reset' }>,
    now: MonotonicMs,
  ): void {
    const channel = this.#byId.get(message.channel);
    if (channel === undefined) return;
    const { reason } = message;
    if (message.type === 'channel-state') {
      const { state, since } = message;
      this.#step(channel, { type: 'declared', state, reason, since }, now);
    } else {
      if (message.instrument !== undefined) channel.regrid(message.instrument);
      if (channel.mirror === undefined) this.#epochs.delete(channel.parsed.symbol);
      this.#step(channel, { type: 'reset', reason }, now);
    }
    this.#options.listener.onChannel(channel);
  }

  #heartbeat({ last, digests, heard }: HeartbeatMessage, now: MonotonicMs): void {
    for (const [id, sequence] of Object.entries(last)) {
      const channel = this.#byId.get(Number(id));
      if (channel === undefined || !channel.hasValue) continue;
      const verdict = channel.mirror?.heartbeat(sequence, digests?.[id]);
      // A gap after the last trade received shows only in the sequence.
      const isBehind = channel.parsed.kind === 'trades' && sequence !== channel.sequence;
      if (verdict === 'gap' || verdict === 'checksum') this.#step(channel, BROKEN[verdict], now);
      if (isBehind) this.#step(channel, BEHIND, now);
      const isUpToDate = verdict === undefined && !isBehind && sequence <= channel.sequence;
      const isNewest = verdict === 'quiet' || isUpToDate;
      this.#step(channel, { type: 'heartbeat', isNewest, heardMs: heard?.[id] }, now);
      this.#options.listener.onChannel(channel);
    }
  }

  #refused(error: ErrorMessage, now: MonotonicMs): void {
    const channel = this.#subscriptions.refused(error);
    if (channel === undefined) return;
    this.#step(channel, { type: 'refused', message: error.message }, now);
    this.#options.listener.onChannel(channel);
  }
}
