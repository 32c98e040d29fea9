/* Opens the sockets of one venue, within its budget and never to a banned host. */
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { Budget } from './budget.ts';
import type { FrameOutbox } from './frame-outbox.ts';
import type { HostBans } from './host-bans.ts';
import type { LinkHost } from './venue-link.ts';
import type { Wire, WireSocket } from './wire/wire.ts';

type Listener = Parameters<LinkHost['dial']>[1];
type Dialled = ReturnType<LinkHost['dial']>;

export class SocketDialler {
  readonly #origin: string;
  readonly #host: string;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #bans: HostBans;
  readonly #forbiddenMs: number | undefined;
  readonly #budget: Budget;
  readonly #outbox: FrameOutbox;
  readonly #open = new Set<Dialled>();

  constructor(options: {
    readonly origin: string;
    readonly wire: Wire;
    readonly clock: Clock;
    readonly bans: HostBans;
    readonly forbiddenMs: number | undefined;
    readonly budget: Budget;
    readonly outbox: FrameOutbox;
  }) {
    this.#origin = options.origin;
    this.#host = new URL(options.origin).host;
    this.#wire = options.wire;
    this.#clock = options.clock;
    this.#bans = options.bans;
    this.#forbiddenMs = options.forbiddenMs;
    this.#budget = options.budget;
    this.#outbox = options.outbox;
  }

  dial(path: string, listener: Listener): Dialled {
    let socket: WireSocket | undefined;
    let waiting: Cancel | undefined;
    let dueAt: EpochMs | undefined;
    let isOver = false;
    const dialled: Dialled = {
      socket: () => socket,
      dueAt: () => dueAt,
      end: () => {
        isOver = true;
        waiting?.();
        if (socket !== undefined) {
          this.#outbox.forget(socket);
          socket.end();
        }
        this.#open.delete(dialled);
      },
    };
    const go = (): void => {
      const now = this.#clock.monotonic();
      const waitMs = Math.max(this.#bans.waitMs(this.#host), this.#budget.waitMs(now));
      dueAt = waitMs > 0 ? this.#clock.now() + waitMs : undefined;
      if (waitMs > 0) {
        waiting = this.#clock.after(waitMs + 1, go);
        return;
      }
      this.#budget.spend(now);
      const opened: WireSocket = this.#wire.dial(this.#origin + path, {
        opened: () => !isOver && listener.opened(),
        message: (text) => !isOver && listener.message(text),
        pinged: (payload) => {
          if (isOver) return;
          listener.ponged();
          this.#outbox.pong(opened, payload);
        },
        ponged: () => !isOver && listener.ponged(),
        ended: (end) => {
          if (isOver) return;
          const { status = 0, retryAfter } = end;
          const isBan = this.#bans.note(this.#host, status, retryAfter, this.#forbiddenMs);
          this.#outbox.forget(opened);
          listener.ended(end, isBan);
        },
      });
      socket = opened;
    };
    this.#open.add(dialled);
    // Dial in a later turn, so that the caller has the returned value before any event.
    waiting = this.#clock.after(0, go);
    return dialled;
  }

  close(): void {
    for (const dialled of this.#open) dialled.end();
  }
}
