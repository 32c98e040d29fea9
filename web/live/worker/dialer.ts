/*
 * Opens the link's socket by whichever address answers: the feed's own first, the page's own origin if that fails or
 * takes too long. The first to get a welcome wins and the other is dropped. What worked is preferred for a while;
 * then the feed's own address is tried first again.
 */
import type { Dial, LinkSocket, SocketEvents } from '@tapedeck/market/link/transport/link-socket';
import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';
import { beginsWithHello } from '@tapedeck/market/wire/codec/wire-frame';

import {
  DIRECT_PATIENCE_MS,
  type FeedAddresses,
  type LinkReport,
  SAME_ORIGIN_PREFERENCE_MS,
} from '../model/deck-port.ts';

type Via = LinkReport['via'];

/** Opens a socket to a URL. */
export type OpenSocket = (url: string, events: SocketEvents) => LinkSocket;

export type DialerOptions = {
  readonly clock: Clock;
  readonly openSocket: OpenSocket;
  readonly addresses: FeedAddresses;
  readonly preferSameOrigin: boolean;
  readonly token: string | undefined;
  readonly replayId: string | undefined;
};

export class Dialer {
  readonly #options: DialerOptions;
  #via: Via;
  #preferSince: MonotonicMs;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#via =
      options.addresses.direct === undefined || options.preferSameOrigin ? 'same-origin' : 'direct';
    this.#preferSince = options.clock.monotonic();
  }

  /** The address used last, or to be tried first. */
  get via(): Via {
    return this.#via;
  }

  /** Origins at which the feed may answer. */
  get origins(): readonly string[] {
    const { direct, sameOrigin } = this.#options.addresses;
    return direct === undefined ? [sameOrigin] : [direct, sameOrigin];
  }

  /** The origin used last, or to be tried first. */
  get origin(): string {
    return this.#origin(this.#via);
  }

  /** The token of all requests. */
  get token(): string | undefined {
    return this.#options.token;
  }

  /** Dials WebSockets. */
  readonly dial: Dial = (events) =>
    this.#race(
      this.#options.openSocket,
      (origin) => this.#address('/v1/stream', origin.replace(/^http/, 'ws')),
      events,
    );

  /** Dials the streams of P31. */
  stream(open: OpenSocket): Dial {
    return (events) =>
      this.#race(open, (origin) => this.#address('/v1/stream/sse', origin), events);
  }

  /** Polls (P32): its requests are below this address. */
  polled(open: OpenSocket): Dial {
    return (events) =>
      this.#race(open, (origin) => this.#address('/', origin).replace(/\/(?=$|\?)/, ''), events);
  }

  #race(open: OpenSocket, urlOf: (origin: string) => string, events: SocketEvents): LinkSocket {
    const candidates = this.#candidates();
    const sockets = new Map<Via, LinkSocket>();
    let winner: LinkSocket | undefined;
    let next = 0;
    let failures = 0;
    let isDropped = false;
    let cancelNext: Cancel = () => {};

    const tryNext = (): void => {
      cancelNext();
      const via = candidates[next++];
      if (via === undefined || isDropped || winner !== undefined) return;
      sockets.set(
        via,
        open(urlOf(this.#origin(via)), {
          // An open socket is not a welcome yet: the feed refuses an origin only after the upgrade (P24).
          opened: () => {},
          frame: (frame) => {
            if (winner === undefined && beginsWithHello(frame)) {
              winner = sockets.get(via);
              cancelNext();
              for (const [other, socket] of sockets) if (other !== via) socket.drop();
              this.#prefer(via);
              events.opened();
            }
            if (winner !== undefined && winner === sockets.get(via)) events.frame(frame);
          },
          closed: (code, reason) => end(via, () => events.closed(code, reason)),
          failed: (reason) => end(via, () => events.failed(reason)),
        }),
      );
      if (next < candidates.length)
        cancelNext = this.#options.clock.after(DIRECT_PATIENCE_MS, tryNext);
    };
    // Until one is open, only the failure of all counts; then only that of the winner.
    const end = (via: Via, tell: () => void): void => {
      if (winner !== undefined) {
        if (winner === sockets.get(via)) tell();
        return;
      }
      failures++;
      if (failures === candidates.length) tell();
      else if (next < candidates.length) tryNext();
    };
    tryNext();
    return {
      send: (text) => winner?.send(text),
      drop: () => {
        isDropped = true;
        cancelNext();
        for (const socket of sockets.values()) socket.drop();
      },
    };
  }

  #candidates(): readonly Via[] {
    if (this.#options.addresses.direct === undefined) return ['same-origin'];
    const isFresh = this.#options.clock.monotonic() - this.#preferSince < SAME_ORIGIN_PREFERENCE_MS;
    return this.#via === 'same-origin' && isFresh
      ? ['same-origin', 'direct']
      : ['direct', 'same-origin'];
  }

  #prefer(via: Via): void {
    this.#via = via;
    this.#preferSince = this.#options.clock.monotonic();
  }

  #origin(via: Via): string {
    const { direct, sameOrigin } = this.#options.addresses;
    return via === 'direct' ? (direct ?? sameOrigin) : sameOrigin;
  }

  #address(path: string, origin: string): string {
    const { token, replayId } = this.#options;
    const url = new URL(path, origin);
    if (replayId !== undefined) url.searchParams.set('replay', replayId);
    if (token !== undefined) url.searchParams.set('token', token);
    return url.href;
  }
}
