import { channelInstrument, isBookless } from '@tapedeck/market/instrument/instrument';
import type { Moment } from '@tapedeck/market/time/clock';
import { parseChannel } from '@tapedeck/market/wire/channel';
import { shownName } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { ErrorName } from '@tapedeck/market/wire/error-code';
import type { SubscribeMessage } from '@tapedeck/market/wire/up';

import type { Since, StreamChannel } from '../channel/stream-channel.ts';
import type { Subscriber } from '../channel/subscriber.ts';
import type { StreamHub } from '../hub/stream-hub.ts';
import type { Outbox } from './outbox.ts';

export type SubscriptionsOptions = {
  /** The world (live, or a replay) that the channels belong to at first. */
  readonly hub: StreamHub;
  readonly subscriber: Subscriber;
  readonly outbox: Outbox;
  readonly maxChannels: number;
  /** An error that does not count against the client. */
  readonly onError: (name: ErrorName, message: string, id: number | undefined) => void;
  /** A breach of a limit: too many of them end the connection (P23). */
  readonly onBreach: (name: ErrorName, message: string, id: number | undefined) => void;
};

/** The channels that one connection follows: subscribe, unsubscribe, resync. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #channels = new Map<number, StreamChannel>();
  #hub: StreamHub;
  #hasJoined = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#hub = options.hub;
  }

  get size(): number {
    return this.#channels.size;
  }

  /** Whether any subscribe arrived, even a refused one (P23). */
  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  get(id: number): StreamChannel | undefined {
    return this.#channels.get(id);
  }

  values(): Iterable<StreamChannel> {
    return this.#channels.values();
  }

  subscribe(message: SubscribeMessage, now: Moment): void {
    this.#hasJoined = true;
    const joined: { readonly channel: StreamChannel; readonly since: Since | undefined }[] = [];
    const over: string[] = [];
    const { maxChannels, onBreach } = this.#options;
    for (const name of message.channels) {
      if (this.#channels.size >= maxChannels) {
        over.push(name);
        continue;
      }
      const channel = this.#join(name, message.id);
      if (channel !== undefined) joined.push({ channel, since: message.since?.[name] });
    }
    if (over.length > 0) {
      const text = `channels: ${over.length} over the limit of ${maxChannels}, from ${shownName(over[0] ?? '')} on`;
      onBreach('channelLimit', text, message.id);
    }
    if (joined.length === 0) return;
    this.#send({
      type: 'subscribed',
      ...(message.id === undefined ? {} : { id: message.id }),
      channels: joined.map(({ channel, since }) => {
        return {
          name: channel.name,
          channel: channel.id,
          instrument: channelInstrument(channel.market.instrument),
          ...channel.resume(since),
        };
      }),
    });
    for (const { channel, since } of joined) this.#welcome(channel, now, since, message.id);
  }

  unsubscribe(id: number | undefined, ids: readonly number[]): void {
    const { subscriber, outbox } = this.#options;
    const left: number[] = [];
    for (const each of ids) {
      const channel = this.#followed(each, id);
      if (channel === undefined) continue;
      this.#channels.delete(each);
      outbox.settle(each);
      this.#hub.remove(channel, subscriber);
      left.push(each);
    }
    if (left.length === 0) return;
    outbox.forgive();
    this.#send({ type: 'unsubscribed', ...(id === undefined ? {} : { id }), channels: left });
  }

  /** Sends the full values of these channels again; returns their symbols. */
  resync(id: number | undefined, ids: readonly number[], now: Moment): readonly string[] {
    const symbols: string[] = [];
    for (const each of ids) {
      const channel = this.#followed(each, id);
      if (channel === undefined) continue;
      symbols.push(channel.market.symbol);
      this.#welcome(channel, now, undefined, id);
      // The client may have missed the change to ok; a book's snapshot implies it (P12).
      if (channel.ready && channel.market.state === 'ok' && channel.channel.kind !== 'book')
        this.#state(channel);
    }
    return symbols;
  }

  /**
   * Moves the same channels to another world (P25a): each starts from its full value there; unknown ones are
   * unsubscribed. A channel's id belongs to its name in every world (P6).
   */
  moveTo(hub: StreamHub, now: Moment): void {
    const { subscriber, outbox } = this.#options;
    const followed = [...this.#channels.values()];
    this.clear();
    this.#hub = hub;
    outbox.forgive();
    const left: number[] = [];
    for (const { id, name } of followed) {
      outbox.settle(id);
      const parsed = parseChannel(name);
      const channel = typeof parsed === 'string' ? undefined : hub.channel(parsed);
      if (channel === undefined) {
        left.push(id);
        continue;
      }
      this.#channels.set(channel.id, channel);
      hub.add(channel, subscriber);
    }
    if (left.length > 0) this.#send({ type: 'unsubscribed', channels: left });
    for (const channel of this.#channels.values()) this.#restart(channel, now);
  }

  #restart(channel: StreamChannel, now: Moment): void {
    const { id, market } = channel;
    const reason = 'requested';
    const instrument = channelInstrument(market.instrument);
    this.#send({ type: 'reset', channel: id, reason, instrument });
    if (market.state === 'ok')
      this.#send({ type: 'channel-state', channel: id, state: 'ok', since: market.since, reason });
    this.#welcome(channel, now, undefined, undefined);
  }

  /** The connection is gone. */
  clear(): void {
    const { subscriber } = this.#options;
    for (const channel of this.#channels.values()) this.#hub.remove(channel, subscriber);
    this.#channels.clear();
  }

  #send(message: DownMessage): void {
    this.#options.outbox.send(message);
  }

  #followed(channel: number, id: number | undefined): StreamChannel | undefined {
    const found = this.#channels.get(channel);
    if (found === undefined)
      this.#options.onError('unknown', `channels: not subscribed to channel ${channel}`, id);
    return found;
  }

  /** Joins one channel, or sends the error that says why not. */
  #join(name: string, id: number | undefined): StreamChannel | undefined {
    const { subscriber, onError } = this.#options;
    const parsed = parseChannel(name);
    if (typeof parsed === 'string') {
      onError('unknown', parsed, id);
      return undefined;
    }
    const channel = this.#hub.channel(parsed);
    if (channel === undefined) {
      onError('unknown', `unknown symbol ${parsed.symbol}`, id);
      return undefined;
    }
    if (this.#channels.has(channel.id)) {
      onError('alreadySubscribed', `already subscribed to ${name}`, id);
      return undefined;
    }
    this.#channels.set(channel.id, channel);
    this.#hub.add(channel, subscriber);
    return channel;
  }

  /** P7: the first full value, or error 120 now and the value later. */
  #welcome(
    channel: StreamChannel,
    now: Moment,
    since: Since | undefined,
    id: number | undefined,
  ): void {
    // No snapshot follows if the recording has none (P28d).
    if (!channel.ready && isBookless(channel.market.reason)) return this.#state(channel);
    if (!channel.ready) {
      this.#options.onError('notReady', `${channel.name} is not ready, a snapshot follows`, id);
      return;
    }
    // What it has published already is older than its full value.
    this.#hub.settle(channel);
    this.#options.outbox.settle(channel.id);
    for (const message of channel.welcome(now, since)) this.#send(message);
    if (channel.market.state !== 'ok') this.#state(channel);
  }

  #state(channel: StreamChannel): void {
    this.#send(channel.stateMessage());
  }
}
