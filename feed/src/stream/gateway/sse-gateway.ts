/*
 * `GET /v1/stream/sse` (P31): the connection of a WebSocket on a server-sent stream. The client sends its messages as
 * requests, with the key from its `hello`.
 *
 * A stream is cleaned up by whatever first notices that its reader is gone: the request's signal, the stream's own
 * abort, a hanging write, or a sweep.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';

import type { Context } from 'hono';

import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { UpInput } from '@tapedeck/market/wire/up';

import type { SsePipe } from '../../sse/sse-pipe.ts';
import { sseResponse } from '../../sse/sse-response.ts';
import type { Connection } from '../connection/connection.ts';
import { JSON_FORM } from '../frame/wire-form.ts';
import type { Lobby, Visit } from './lobby.ts';
import { SseSocket } from './sse-socket.ts';

const SWEEP_MS = 30_000;
const KEY_BYTES = 18;

type Stream = {
  readonly connection: Connection;
  readonly key: Buffer;
  readonly pipe: SsePipe;
};

export class SseGateway {
  readonly lobby: Lobby;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #streams = new Map<string, Stream>();
  readonly #cancel: Cancel;

  constructor(lobby: Lobby, clock: Clock, random: Random) {
    this.lobby = lobby;
    this.#clock = clock;
    this.#random = random;
    this.#cancel = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Number of open streams. */
  get count(): number {
    return this.#streams.size;
  }

  /** Admits a visitor; `first` is what its query requested, as frames. */
  open(context: Context, visit: Visit, first: readonly UpInput[]): Response {
    const options = { clock: this.#clock, random: this.#random };
    return sseResponse(context, options, async (pipe, retryMs) => {
      pipe.send(Buffer.from(`retry: ${retryMs}\n\n`));
      const key = randomBytes(KEY_BYTES).toString('base64url');
      const socket = new SseSocket(pipe);
      const connection = this.lobby.enter(visit, { socket, form: JSON_FORM, key });
      this.#streams.set(connection.id, { connection, key: Buffer.from(key), pipe });
      try {
        for (const message of first) connection.receive(JSON.stringify(message));
        await pipe.run();
      } finally {
        this.#forget(connection);
      }
    });
  }

  /** One frame of a client (P4, P23); false if there is no such stream, or the key is wrong. */
  hear(id: string, key: string, frame: string): boolean {
    const stream = this.#streams.get(id);
    const given = Buffer.from(key);
    if (stream === undefined || given.length !== stream.key.length) return false;
    if (!timingSafeEqual(given, stream.key)) return false;
    this.lobby.hear(stream.connection, frame);
    return true;
  }

  /** Stops the sweep; the lobby closes the streams. */
  close(): void {
    this.#cancel();
  }

  #forget(connection: Connection): void {
    this.#streams.delete(connection.id);
    this.lobby.leave(connection);
  }

  #sweep(): void {
    for (const { connection, pipe } of this.#streams.values()) {
      if (pipe.isEnded) this.#forget(connection);
    }
  }
}
