/*
 * One websocket: what it said, what it follows, what it is owed. Everything it can grow is bounded: messages in by a
 * token bucket, channels by a count, bytes out by `bufferedAmount` (P22, P23). It knows no Hono and no ws: the gateway
 * gives it a `Socket`.
 */
import type { Cancel, Clock } from '@tapedeck/market/clock';
import type { EpochMs } from '@tapedeck/market/level';
import { parseChannel } from '@tapedeck/market/wire/channel';
import { CLOSE_CODES } from '@tapedeck/market/wire/close-code';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { type ErrorName, ERRORS } from '@tapedeck/market/wire/error-code';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';
import type { SubscribeMessage, UpMessage } from '@tapedeck/market/wire/up';
import { PROTOCOL_VERSION } from '@tapedeck/market/wire/version';

import { InboundGate } from './inbound-gate.ts';
import {
  CLOSE_BYTES,
  HEARTBEAT_MS,
  type Limits,
  PATIENCE,
  QUIET_PROOF_MS,
  SKIP_BYTES,
} from './limits.ts';
import type { Since, StreamChannel } from './stream-channel.ts';
import type { StreamHub } from './stream-hub.ts';
import type { DeliveryKind, Subscriber } from './subscriber.ts';

/** What a connection needs of a websocket. */
export interface Socket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Ends it without waiting for the other side. */
  terminate(): void;
  readonly bufferedAmount: number;
}

/** Counters that all connections of a feed share; the status page and `/metrics` read them. */
export type StreamCounters = {
  frames: number;
  bytes: number;
  messages: number;
  resyncs: number;
  skipped: number;
  refused: number;
  slowClosed: number;
};

export type ConnectionOptions = {
  readonly id: string;
  readonly socket: Socket;
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly counters: StreamCounters;
  readonly epoch: string;
  readonly build: string;
  readonly mode: 'live' | 'replay';
  /** Told of every resync that a client asked for. */
  readonly onResync?: ((symbol: string) => void) | undefined;
  /** Carries out a replay command; a text says why it could not be (error 130). */
  readonly command?: ((command: ReplayCommand) => string | undefined) | undefined;
};

export class Connection implements Subscriber {
  readonly #options: ConnectionOptions;
  readonly #channels = new Map<number, StreamChannel>();
  readonly #owedSnapshot = new Set<number>();
  readonly #gate: InboundGate;
  readonly #cancels: Cancel[] = [];
  #pending: string[] = [];
  #lastSentAt: EpochMs;
  #lastQuietProofAt: EpochMs = 0;
  #lagMs: number | undefined;
  #offences = 0;
  #open = true;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { clock, limits } = options;
    const now = clock.now();
    this.#gate = new InboundGate(limits, now);
    this.#lastSentAt = now;
    this.send({
      type: 'hello',
      version: PROTOCOL_VERSION,
      epoch: options.epoch,
      connection: options.id,
      now,
      heartbeatMs: HEARTBEAT_MS,
      mode: options.mode,
      build: options.build,
      limits: {
        messagesPerSecond: limits.messagesPerSecond,
        channels: limits.channels,
        frameBytes: limits.frameBytes,
      },
    });
    this.flush();
    this.#cancels.push(
      clock.after(limits.firstSubscribeMs, () => {
        if (this.#channels.size === 0)
          this.close('noSubscribe', `no subscribe within ${limits.firstSubscribeMs} ms`);
      }),
      clock.every(1_000, () => this.#beat()),
    );
  }

  get channelCount(): number {
    return this.#channels.size;
  }
  get bufferedBytes(): number {
    return this.#open ? this.#options.socket.bufferedAmount : 0;
  }
  /** P22: 0 normal, 1 book flushes are skipped. */
  get level(): 0 | 1 {
    return this.bufferedBytes >= SKIP_BYTES ? 1 : 0;
  }
  /** How old the newest frame was that this client said it had processed; undefined if it never said. */
  get lagMs(): number | undefined {
    return this.#lagMs;
  }

