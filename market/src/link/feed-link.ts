/*
 * A client of the feed: one socket kept open by `link-state.ts` over a transport from `link-transports.ts`, the
 * channels of `link-channels.ts`, acks and pings. Sockets, clock and randomness are injected, so that the dashboard's
 * worker, the CLI and tests run the same code.
 */
import type { Random } from '../number/random.ts';
import { type Cancel, type Clock, LONG_AGO, type MonotonicMs, momentOf } from '../time/clock.ts';
import type { WireFrame } from '../wire/codec/wire-frame.ts';
import type { DownMessage } from '../wire/down.ts';
import type { ReplayCommand } from '../wire/replay.ts';
import type { UpInput } from '../wire/up.ts';
import { ClockOffset } from './clock-offset.ts';
import type { LinkChannel } from './link-channel.ts';
import { LinkChannels } from './link-channels.ts';
import type { LinkListener } from './link-listener.ts';
import { IDLE, JUMP_MS, type LinkEvent, type LinkState, stepLink } from './link-state.ts';
import { type Fallback, LinkTransports } from './link-transports.ts';
import type { Dial, LinkSocket, SocketEvents } from './transport/link-socket.ts';
import type { Transport } from './transport/transport-state.ts';

/** Tick period of the state machine; acks are sent at most this often (P22). */
const TICK_MS = 1_000;
/** Period of round trip and clock offset measurements; the first few are sent faster. */
const PROBE_MS = 5_000;
const FIRST_PROBES = 3;
/** A larger difference between wall and monotonic time from tick to tick is a clock step; slewing stays below it. */
const STEP_MS = 50;

/** Decodes a frame. @throws when any part is invalid; the whole frame is then lost. */
type Decode = (frame: WireFrame) => readonly DownMessage[];

export type FeedLinkOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** Opens a WebSocket. */
  readonly dial: Dial;
  /** Transports to use where WebSockets are blocked; without it, the link uses only WebSockets. */
  readonly fallback?: Fallback | undefined;
  readonly decode: Decode;
  /** Set if the owner calls `hint` within about a second of the feed's return. */
  readonly isHinted?: boolean | undefined;
  readonly listener: LinkListener;
};

export class FeedLink {
  readonly #options: FeedLinkOptions;
  readonly #channels: LinkChannels;
  readonly #transports: LinkTransports;
  readonly #offset = new ClockOffset();
  /** Pending pings: id to time of sending. */
  readonly #pings = new Map<number, MonotonicMs>();
  #state: LinkState = IDLE;
  #socket: LinkSocket | undefined;
  #transport: Transport = 'websocket';
  /** Counts sockets, to ignore late events of a dropped one. */
  #generation = 0;
  #lastId = 0;
  #stopTicking: Cancel | undefined;
  #epoch: string | undefined;
  #ackedSendTime = 0;
  /** Wall time minus monotonic time at the last tick. */
  #wallMinusAt = 0;
  #probedAt = LONG_AGO;
  #probes = 0;

