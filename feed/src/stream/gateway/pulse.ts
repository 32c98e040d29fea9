/*
 * Whether the other side of each websocket lives (P21, P21a).
 *
 *   every 30 s       all are pinged; who has neither answered nor said anything by the next one is gone
 *   silent for 5 s   pinged out of turn; who stays silent for 12 s after that ping was written is gone
 *
 * Whoever acknowledges once a second is never pinged out of turn; whoever never acknowledges answers, as every websocket
 * does while it is read; whoever reads nothing at all is gone within 20 s, long before the kernel's buffers are full.
 */
import type { WebSocket } from 'ws';

import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';
import { CLOSE_CODES } from '@tapedeck/market/wire/close-code';

import { PING_MS } from '../frame/limits.ts';

/** A stall of our own event loop longer than this excuses every client that seems silent (P21). */
const LOOP_EXCUSE_MS = 5_000;
const LOOK_MS = 1_000;
/** A look that is later than this was held up by our own event loop: what came meanwhile has not been read yet. */
const LATE_MS = 500;
const SILENT_MS = 5_000;
const ANSWER_MS = 12_000;

type Beat = {
  readonly raw: WebSocket;
  /** Anything came since the last ping of all. */
  alive: boolean;
  heardAt: MonotonicMs;
  isProbed: boolean;
  /** When the ping out of turn had gone into the network; a later time where that was no use. */
  probedAt: MonotonicMs | undefined;
};

export class Pulse {
  readonly #clock: Clock;
  readonly #beats = new Map<unknown, Beat>();
  readonly #cancels: readonly Cancel[];
  #pingedAt: MonotonicMs;
  #lookedAt: MonotonicMs;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#pingedAt = clock.monotonic();
    this.#lookedAt = clock.monotonic();
    this.#cancels = [
      clock.every(PING_MS, () => this.#pingAll()),
      clock.every(LOOK_MS, () => this.#look()),
    ];
  }

  get size(): number {
    return this.#beats.size;
  }

  /** Watches a websocket, by any key. */
  watch(key: unknown, raw: WebSocket): void {
    const heardAt = this.#clock.monotonic();
    this.#beats.set(key, { raw, alive: true, heardAt, isProbed: false, probedAt: undefined });
    raw.on('pong', () => this.touch(key));
  }

  forget(key: unknown): void {
    this.#beats.delete(key);
  }

  /** Something came from there. */
  touch(key: unknown): void {
    const beat = this.#beats.get(key);
    if (beat === undefined) return;
    beat.alive = true;
    beat.heardAt = this.#clock.monotonic();
    beat.isProbed = false;
    beat.probedAt = undefined;
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #pingAll(): void {
    const now = this.#clock.monotonic();
    const lateMs = now - this.#pingedAt - PING_MS;
    this.#pingedAt = now;
    for (const beat of this.#beats.values()) {
      if (!beat.alive && lateMs < LOOP_EXCUSE_MS) {
        end(beat.raw);
        continue;
      }
      beat.alive = false;
      beat.raw.ping();
    }
  }

  #look(): void {
    const now = this.#clock.monotonic();
    const isLate = now - this.#lookedAt > LOOK_MS + LATE_MS;
    this.#lookedAt = now;
    for (const beat of this.#beats.values()) {
      if (beat.probedAt !== undefined) {
        if (isLate) beat.probedAt = now;
        else if (now - beat.probedAt >= ANSWER_MS) end(beat.raw);
      } else if (!beat.isProbed && now - beat.heardAt >= SILENT_MS) this.#probe(beat);
    }
  }

  /** The time counts from when the ping was written: before that nobody can answer it. */
  #probe(beat: Beat): void {
    beat.isProbed = true;
    beat.raw.ping(undefined, false, () => {
      if (beat.isProbed) beat.probedAt = this.#clock.monotonic();
    });
  }
}

function end(raw: WebSocket): void {
  raw.close(CLOSE_CODES.noPong, 'no pong');
  raw.terminate();
}
