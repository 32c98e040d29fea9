/*
 * Whether the other side of each WebSocket is alive (P21, P21a).
 *
 *   every 30 s       all are pinged; a client that has neither answered nor sent anything by the next ping is closed
 *   silent for 5 s   gets an extra ping; a client still silent 12 s after it was written is closed
 *
 * A client that acknowledges once a second never gets an extra ping; one that never acknowledges answers it, as every
 * WebSocket that is read does; one that reads nothing is closed within 20 s, long before the kernel's buffers are
 * full.
 */
import type { WebSocket } from 'ws';

import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';
import { CLOSE_CODES } from '@tapedeck/market/wire/close-code';

import { PING_MS } from '../frame/limits.ts';

/** A longer stall of our own event loop excuses every client that seems silent (P21). */
const LOOP_EXCUSE_MS = 5_000;
const LOOK_MS = 1_000;
/** A check later than this was delayed by our own event loop: what arrived meanwhile has not been read yet. */
const LATE_MS = 500;
const SILENT_MS = 5_000;
const ANSWER_MS = 12_000;

type Beat = {
  readonly raw: WebSocket;
  /** Anything arrived since the last ping to all. */
  alive: boolean;
  heardAt: MonotonicMs;
  isProbed: boolean;
  /** When the extra ping was written to the network; a later time if it could not be. */
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

  /** Watches a WebSocket, by any key. */
  watch(key: unknown, raw: WebSocket): void {
    const heardAt = this.#clock.monotonic();
    this.#beats.set(key, { raw, alive: true, heardAt, isProbed: false, probedAt: undefined });
    raw.on('pong', () => this.touch(key));
  }

  forget(key: unknown): void {
    this.#beats.delete(key);
  }

  /** Something arrived from it. */
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

  /** The time counts from when the ping was written: nobody can answer it before that. */
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