  constructor(options: FeedLinkOptions) {
    this.#options = options;
    const { clock, random, listener } = options;
    this.#transports = new LinkTransports({
      clock,
      websocket: options.dial,
      fallback: options.fallback,
      onBetter: (transport, take) => this.#move(transport, take),
    });
    this.#channels = new LinkChannels({
      clock,
      random,
      listener,
      send: (message) => this.#send(message),
      nextId: () => ++this.#lastId,
      giveUp: (reason) => {
        this.#drop();
        this.#step({ type: 'failed', reason });
      },
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The transport in use, or last used (P32c). */
  get transport(): Transport {
    return this.#transport;
  }

  /** Feed's clock minus ours, ms. */
  get offsetMs(): number | undefined {
    return this.#offset.offsetMs;
  }

  get roundTripMs(): number | undefined {
    return this.#offset.roundTripMs;
  }

  /** Epoch of the feed process, from the last `hello`. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** Epoch of a symbol's streams, if known (P13). */
  epochOf(symbol: string): string | undefined {
    return this.#channels.epochOf(symbol);
  }

  /** Number of resyncs since the link was created. */
  get resyncs(): number {
    return this.#channels.resyncs;
  }

  get channels(): Iterable<LinkChannel> {
    return this.#channels.values();
  }

  start(): void {
    const { wall, at } = momentOf(this.#options.clock);
    this.#wallMinusAt = wall - at;
    this.#stopTicking ??= this.#options.clock.every(TICK_MS, () => this.#tick());
    this.#step({ type: 'start' });
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#transports.stop();
    this.#step({ type: 'stop' });
  }

  /** Reconnects without waiting for the backoff; pings a link that is open. */
  retry(): void {
    this.#transports.retry();
    this.#step({ type: 'retry' });
  }

  /** Another request reached the feed: shortens the backoff. */
  hint(): void {
    this.#step({ type: 'hint' });
  }

  /** Subscribes to a channel until `unsubscribe`. @throws for an invalid name, which is a bug of the caller. */
  subscribe(name: string): LinkChannel {
    return this.#channels.add(name);
  }

  unsubscribe(name: string): void {
    this.#channels.remove(name);
  }

  /** Sends a replay command and returns its id, which `replay-state` or `error` repeats; undefined if not open. */
  replay(command: ReplayCommand): number | undefined {
    const id = ++this.#lastId;
    return this.#send({ ...command, id }) ? id : undefined;
  }

  #step(event: LinkEvent): void {
    const before = this.#state;
    const now = this.#options.clock.monotonic();
    const { random, isHinted = false } = this.#options;
    const { state, actions } = stepLink(before, event, now, { random, isHinted });
    this.#state = state;
    if (before.kind === 'open' && state.kind !== 'open') this.#cut();
    for (const action of actions) {
      if (action === 'dial') this.#open();
      else if (action === 'drop') this.#drop();
      else this.#ping();
    }
    const isNews = state.kind !== before.kind || event.type === 'hint';
    if (!isNews) return;
    const hasOpened = state.kind === 'open' && before.kind !== 'open';
    if (hasOpened) this.#listenOn(this.#transports.current);
    // The tick is too coarse for the first, short delays.
    if (state.kind === 'waiting')
      this.#options.clock.after(state.retryAt - now, () => this.#step({ type: 'tick' }));
    this.#options.listener.onState(state);
    if (hasOpened) this.#channels.opened();
  }

  #open(): void {
    this.#drop();
    this.#socket = this.#transports.dial(this.#events());
  }

  /** Events of the socket of this generation; events of dropped sockets are ignored. */
  #events(): SocketEvents {
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation;
    return {
      opened: () => isCurrent() && this.#step({ type: 'opened' }),
      frame: (frame) => isCurrent() && this.#frame(frame),
      closed: (code, reason) => isCurrent() && this.#step({ type: 'closed', code, reason }),
      failed: (reason) => isCurrent() && this.#step({ type: 'failed', reason }),
    };
  }

  /** A better transport is open: it takes over without a gap, or reopens a link that was just cut. */
  #move(transport: Transport, take: Dial): void {
    this.#drop();
    this.#socket = take(this.#events());
    const { kind } = this.#state;
    if (kind === 'idle' || kind === 'closed') this.#drop();
    else if (kind !== 'open') this.#step({ type: 'moved' });
    else {
      this.#step({ type: 'moved' });
      this.#pings.clear();
      this.#ackedSendTime = 0;
      this.#listenOn(transport);
      this.#channels.moved();
    }
  }

  #listenOn(transport: Transport): void {
    this.#transport = transport;
    this.#probes = 0;
    this.#options.listener.onTransport?.(transport);
  }

  #drop(): void {
    this.#generation++;
    this.#socket?.drop();
    this.#socket = undefined;
  }

  #cut(): void {
    this.#pings.clear();
    this.#ackedSendTime = 0;
    this.#channels.cut();
  }

  #tick(): void {
    const { wall, at: now } = momentOf(this.#options.clock);
    const jumpMs = Math.abs(wall - now - this.#wallMinusAt);
    this.#wallMinusAt = wall - now;
    if (jumpMs > STEP_MS) {
      // Measure the clock offset again at once.
      this.#offset.forget();
      this.#probes = 0;
    }
    this.#step({ type: jumpMs > JUMP_MS ? 'jumped' : 'tick' });
    this.#transports.tick(now, this.#state.kind === 'open');
    if (this.#state.kind !== 'open') return;
    const { newestSendTime } = this.#channels;
    if (newestSendTime !== this.#ackedSendTime) {
      this.#ackedSendTime = newestSendTime;
      this.#send({ type: 'ack', at: newestSendTime });
    }
    if (this.#probes < FIRST_PROBES || now - this.#probedAt >= PROBE_MS) this.#ping();
    this.#channels.tick(now);
  }

  #ping(): void {
    const id = ++this.#lastId;
    this.#probedAt = this.#options.clock.monotonic();
    this.#probes++;
    // A ping whose pong never arrives must not stay in the map.
    if (this.#pings.size > FIRST_PROBES) this.#pings.clear();
    this.#pings.set(id, this.#probedAt);
    this.#send({ type: 'ping', id });
  }

  #send(message: UpInput): boolean {
    if (this.#socket === undefined || this.#state.kind !== 'open') return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #frame(frame: WireFrame): void {
    const now = this.#options.clock.monotonic();
    this.#step({ type: 'frame' });
    const { listener } = this.#options;
    let messages: readonly DownMessage[];
    try {
      messages = this.#options.decode(frame);
    } catch (error) {
      listener.onLostFrame(error);
      this.#channels.loseFrame();
      return;
    }
    listener.onFrame(frame.length, messages.length, now);
    for (const message of messages) this.#take(message, now);
  }

  #take(message: DownMessage, now: MonotonicMs): void {
    if (this.#channels.take(message, now)) return;
    if (message.type === 'hello') {
      this.#epoch = message.epoch;
      this.#offset.hear(message.now, this.#options.clock.now());
      this.#options.listener.onHello(message);
      return;
    }
    const { clock } = this.#options;
    if (message.type === 'heartbeat') this.#offset.hear(message.now, clock.now());
    if (message.type === 'pong' && message.id !== undefined) {
      const sentAt = this.#pings.get(message.id);
      this.#pings.delete(message.id);
      if (sentAt !== undefined) this.#offset.answer(message.now, sentAt, now, clock.now());
    }
    this.#options.listener.onMessage(message);
  }
}
