/*
 * One link to a venue: its subscribed streams, the serving socket, and the socket that replaces it. `link-machine.ts`
 * decides; this acts.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveStream } from '../../venue/live-venue.ts';
import { backOffMs } from './back-off.ts';
import {
  type VenueLinkAction,
  type VenueLinkEvent,
  type VenueLinkState,
  linkStep,
} from './machine/link-machine.ts';
import type { WireEnd, WireSocket } from './wire/wire.ts';

/** A socket that is silent for this long is pinged; without any frame for as long again it is dead. */
const SILENT_MS = 6_000;
const NO_PONG_MS = 6_000;
const OPEN_MS = 9_000;
/** A replacement that lacks a book after this is given up, and another one is tried later. */
const BRIDGE_MS = 30_000;
const MOVE_AGAIN_MS = 15_000;
/** So that a venue's sockets are not all replaced at once. */
const LIFE_JITTER = 0.1;

export type LinkHost = {
  readonly clock: Clock;
  readonly random: Random;
  readonly lifeMs: number;
  /** Opens a socket once the budget and any ban allow it. */
  readonly dial: (
    path: string,
    listener: {
      readonly opened: () => void;
      readonly message: (text: string) => void;
      readonly ponged: () => void;
      readonly ended: (end: WireEnd, isBan: boolean) => void;
    },
  ) => {
    readonly socket: () => WireSocket | undefined;
    /** When it will be dialled, if it waits for the budget or for the end of a ban. */
    readonly dueAt: () => EpochMs | undefined;
    readonly end: () => void;
  };
  readonly ping: (socket: WireSocket) => void;
  /** How often a busy socket is pinged, if the venue demands it. */
  readonly pingEveryMs: number | undefined;
  readonly hello: (socket: WireSocket) => void;
  readonly reply: (socket: WireSocket, text: string) => void;
  readonly subscribe: (socket: WireSocket, streams: readonly LiveStream[]) => void;
  readonly unsubscribe: (socket: WireSocket, streams: readonly LiveStream[]) => void;
  readonly banMs: () => number;
  readonly onUp: (link: VenueLink, streams: readonly LiveStream[]) => void;
  readonly onLost: (link: VenueLink, streams: readonly LiveStream[]) => void;
  /** A socket did not open or was lost; it is dialled again after `waitMs`. */
  readonly onFailed: (link: VenueLink, why: string, attempt: number, waitMs: number) => void;
  readonly onMessage: (
    link: VenueLink,
    socket: WireSocket,
    text: string,
    isReplacement: boolean,
  ) => void;
  readonly onBridge: (link: VenueLink) => void;
  readonly onAdopted: (link: VenueLink) => void;
  readonly onDropped: (link: VenueLink) => void;
  /** Every event with the state before it, and why it came: for the status. */
  readonly onStep: (
    link: VenueLink,
    from: VenueLinkState,
    event: VenueLinkEvent,
    why: string,
  ) => void;
};

type Line = {
  readonly dialled: ReturnType<LinkHost['dial']>;
  readonly since: MonotonicMs;
  isOpen: boolean;
  openedAt: MonotonicMs | undefined;
  heardAt: MonotonicMs;
  askedAt: MonotonicMs | undefined;
  pingedAt: MonotonicMs;
  endsAt: MonotonicMs;
};

export class VenueLink {
  readonly path: string;
  /** Unique among the links of one venue. */
  readonly id: number;
  readonly #host: LinkHost;
  readonly #streams = new Map<string, LiveStream>();
  #state: VenueLinkState = 'idle';
  /** The serving socket, or the one dialled to serve. `#next` is its replacement. */
  #line: Line | undefined;
  #next: Line | undefined;
  #timer: Cancel | undefined;
  #attempt = 0;
  #downSince: MonotonicMs | undefined;
  #bridgeFrom: MonotonicMs | undefined;
  #moveAt: MonotonicMs | undefined;
  #failures = 0;
  #nextAt: EpochMs | undefined;
  #why = '';

  constructor(path: string, id: number, host: LinkHost) {
    this.path = path;
    this.id = id;
    this.#host = host;
  }

