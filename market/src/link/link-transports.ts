/*
 * Chooses the transport of a link: dials the current one, tracks its failures, and periodically tries a better one in
 * parallel with the open link. `transport-state.ts` makes the decisions.
 */
import { must } from '../number/assert.ts';
import { type Cancel, type Clock, LONG_AGO, type MonotonicMs } from '../time/clock.ts';
import { CONNECT_PATIENCE_MS, FIRST_OWN_CODE, PING_AFTER_MS } from './link-state.ts';
import type { Dial, LinkSocket, SocketEvents } from './transport/link-socket.ts';
import {
  BEST,
  betterThan,
  LASTED_MS,
  QUICK_END_MS,
  stepTransport,
  type Transport,
  type TransportEvent,
  TRANSPORTS,
  type TransportState,
} from './transport/transport-state.ts';

/** Transports to use where WebSockets are blocked. */
export type Fallback = {
  readonly sse: Dial;
  /** Undefined if the market cannot be polled, as in a replay. Read again on every use. */
  readonly polling?: Dial | undefined;
  /** Whether the feed currently answers a request. */
  readonly probe: () => Promise<boolean>;
};

export type LinkTransportsOptions = {
  readonly clock: Clock;
  readonly websocket: Dial;
  readonly fallback: Fallback | undefined;
  /** A better transport is open: `take` returns its socket and forwards its events, from its first frame. */
  readonly onBetter: (transport: Transport, take: Dial) => void;
};

type Attempt = {
  readonly events: SocketEvents;
  readonly opened: () => void;
  readonly watch: (socket: LinkSocket) => LinkSocket;
};

export class LinkTransports {
  readonly #options: LinkTransportsOptions;
  #state: TransportState = BEST;
  #trial: LinkSocket | undefined;
  #endTrial: Cancel = () => {};

  constructor(options: LinkTransportsOptions) {
    this.#options = options;
  }

  /** The transport to dial next, or in use. */
  get current(): Transport {
    return this.#state.current;
  }

  /** Dials the current transport. */
  readonly dial: Dial = (events) => {
    const transport = this.#state.current;
    const attempt = this.#attempt(transport, events);
    return attempt.watch(must(this.#dialOf(transport), transport)(attempt.events));
  };

  /** Call about once a second. While the link is open, this tries a better transport when it is due. */
  tick(now: MonotonicMs, isOpen: boolean): void {
    const { trialAt } = this.#state;
    if (!isOpen || trialAt === undefined || now < trialAt || this.#trial !== undefined) return;
    this.#step({ type: 'tried' });
    this.#try(betterThan(this.#state, this.#available()));
  }

  /** The network may have changed: tries a better transport at the next tick. */
  retry(): void {
    this.#step({ type: 'retry' });
  }

  /** The link is stopped. Keeps what it has learnt about the network. */
  stop(): void {
    this.#endTrial();
  }

  /** Tries these transports in order, until one delivers its first frame. */
  #try([transport, ...others]: readonly Transport[]): void {
    if (transport === undefined) return;
    const { clock, onBetter } = this.#options;
    let taker: Attempt | undefined;
    const giveUp = (): void => {
      this.#endTrial();
      this.#try(others);
    };
    const cancel = clock.after(CONNECT_PATIENCE_MS, giveUp);
    this.#endTrial = () => {
      cancel();
      this.#trial?.drop();
      this.#trial = undefined;
    };
    const end = (tell: (events: SocketEvents) => void): void => {
      if (taker === undefined) giveUp();
      else tell(taker.events);
    };
    this.#trial = must(
      this.#dialOf(transport),
      transport,
    )({
      opened: () => {},
      frame: (frame) => {
        const socket = this.#trial;
        if (taker === undefined && socket !== undefined) {
          cancel();
          this.#trial = undefined;
          onBetter(transport, (events) => {
            taker = this.#attempt(transport, events);
            taker.opened();
            return taker.watch(socket);
          });
        }
        taker?.events.frame(frame);
      },
      closed: (code, reason) => end((events) => events.closed(code, reason)),
      failed: (reason) => end((events) => events.failed(reason)),
    });
  }

  /** Observes one attempt and updates the transport state. */
  #attempt(transport: Transport, inner: SocketEvents): Attempt {
    const { clock } = this.#options;
    let openedAt: MonotonicMs | undefined;
    let heardAt = LONG_AGO;
    let isOver = false;
    let cancel: Cancel = () => {};
    const opened = (): void => {
      openedAt = clock.monotonic();
      heardAt = openedAt;
      cancel = clock.after(LASTED_MS, () => this.#step({ type: 'lasted', transport }));
      this.#step({ type: 'opened', transport });
    };
    const end = (isSuspect: boolean): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      if (isSuspect) void this.#doubt(transport);
    };
    // Only a stream can still be blocked once it is open; an open WebSocket is not.
    const cut = (): boolean =>
      openedAt === undefined ||
      (transport === 'sse' && clock.monotonic() - openedAt < QUICK_END_MS);
    const silent = (): boolean =>
      openedAt === undefined ||
      (transport === 'sse' && clock.monotonic() - heardAt >= PING_AFTER_MS);
    const events: SocketEvents = {
      opened: () => {
        opened();
        inner.opened();
      },
      frame: (frame) => {
        heardAt = clock.monotonic();
        inner.frame(frame);
      },
      closed: (code, reason) => {
        // A close code of the feed itself: the transport works.
        end(code < FIRST_OWN_CODE && cut());
        inner.closed(code, reason);
      },
      failed: (reason) => {
        end(cut());
        inner.failed(reason);
      },
    };
    const watch = (socket: LinkSocket): LinkSocket => ({
      send: (text) => socket.send(text),
      drop: () => {
        end(silent());
        socket.drop();
      },
    });
    return { events, opened, watch };
  }

  /** Counts a refusal only if the feed is reachable otherwise. */
  async #doubt(transport: Transport): Promise<void> {
    const { fallback } = this.#options;
    if (fallback === undefined) return;
    if (await fallback.probe()) this.#step({ type: 'refused', transport });
  }

  #step(event: TransportEvent): void {
    const now = this.#options.clock.monotonic();
    this.#state = stepTransport(this.#state, event, now, this.#available());
  }

  #available(): readonly Transport[] {
    return TRANSPORTS.filter((each) => this.#dialOf(each) !== undefined);
  }

  #dialOf(transport: Transport): Dial | undefined {
    const { websocket, fallback } = this.#options;
    if (transport === 'websocket') return websocket;
    return transport === 'sse' ? fallback?.sse : fallback?.polling;
  }
}
