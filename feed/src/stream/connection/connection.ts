/*
 * One client connection: what it sent, what it follows, what it is owed. Everything it can grow is bounded: inbound
 * messages by a token bucket, channels by a count, outbound bytes by flow control (P22, P23). It does not depend on
 * Hono or ws: the gateway gives it a `Socket`.
 */
import {
  type Cancel,
  type Clock,
  LONG_AGO,
  type Moment,
  momentOf,
  type MonotonicMs,
} from '@tapedeck/market/time/clock';
import { CLOSE_CODES, MAX_CLOSE_REASON_BYTES } from '@tapedeck/market/wire/close-code';
import { boundedMessage } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { type ErrorName, ERRORS } from '@tapedeck/market/wire/error-code';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';
import type { ResyncReason, UpMessage } from '@tapedeck/market/wire/up';
import { PROTOCOL_VERSION } from '@tapedeck/market/wire/version';

import type { Subscriber } from '../channel/subscriber.ts';
import {
  BREACHES,
  CLOSE_GRACE_MS,
  HEARTBEAT_MS,
  type Limits,
  PATIENCE,
  QUIET_PROOF_MS,
} from '../frame/limits.ts';
import type { Parcel } from '../frame/parcel.ts';
import type { Socket } from '../frame/socket.ts';
import type { WireForm } from '../frame/wire-form.ts';
import type { StreamHub } from '../hub/stream-hub.ts';
import type { FlowLevel } from './flow-level.ts';
import { InboundGate } from './inbound-gate.ts';
import { Outbox } from './outbox.ts';
import type { StreamCounters } from './stream-counters.ts';
import { Subscriptions } from './subscriptions.ts';

export type ConnectionOptions = {
  readonly id: string;
  /** Sent in `hello` if the client sends its messages as requests (P31a); undefined on a WebSocket. */
  readonly key?: string | undefined;
  readonly socket: Socket;
  /** How messages become bytes for this client. */
  readonly form: WireForm;
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly counters: StreamCounters;
  readonly epoch: string;
  readonly build: string;
  readonly mode: 'live' | 'replay';
  /** Called for every resync that the client requests. */
  readonly onResync?: ((symbol: string, reason: ResyncReason | undefined) => void) | undefined;
  /** Called with the age of the newest frame that the client acknowledges. */
  readonly onAck?: ((lagMs: number) => void) | undefined;
  /** Carries out a replay command; returns the reason if it failed (error 130). */
  readonly command?: ((command: ReplayCommand) => string | undefined) | undefined;
};

const BEAT_MS = 1_000;