  get state(): VenueLinkState {
    return this.#state;
  }
  get streams(): readonly LiveStream[] {
    return [...this.#streams.values()];
  }
  /** Failed attempts since it was last up. */
  get failures(): number {
    return this.#failures;
  }
  /** Time of the next attempt; undefined if it is under way, or none is needed. */
  get nextAttemptAt(): EpochMs | undefined {
    return this.#nextAt ?? (this.#state === 'dialling' ? this.#line?.dialled.dueAt() : undefined);
  }
  /** Why it is not up; undefined while it is, and before the first failure. */
  get trouble(): string | undefined {
    return this.isUp || this.#downSince === undefined ? undefined : this.#why;
  }
  /** How long the serving socket has been open; undefined while there is none. */
  get upMs(): number | undefined {
    const openedAt = this.isUp ? this.#line?.openedAt : undefined;
    return openedAt === undefined ? undefined : this.#host.clock.monotonic() - openedAt;
  }
  has(stream: LiveStream): boolean {
    return stream.path === this.path && this.#streams.has(keyOf(stream));
  }
  get isUp(): boolean {
    return this.#state === 'up' || this.#state === 'moving' || this.#state === 'bridging';
  }
  /** How long its replacement has been open; 0 if there is none. */
  get bridgingMs(): number {
    return this.#state === 'bridging' && this.#bridgeFrom !== undefined
      ? this.#host.clock.monotonic() - this.#bridgeFrom
      : 0;
  }

  add(streams: readonly LiveStream[]): void {
    const added = streams.filter(({ name, market }) => !this.#streams.has(`${name} ${market}`));
    for (const stream of added) this.#streams.set(keyOf(stream), stream);
    if (added.length === 0) return;
    if (this.isUp) {
      this.#host.onUp(this, added);
      this.#onBoth((socket) => this.#host.subscribe(socket, added));
    } else this.event('wanted');
  }

  remove(streams: readonly LiveStream[]): void {
    const gone = streams.filter((stream) => this.#streams.delete(keyOf(stream)));
    if (gone.length === 0) return;
    if (this.#streams.size === 0) this.event('unwanted');
    else this.#onBoth((socket) => this.#host.unsubscribe(socket, gone));
  }

  /** On the serving socket, so that the stream starts with a snapshot again. */
  resubscribe(stream: LiveStream): void {
    const socket = this.#line?.dialled.socket();
    if (socket === undefined || !this.isUp) return;
    this.#host.unsubscribe(socket, [stream]);
    this.#host.subscribe(socket, [stream]);
  }

  /** Answers a frame on the socket that it came from. */
  reply(text: string, isReplacement: boolean): void {
    const socket = (isReplacement ? this.#next : this.#line)?.dialled.socket();
    if (socket !== undefined) this.#host.reply(socket, text);
  }

  /** The socket must be replaced. */
  move(why: string): void {
    this.#why = why;
    this.event('move');
  }

  bridged(): void {
    this.event('bridged');
  }

  /** The replacement lacks a frame: it is given up, and another one is tried later. */
  dropReplacement(): void {
    if (this.#state === 'bridging') this.event('failed');
  }

  close(): void {
    this.#streams.clear();
    this.event('unwanted');
  }

  /** To be called a few times a second. */
  tick(): void {
    const now = this.#host.clock.monotonic();
    this.#watch(this.#line, now, () => this.#ended(this.#line, NO_PONG, false));
    this.#watch(this.#next, now, () => this.#ended(this.#next, NO_PONG, false));
    if (this.#state === 'bridging' && now - (this.#bridgeFrom ?? now) > BRIDGE_MS) this.#late();
    const isOver = this.#line !== undefined && now >= this.#line.endsAt;
    const isDue = this.#moveAt !== undefined && now >= this.#moveAt;
    if (this.#state === 'up' && (isOver || isDue))
      this.move(isOver ? 'the socket reaches its maximum age' : 'the next try is due');
  }

  event(event: VenueLinkEvent): void {
    const { state, actions } = linkStep(this.#state, event);
    this.#host.onStep(this, this.#state, event, this.#why);
    this.#state = state;
    for (const action of actions) this.#act(action);
  }

  #act(action: VenueLinkAction): void {
    const { clock, random } = this.#host;
    const now = clock.monotonic();
    switch (action) {
      case 'dial':
        if (this.#state === 'moving') this.#next = this.#dial();
        else this.#line = this.#dial();
        return;
      case 'wait':
      case 'wait-for-ban':
        return this.#wait(action === 'wait-for-ban');
      case 'serve':
        this.#attempt = 0;
        this.#failures = 0;
        this.#downSince = undefined;
        return this.#subscribe(this.#line, (streams) => this.#host.onUp(this, streams));
      case 'bridge':
        this.#bridgeFrom = now;
        return this.#subscribe(this.#next, () => this.#host.onBridge(this));
      case 'adopt':
        this.#line?.dialled.end();
        this.#line = this.#next;
        this.#next = undefined;
        this.#moveAt = undefined;
        return this.#host.onAdopted(this);
      case 'drop-replacement':
        this.#next?.dialled.end();
        this.#next = undefined;
        return this.#host.onDropped(this);
      case 'move-later':
        this.#next = undefined;
        this.#moveAt = later(now, MOVE_AGAIN_MS * (1 + random.next()));
        return;
      case 'tell-lost':
        this.#line?.dialled.end();
        this.#line = this.#state === 'dialling' ? this.#next : undefined;
        if (this.#state === 'dialling') this.#next = undefined;
        return this.#host.onLost(this, this.streams);
      case 'close':
        this.#end();
    }
  }

  #wait(isBan: boolean): void {
    const { clock, random, banMs } = this.#host;
    const now = clock.monotonic();
    this.#attempt++;
    this.#downSince ??= now;
    const ms = isBan
      ? banMs() + backOffMs(1, 0, random)
      : backOffMs(this.#attempt, now - this.#downSince, random);
    this.#timer?.();
    this.#nextAt = clock.now() + ms;
    this.#timer = clock.after(ms, () => {
      this.#nextAt = undefined;
      this.event('due');
    });
    this.#host.onFailed(this, this.#why, this.#attempt, ms);
  }

  #late(): void {
    this.#why = 'the new socket lacks a book';
    this.event('late');
  }

  #end(): void {
    this.#timer?.();
    this.#nextAt = undefined;
    for (const line of [this.#line, this.#next]) line?.dialled.end();
    this.#line = undefined;
    this.#next = undefined;
    this.#attempt = 0;
    this.#downSince = undefined;
  }

  #dial(): Line {
    const { clock, random, lifeMs, dial } = this.#host;
    const now = clock.monotonic();
    const line: Line = {
      dialled: dial(this.path, {
        opened: () => {
          line.isOpen = true;
          line.heardAt = clock.monotonic();
          line.pingedAt = line.heardAt;
          line.openedAt = line.heardAt;
          line.endsAt = later(line.heardAt, lifeMs * (1 - LIFE_JITTER * random.next()));
          this.event('opened');
        },
        message: (text) => {
          this.#heard(line);
          const socket = line.dialled.socket();
          if (socket !== undefined) this.#host.onMessage(this, socket, text, line === this.#next);
        },
        ponged: () => this.#heard(line),
        ended: (end, isBan) => this.#ended(line, end, isBan),
      }),
      since: now,
      isOpen: false,
      openedAt: undefined,
      heardAt: now,
      askedAt: undefined,
      pingedAt: now,
      endsAt: later(now, lifeMs),
    };
    return line;
  }

  #heard(line: Line): void {
    line.heardAt = this.#host.clock.monotonic();
    line.askedAt = undefined;
  }

  #ended(line: Line | undefined, end: WireEnd, isBan: boolean): void {
    if (line === undefined || (line !== this.#line && line !== this.#next)) return;
    this.#why = end.detail;
    line.dialled.end();
    if (line === this.#line && line.isOpen) this.event('lost');
    else {
      if (line === this.#line) this.#failures++;
      this.event(isBan ? 'banned' : 'failed');
    }
  }

  #watch(line: Line | undefined, now: MonotonicMs, dead: () => void): void {
    const socket = line?.dialled.socket();
    if (line === undefined || socket === undefined) return;
    if (!line.isOpen) {
      if (now - line.since > OPEN_MS) dead();
      return;
    }
    const { pingEveryMs = Infinity } = this.#host;
    if (line.askedAt !== undefined) {
      if (now - line.askedAt > NO_PONG_MS) dead();
    } else if (now - line.heardAt > SILENT_MS && this.#host.banMs() === 0) {
      line.askedAt = now;
      line.pingedAt = now;
      this.#host.ping(socket);
    } else if (now - line.pingedAt >= pingEveryMs) {
      line.pingedAt = now;
      this.#host.ping(socket);
    }
  }

  #subscribe(line: Line | undefined, then: (streams: readonly LiveStream[]) => void): void {
    const socket = line?.dialled.socket();
    if (socket === undefined) return;
    const { streams } = this;
    // Before subscribing, so that data that arrives at once is expected.
    then(streams);
    this.#host.hello(socket);
    this.#host.subscribe(socket, streams);
  }

  #onBoth(work: (socket: WireSocket) => void): void {
    for (const line of [this.#line, this.#next]) {
      const socket = line?.isOpen === true ? line.dialled.socket() : undefined;
      if (socket !== undefined) work(socket);
    }
  }
}

const NO_PONG: WireEnd = { detail: 'the socket is silent and answers no ping' };

function keyOf({ name, market }: LiveStream): string {
  return `${name} ${market}`;
}
