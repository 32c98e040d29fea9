/* Frames to one venue, over all its sockets, within its message rate. Pongs count towards it and go first. */
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { Rate } from '../../venue/live-venue.ts';
import { Budget } from './budget.ts';
import type { WireSocket } from './wire/wire.ts';

type Frame = { readonly socket: WireSocket; readonly send: () => void };

export class FrameOutbox {
  readonly #clock: Clock;
  readonly #budget: Budget;
  /** Remaining time in which only pongs may be sent. */
  readonly #banMs: () => number;
  /** The newest ping of each socket: only that one needs a pong (RFC 6455, 5.5.3). */
  readonly #pongs = new Map<WireSocket, Uint8Array>();
  #frames: Frame[] = [];
  #timer: Cancel | undefined;

  constructor(clock: Clock, messages: Rate, banMs: () => number) {
    this.#clock = clock;
    this.#budget = new Budget(messages);
    this.#banMs = banMs;
  }

  send(socket: WireSocket, text: string): void {
    this.#frames.push({ socket, send: () => socket.send(text) });
    this.#flush();
  }

  ping(socket: WireSocket): void {
    this.#frames.push({ socket, send: () => socket.ping() });
    this.#flush();
  }

  pong(socket: WireSocket, payload: Uint8Array): void {
    this.#pongs.set(socket, payload);
    this.#flush();
  }

  /** Drops the pending frames of a socket that has ended. */
  forget(socket: WireSocket): void {
    this.#pongs.delete(socket);
    this.#frames = this.#frames.filter((each) => each.socket !== socket);
  }

  close(): void {
    this.#timer?.();
    this.#pongs.clear();
    this.#frames = [];
  }

  #flush(): void {
    this.#timer?.();
    this.#timer = undefined;
    while (this.#pongs.size > 0 || this.#frames.length > 0) {
      const now = this.#clock.monotonic();
      const [pong] = this.#pongs;
      const banMs = pong === undefined ? this.#banMs() : 0;
      const waitMs = Math.max(banMs, this.#budget.waitMs(now));
      if (waitMs > 0) {
        this.#timer = this.#clock.after(waitMs + 1, () => this.#flush());
        return;
      }
      this.#budget.spend(now);
      if (pong === undefined) this.#frames.shift()?.send();
      else {
        this.#pongs.delete(pong[0]);
        pong[0].pong(pong[1]);
      }
    }
  }
}