export class Connection implements Subscriber {
  readonly #options: ConnectionOptions;
  readonly #subscriptions: Subscriptions;
  readonly #outbox: Outbox;
  readonly #gate: InboundGate;
  readonly #cancels: Cancel[] = [];
  #lastQuietProofAt = LONG_AGO;
  #lagMs: number | undefined;
  #offences = 0;
  #breaches = 0;
  #open = true;
  #command: ConnectionOptions['command'];

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, form, hub, clock, counters, limits } = options;
    this.#gate = new InboundGate(limits, clock.monotonic());
    this.#outbox = new Outbox({
      socket,
      form,
      clock,
      counters,
      channel: (id) => this.#subscriptions.get(id),
      onTooSlow: (why) => this.#endSlow(why),
    });
    this.#subscriptions = new Subscriptions({
      hub,
      subscriber: this,
      outbox: this.#outbox,
      maxChannels: limits.channels,
      onError: (...error) => this.#error(...error),
      onBreach: (...error) => this.#refuse(...error),
    });
    this.#command = options.command;
    this.#greet(options);
    this.flush();
    this.#cancels.push(
      clock.after(limits.firstSubscribeMs, () => {
        if (!this.#subscriptions.hasJoined)
          this.close('noSubscribe', `no subscribe within ${limits.firstSubscribeMs} ms`);
      }),
      clock.every(BEAT_MS, () => this.#beat()),
    );
  }

  get form(): WireForm {
    return this.#options.form;
  }
  get channelCount(): number {
    return this.#subscriptions.size;
  }
  get bufferedBytes(): number {
    return this.#open ? this.#options.socket.bufferedAmount : 0;
  }
  /** Flow level (P22). */
  get level(): FlowLevel {
    return this.#outbox.level;
  }
  /** Age of the newest frame at its acknowledgement; undefined before the first ack. */
  get lagMs(): number | undefined {
    return this.#lagMs;
  }

  /** As sent in `hello`. */
  get id(): string {
    return this.#options.id;
  }

  /**
   * Switches from its replay to the live market on the same socket (P25a): a new `hello`, then each channel from its
   * start. Nothing of the replay follows the `hello`.
   */
  goLive(world: { readonly hub: StreamHub; readonly epoch: string }): void {
    if (!this.#open) return;
    this.#command = undefined;
    this.#greet({ epoch: world.epoch, mode: 'live' });
    this.#subscriptions.moveTo(world.hub, momentOf(this.#options.clock));
    this.flush();
  }

  #greet({ epoch, mode }: Pick<ConnectionOptions, 'epoch' | 'mode'>): void {
    const { id, key, clock, build, limits } = this.#options;
    this.send({
      type: 'hello',
      version: PROTOCOL_VERSION,
      epoch,
      connection: id,
      ...(key === undefined ? {} : { key }),
      now: clock.now(),
      heartbeatMs: HEARTBEAT_MS,
      mode,
      build,
      limits: {
        messagesPerSecond: limits.messagesPerSecond,
        channels: limits.channels,
        frameBytes: limits.frameBytes,
      },
    });
  }

  /** One text frame. */
  receive(frame: string): void {
    if (!this.#open) return;
    const now = momentOf(this.#options.clock);
    let offence: readonly [name: ErrorName, message: string] | undefined;
    for (const inbound of this.#gate.read(frame, now.at)) {
      if (!this.#open) return;
      if ('message' in inbound) {
        this.#handle(inbound.message, now);
        continue;
      }
      this.#deny(inbound.refused, inbound.text, inbound.id);
      offence = [inbound.refused, inbound.text];
    }
    // One error for the whole frame: its sender has seen none of them yet.
    if (offence !== undefined) this.#offend(...offence);
    this.flush();
  }

  /** A binary frame: no subprotocol has any from clients. */
  receiveBinary(): void {
    const { subprotocol } = this.#options.form;
    this.#refuse('badRequest', `frame: binary frames are not part of ${subprotocol}`, undefined);
    this.flush();
  }

  take(parcel: Parcel, now: Moment): void {
    if (this.#open) this.#outbox.take(parcel, now);
  }

  flush(): void {
    if (this.#open) this.#outbox.flush();
  }

  /** Queues a message of the connection's own. */
  send(message: DownMessage): void {
    if (this.#open) this.#outbox.send(message);
  }

  /** Sends the reason and closes the connection. */
  close(code: keyof typeof CLOSE_CODES, reason: string): void {
    if (!this.#open) return;
    this.#outbox.write(momentOf(this.#options.clock));
    this.closed();
    const text = Buffer.from(reason).subarray(0, MAX_CLOSE_REASON_BYTES).toString();
    this.#options.socket.close(CLOSE_CODES[code], text);
  }

  /** The socket is gone. Idempotent. */
  closed(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const cancel of this.#cancels) cancel();
    this.#subscriptions.clear();
    this.#outbox.clear();
  }

  /** A client that does not read will not read the close frame either: the socket ends soon regardless. */
  #endSlow(why: string): void {
    const { clock, socket } = this.#options;
    this.#outbox.clear();
    this.close('slowConsumer', why);
    clock.after(CLOSE_GRACE_MS, () => socket.terminate());
  }

  #handle(message: UpMessage, now: Moment): void {
    switch (message.type) {
      case 'subscribe':
        this.#subscriptions.subscribe(message, now);
        break;
      case 'unsubscribe':
        this.#subscriptions.unsubscribe(message.id, message.channels);
        break;
      case 'resync':
        for (const symbol of this.#subscriptions.resync(message.id, message.channels, now)) {
          this.#options.counters.resyncs++;
          this.#options.onResync?.(symbol, message.reason);
        }
        break;
      case 'ack':
        this.#outbox.acked(message.at);
        this.#lagMs = Math.max(0, now.wall - message.at);
        this.#options.onAck?.(this.#lagMs);
        break;
      case 'ping':
        this.send({ type: 'pong', ...idOf(message.id), now: now.wall });
        break;
      case 'replay': {
        const refusal =
          this.#command === undefined
            ? `command: "${message.command}" needs a replay connection`
            : this.#command(message);
        if (refusal !== undefined) this.#error('badReplayCommand', refusal, message.id);
        break;
      }
    }
  }

  /** Once a second: forgiveness, what a slow connection gets, and a heartbeat if one is due. */
  #beat(): void {
    this.#offences = Math.max(0, this.#offences - 1);
    const now = momentOf(this.#options.clock);
    this.#outbox.beat(now);
    if (!this.#open) return;
    const idle = now.at - this.#outbox.lastSentAt >= HEARTBEAT_MS;
    if (idle || this.#owesQuietProof(now.at)) this.#sendHeartbeat(now);
    this.flush();
  }

  /** P20: proof of life, and of silence: the last sequence of every channel. */
  #sendHeartbeat(now: Moment): void {
    this.#lastQuietProofAt = now.at;
    const last: Record<string, number> = {};
    const digests: Record<string, number> = {};
    const heard: Record<string, number> = {};
    for (const channel of this.#subscriptions.values()) {
      // What this client is owed, or is about to get, is not a loss.
      if (this.#outbox.owes(channel.id) || channel.isWaiting) continue;
      last[channel.id] = channel.lastSequence;
      const { digest } = channel;
      if (digest !== undefined) digests[channel.id] = digest;
      const heardMs = channel.market.heardMs(now.at);
      if (heardMs !== undefined) heard[channel.id] = heardMs;
    }
    this.send({ type: 'heartbeat', now: now.wall, last, digests, heard });
  }

  #owesQuietProof(now: MonotonicMs): boolean {
    if (now - this.#lastQuietProofAt < QUIET_PROOF_MS) return false;
    for (const channel of this.#subscriptions.values()) {
      if (now - channel.lastSentAt >= QUIET_PROOF_MS) return true;
    }
    return false;
  }

  /** An error for exceeding a limit: forgiven for a while, then the connection is closed (P23). */
  #refuse(name: ErrorName, message: string, id: number | undefined): void {
    this.#deny(name, message, id);
    this.#offend(name, message);
  }

  #deny(name: ErrorName, message: string, id: number | undefined): void {
    this.#options.counters.refused++;
    this.#error(name, message, id);
  }

  #offend(name: ErrorName, message: string): void {
    this.#offences++;
    if (name === 'channelLimit' || message.startsWith('frame: ')) this.#breaches++;
    if (this.#offences <= PATIENCE && this.#breaches <= BREACHES) return;
    const code =
      name === 'tooManyRequests'
        ? 'rateAbuse'
        : name === 'channelLimit'
          ? 'channelLimit'
          : 'badRequest';
    this.close(code, message);
  }

  #error(name: ErrorName, message: string, id: number | undefined): void {
    const { code, temporary } = ERRORS[name];
    this.send({ type: 'error', ...idOf(id), code, message: boundedMessage(message), temporary });
  }
}

function idOf(id: number | undefined): { readonly id?: number } {
  return id === undefined ? {} : { id };
}
