/*
 * The ways of one link to the feed: dials the present one, learns from what becomes of it, and tries a better one from
 * time to time beside the link that serves. What it decides by is `transport-state.ts`.
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

/** What a link falls back on where websockets are blocked. */
export type Fallback = {
  readonly sse: Dial;
  /** Undefined where the market cannot be polled: a replay. It is looked at anew each time. */
  readonly polling?: Dial | undefined;
  /** Whether the feed answers a request now. */
  readonly probe: () => Promise<boolean>;
};

export type LinkTransportsOptions = {
  readonly clock: Clock;
  readonly websocket: Dial;
  readonly fallback: Fallback | undefined;
  /** A better way is open: `take` gives its socket and passes on its events, from its first frame on. */
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

  /** What is dialled next, or serves. */
  get current(): Transport {
    return this.#state.current;
  }

  /** Dials the present way. */
  readonly dial: Dial = (events) => {
    const transport = this.#state.current;
    const attempt = this.#attempt(transport, events);
    return attempt.watch(must(this.#dialOf(transport), transport)(attempt.events));
  };

  /** About once a second. While the link is open a better way is tried when it is time. */
  tick(now: MonotonicMs, isOpen: boolean): void {
    const { trialAt } = this.#state;
    if (!isOpen || trialAt === undefined || now < trialAt || this.#trial !== undefined) return;
    this.#step({ type: 'tried' });
    this.#try(betterThan(this.#state, this.#available()));
  }

  /** The network may be another one by now: a better way is tried at the next tick. */
  retry(): void {
    this.#step({ type: 'retry' });
  }

  /** The link is not wanted any more; what was learnt of this network stays. */
  stop(): void {
    this.#endTrial();
  }

  /** Tries these ways one after the other, until one of them says its first word. */
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

  /** Follows one attempt, for what it teaches. */
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
    // Only a stream is suspect once it is open: a websocket that is cut had not been blocked.
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
        // A code of the feed's own: the way is open, whatever it says.
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

  /** Asks whether the feed is there at all before it blames the way. */
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
