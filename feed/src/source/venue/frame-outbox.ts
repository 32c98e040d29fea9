/*
 * Frames to one venue, over all its sockets, within its message rate. Pongs and duties count towards it and go first:
 * without them the venue ends a socket.
 */
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { Rate } from '../../venue/live-venue.ts';
import { Budget } from './budget.ts';
import type { WireSocket } from './wire/wire.ts';

type Frame = {
  readonly socket: WireSocket;
  readonly send: () => void;
  /** Whether it counts towards the subscriptions of its socket. */
  readonly isSubscription: boolean;
};

export class FrameOutbox {
  readonly #clock: Clock;
  readonly #budget: Budget;
  readonly #subscribesPerSocket: Rate | undefined;
  readonly #subscriptions = new Map<WireSocket, Budget>();
  /** Remaining time in which only pongs and duties may be sent. */
  readonly #banMs: () => number;
  /** The newest ping of each socket: only that one needs a pong (RFC 6455, 5.5.3). */
  readonly #pongs = new Map<WireSocket, Uint8Array>();
  #duties: Frame[] = [];
  #frames: Frame[] = [];
  #timer: Cancel | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly messages: Rate;
    readonly subscribesPerSocket: Rate | undefined;
    readonly banMs: () => number;
  }) {
    this.#clock = options.clock;
    this.#budget = new Budget(options.messages);
    this.#subscribesPerSocket = options.subscribesPerSocket;
    this.#banMs = options.banMs;
  }

  /** A subscription, or what goes before one. */
  send(socket: WireSocket, text: string): void {
    this.#frames.push({ socket, send: () => socket.send(text), isSubscription: true });
    this.#flush();
  }

  /** What the venue demands on an open socket, even during a ban: its own ping, or an answer to its frame. */
  duty(socket: WireSocket, text: string): void {
    this.#duties.push({ socket, send: () => socket.send(text), isSubscription: false });
    this.#flush();
  }

  ping(socket: WireSocket): void {
    this.#frames.push({ socket, send: () => socket.ping(), isSubscription: false });
    this.#flush();
  }

  pong(socket: WireSocket, payload: Uint8Array): void {
    this.#pongs.set(socket, payload);
    this.#flush();
  }

  /** Drops the pending frames of a socket that has ended. */
  forget(socket: WireSocket): void {
    this.#pongs.delete(socket);
    this.#subscriptions.delete(socket);
    this.#duties = this.#duties.filter((each) => each.socket !== socket);
    this.#frames = this.#frames.filter((each) => each.socket !== socket);
  }

  close(): void {
    this.#timer?.();
    this.#pongs.clear();
    this.#duties = [];
    this.#frames = [];
  }

  #flush(): void {
    this.#timer?.();
    this.#timer = undefined;
    for (;;) {
      const now = this.#clock.monotonic();
      const [pong] = this.#pongs;
      const duty = pong === undefined ? this.#duties[0] : undefined;
      const isFirst = pong !== undefined || duty !== undefined;
      const { frame, ms } = isFirst ? { frame: duty, ms: 0 } : this.#nextFrame();
      if (!isFirst && frame === undefined) return;
      const waitMs = Math.max(ms, this.#budget.waitMs(now));
      if (waitMs > 0) {
        this.#timer = this.#clock.after(waitMs + 1, () => this.#flush());
        return;
      }
      this.#budget.spend(now);
      if (pong !== undefined) {
        this.#pongs.delete(pong[0]);
        pong[0].pong(pong[1]);
      } else if (frame !== undefined) {
        this.#duties = this.#duties.filter((each) => each !== frame);
        this.#frames = this.#frames.filter((each) => each !== frame);
        if (frame.isSubscription) this.#subscriptions.get(frame.socket)?.spend(now);
        frame.send();
      }
    }
  }

  /** The frame that may go first, and when: one socket's limit does not hold up another's frames. */
  #nextFrame(): { readonly frame: Frame | undefined; readonly ms: number } {
    let next: Frame | undefined;
    let leastMs = Infinity;
    for (const frame of this.#frames) {
      const ms = this.#socketMs(frame);
      if (ms < leastMs) [next, leastMs] = [frame, ms];
      if (ms === 0) break;
    }
    return { frame: next, ms: next === undefined ? 0 : Math.max(leastMs, this.#banMs()) };
  }

  #socketMs({ socket, isSubscription }: Frame): number {
    const rate = this.#subscribesPerSocket;
    if (rate === undefined || !isSubscription) return 0;
    let budget = this.#subscriptions.get(socket);
    if (budget === undefined) {
      budget = new Budget(rate);
      this.#subscriptions.set(socket, budget);
    }
    return budget.waitMs(this.#clock.monotonic());
  }
}