  /** One text frame. */
  receive(frame: string): void {
    if (!this.#open) return;
    const now = this.#options.clock.now();
    for (const inbound of this.#gate.read(frame, now)) {
      if ('message' in inbound) this.#handle(inbound.message, now);
      else this.#refuse(inbound.refused, inbound.text, inbound.id);
    }
    this.flush();
  }

  /** A binary frame: this subprotocol has none. */
  receiveBinary(): void {
    this.#refuse('badRequest', 'frame: binary frames are not part of tapedeck.v1.json');
    this.flush();
  }

  deliver(channel: number, text: string, kind: DeliveryKind): void {
    if (!this.#open) return;
    if (kind === 'book') {
      if (this.#owedSnapshot.has(channel)) return;
      if (this.#options.socket.bufferedAmount >= SKIP_BYTES) {
        this.#owedSnapshot.add(channel);
        this.#options.counters.skipped++;
        return;
      }
    }
    if (kind === 'snapshot') this.#owedSnapshot.delete(channel);
    this.#pending.push(text);
  }

  flush(): void {
    if (!this.#open) return;
    const { socket, counters, clock } = this.#options;
    if (socket.bufferedAmount > CLOSE_BYTES) {
      counters.slowClosed++;
      this.close('slowConsumer', `${socket.bufferedAmount} bytes not taken`);
      socket.terminate();
      return;
    }
    if (this.#owedSnapshot.size > 0 && socket.bufferedAmount < SKIP_BYTES) this.#payOwed();
    if (this.#pending.length === 0) return;
    const frame = this.#pending.join('\n');
    counters.frames++;
    counters.messages += this.#pending.length;
    counters.bytes += frame.length;
    this.#pending = [];
    this.#lastSentAt = clock.now();
    socket.send(frame);
  }

  /** Queues a message of this connection's own. */
  send(message: DownMessage): void {
    if (this.#open) this.#pending.push(JSON.stringify(message));
  }

  /** Says why, and ends it. */
  close(code: keyof typeof CLOSE_CODES, reason: string): void {
    if (!this.#open) return;
    this.flush();
    this.closed();
    this.#options.socket.close(CLOSE_CODES[code], Buffer.from(reason).subarray(0, 123).toString());
  }

  /** The socket is gone. Idempotent. */
  closed(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const cancel of this.#cancels) cancel();
    for (const channel of this.#channels.values()) this.#options.hub.remove(channel, this);
    this.#channels.clear();
    this.#pending = [];
  }

  #handle(message: UpMessage, now: EpochMs): void {
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message, now);
        break;
      case 'unsubscribe':
        this.#unsubscribe(message.id, message.channels);
        break;
      case 'resync':
        this.#resync(message.id, message.channels, now);
        break;
      case 'ack':
        this.#lagMs = Math.max(0, now - message.at);
        break;
      case 'ping':
        this.send({ type: 'pong', ...idOf(message.id), now });
        break;
      case 'replay': {
        const { command } = this.#options;
        const refusal =
          command === undefined
            ? `command: "${message.command}" needs a replay connection`
            : command(message);
        if (refusal !== undefined) this.#error('badReplayCommand', refusal, message.id);
        break;
      }
    }
  }

  #subscribe(message: SubscribeMessage, now: EpochMs): void {
    const joined: { readonly channel: StreamChannel; readonly since: Since | undefined }[] = [];
    for (const name of message.channels) {
      const channel = this.#join(name, message.id);
      if (channel !== undefined) joined.push({ channel, since: message.since?.[name] });
    }
    if (joined.length === 0) return;
    this.send({
      type: 'subscribed',
      ...idOf(message.id),
      channels: joined.map(({ channel, since }) => {
        const { symbol, tickSize, lotSize } = channel.market.instrument;
        return {
          name: channel.name,
          channel: channel.id,
          instrument: { symbol, tickSize, lotSize },
          ...channel.resume(since),
        };
      }),
    });
    for (const { channel, since } of joined) this.#welcome(channel, now, since, message.id);
  }

  /** Follows one channel; an error says why it could not. */
  #join(name: string, id: number | undefined): StreamChannel | undefined {
    const parsed = parseChannel(name);
    if (typeof parsed === 'string') {
      this.#error('unknown', parsed, id);
      return undefined;
    }
    const { hub, limits } = this.#options;
    if (this.#channels.size >= limits.channels) {
      this.#refuse('channelLimit', `channels: more than ${limits.channels} at ${name}`, id);
      return undefined;
    }
    const channel = hub.channel(parsed);
    if (channel === undefined) {
      this.#error('unknown', `unknown symbol ${parsed.symbol}`, id);
      return undefined;
    }
    if (this.#channels.has(channel.id)) {
      this.#error('alreadySubscribed', `already subscribed to ${name}`, id);
      return undefined;
    }
    this.#channels.set(channel.id, channel);
    hub.add(channel, this);
    return channel;
  }

  /** P7: the first full value, or error 120 and the value when there is one. */
  #welcome(
    channel: StreamChannel,
    now: EpochMs,
    since: Since | undefined,
    id: number | undefined,
  ): void {
    if (!channel.ready) {
      this.#error('notReady', `${channel.name} is not ready, a snapshot follows`, id);
      return;
    }
    this.#owedSnapshot.delete(channel.id);
    for (const message of channel.welcome(now, since)) this.send(message);
    const { market } = channel;
    if (market.state !== 'ok') {
      this.send({
        type: 'channel-state',
        channel: channel.id,
        state: market.state,
        since: market.since,
        reason: market.reason,
      });
    }
  }

  #unsubscribe(id: number | undefined, ids: readonly number[]): void {
    const left: number[] = [];
    for (const each of ids) {
      const channel = this.#channels.get(each);
      if (channel === undefined) {
        this.#error('unknown', `channels: not subscribed to channel ${each}`, id);
        continue;
      }
      this.#channels.delete(each);
      this.#owedSnapshot.delete(each);
      this.#options.hub.remove(channel, this);
      left.push(each);
    }
    if (left.length > 0) this.send({ type: 'unsubscribed', ...idOf(id), channels: left });
  }

  #resync(id: number | undefined, ids: readonly number[], now: EpochMs): void {
    for (const each of ids) {
      const channel = this.#channels.get(each);
      if (channel === undefined) {
        this.#error('unknown', `channels: not subscribed to channel ${each}`, id);
        continue;
      }
      this.#options.counters.resyncs++;
      this.#options.onResync?.(channel.market.symbol);
      this.#welcome(channel, now, undefined, id);
    }
  }

  /** P20: proof of life, and of quiet: the last sequence of every channel. */
  #beat(): void {
    this.#offences = Math.max(0, this.#offences - 1);
    const now = this.#options.clock.now();
    const idle = now - this.#lastSentAt >= HEARTBEAT_MS;
    if (!idle && !this.#owesQuietProof(now)) {
      this.flush();
      return;
    }
    this.#lastQuietProofAt = now;
    const last: Record<string, number> = {};
    const digests: Record<string, number> = {};
    for (const channel of this.#channels.values()) {
      // What this client is owed is no loss.
      if (this.#owedSnapshot.has(channel.id)) continue;
      last[channel.id] = channel.lastSequence;
      const { digest } = channel;
      if (digest !== undefined) digests[channel.id] = digest;
    }
    this.send({ type: 'heartbeat', now, last, digests });
    this.flush();
  }

  #owesQuietProof(now: EpochMs): boolean {
    if (now - this.#lastQuietProofAt < QUIET_PROOF_MS) return false;
    for (const channel of this.#channels.values()) {
      if (now - channel.lastSentAt >= QUIET_PROOF_MS) return true;
    }
    return false;
  }

  #payOwed(): void {
    const now = this.#options.clock.now();
    for (const id of this.#owedSnapshot) {
      const channel = this.#channels.get(id);
      if (channel?.ready === true) {
        for (const message of channel.welcome(now, undefined)) this.send(message);
      }
    }
    this.#owedSnapshot.clear();
  }

  /** An error for breaking a rule of the house: forgiven for a while, then the connection ends (P23). */
  #refuse(name: ErrorName, message: string, id?: number): void {
    this.#options.counters.refused++;
    this.#error(name, message, id);
    this.#offences++;
    if (this.#offences <= PATIENCE) return;
    const code =
      name === 'tooManyRequests'
        ? 'rateAbuse'
        : name === 'channelLimit'
          ? 'channelLimit'
          : 'badRequest';
    this.close(code, message);
  }

  #error(name: ErrorName, message: string, id?: number): void {
    const { code, temporary } = ERRORS[name];
    this.send({ type: 'error', ...idOf(id), code, message, temporary });
  }
}

function idOf(id: number | undefined): { readonly id?: number } {
  return id === undefined ? {} : { id };
}
