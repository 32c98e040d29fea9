import { upgradeWebSocket } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { WebSocket } from 'ws';

import type { Cancel, Clock } from '@tapedeck/market/clock';
import { CLOSE_CODES } from '@tapedeck/market/wire/close-code';
import { ERRORS, type ErrorName } from '@tapedeck/market/wire/error-code';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';

import type { Access } from '../access.ts';
import { Connection } from './connection.ts';
import { type Limits, PING_MS } from './limits.ts';
import { StreamCounters } from './stream-counters.ts';
import type { StreamHub } from './stream-hub.ts';
import { wireFormOf } from './wire-form.ts';

/** A replay as the gateway sees it: a hub of its own, commands, and somebody who joins or leaves. */
export interface ReplayDoor {
  readonly hub: StreamHub;
  readonly epoch: string;
  /** Carries out a command; a text says why it could not be. */
  command(command: ReplayCommand): string | undefined;
  join(connection: Connection): void;
  leave(connection: Connection): void;
}

export type GatewayOptions = {
  readonly access: Access;
  readonly clock: Clock;
  readonly hub: StreamHub;
  readonly limits: Limits;
  readonly epoch: string;
  readonly build: string;
  /** Told how old the newest frame was that a client says it has processed. */
  readonly onAck?: ((lagMs: number) => void) | undefined;
  /** Why nobody new is let in now; undefined while anybody is. */
  readonly overload: () => string | undefined;
  /** The replay of this id; undefined where there is none (any more). */
  readonly replay: (id: string) => ReplayDoor | undefined;
};

type Refusal = {
  readonly close: keyof typeof CLOSE_CODES;
  readonly error: ErrorName;
  readonly message: string;
};

/** A stall of our own event loop longer than this excuses every client that seems silent (P21). */
const LOOP_EXCUSE_MS = 5_000;

/** `WS /v1/stream`: lets connections in or refuses them with a reason, and watches that they live. */
export class StreamGateway {
  readonly counters = new StreamCounters();
  readonly connections = new Set<Connection>();
  readonly #options: GatewayOptions;
  readonly #perAddress = new Map<string, number>();
  readonly #sockets = new Map<Connection, { readonly raw: WebSocket; alive: boolean }>();
  readonly #cancel: Cancel;
  readonly #resyncs = new Map<string, number>();
  #nextId = 1;
  #pingedAt: number;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#pingedAt = options.clock.now();
    this.#cancel = options.clock.every(PING_MS, () => this.#ping());
  }

  /** The Hono handler. A plain GET without an upgrade gets an error that says so. */
  readonly handler = upgradeWebSocket((context) => {
    const refusal = this.#refusal(context);
    const replayId = context.req.query('replay');
    const door = replayId === undefined ? undefined : this.#options.replay(replayId);
    const address = addressOf(context);
    let connection: Connection | undefined;
    return {
      onOpen: (_, socket) => {
        const raw = socket.raw as unknown as WebSocket;
        if (refusal !== undefined) {
          refuse(raw, refusal);
          return;
        }
        this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
        connection = this.#connect(raw, door);
      },
      onMessage: (event) => {
        if (connection === undefined) return;
        this.#touch(connection);
        if (typeof event.data === 'string') connection.receive(event.data);
        else connection.receiveBinary();
      },
      onClose: () => {
        if (connection === undefined) return;
        this.#leave(connection, address);
        door?.leave(connection);
        connection = undefined;
      },
    };
  });

  /** Bytes that clients have not taken yet, all together. */
  get bufferedBytes(): number {
    let sum = 0;
    for (const connection of this.connections) sum += connection.bufferedBytes;
    return sum;
  }

  /** How often clients asked for a resync of a channel of this symbol. */
  resyncsOf(symbol: string): number {
    return this.#resyncs.get(symbol) ?? 0;
  }

  /** Tells everybody to come back later, and stops. */
  close(): void {
    this.#cancel();
    for (const connection of [...this.connections])
      connection.close('shutdown', 'feed is stopping');
  }

  #refusal(context: Context): Refusal | undefined {
    const { access, limits } = this.#options;
    const origin = context.req.header('origin');
    const visitor = {
      origin,
      forwardedHost: context.req.header('x-forwarded-host'),
      authorization: context.req.header('authorization'),
      token: context.req.query('token'),
    };
    if (!access.allowsOrigin(visitor))
      return { close: 'origin', error: 'forbidden', message: `origin: "${origin}" is not allowed` };
    if (!access.allowsToken(visitor))
      return { close: 'badToken', error: 'unauthorised', message: 'token: missing or wrong' };
    const overload = this.#options.overload();
    if (overload !== undefined) return { close: 'tryLater', error: 'notReady', message: overload };
    const count = this.#perAddress.get(addressOf(context)) ?? 0;
    if (count >= limits.connectionsPerAddress)
      return {
        close: 'connectionLimit',
        error: 'tooManyRequests',
        message: `more than ${limits.connectionsPerAddress} connections from this address`,
      };
    const replay = context.req.query('replay');
    if (replay !== undefined && this.#options.replay(replay) === undefined)
      return {
        close: 'replayNotFound',
        error: 'unknown',
        message: `unknown replay ${replay.slice(0, 40)}`,
      };
    return undefined;
  }

  #connect(raw: WebSocket, door: ReplayDoor | undefined): Connection {
    const { clock, limits, build } = this.#options;
    const connection = new Connection({
      id: `c${this.#nextId++}`,
      socket: {
        send: ({ payload, isText }) => raw.send(payload, { binary: !isText }),
        close: (code, reason) => raw.close(code, reason),
        terminate: () => raw.terminate(),
        get bufferedAmount() {
          return raw.bufferedAmount;
        },
      },
      form: wireFormOf(raw.protocol),
      hub: door?.hub ?? this.#options.hub,
      clock,
      limits,
      counters: this.counters,
      epoch: door?.epoch ?? this.#options.epoch,
      build,
      mode: door === undefined ? 'live' : 'replay',
      onResync: (symbol) => void this.#resyncs.set(symbol, this.resyncsOf(symbol) + 1),
      onAck: this.#options.onAck,
      command: door === undefined ? undefined : (command) => door.command(command),
    });
    this.connections.add(connection);
    this.#sockets.set(connection, { raw, alive: true });
    raw.on('pong', () => this.#touch(connection));
    // A reset by the peer is followed by `close`; without a listener it would end the process.
    raw.on('error', () => raw.terminate());
    door?.join(connection);
    return connection;
  }

  #leave(connection: Connection, address: string): void {
    connection.closed();
    this.connections.delete(connection);
    this.#sockets.delete(connection);
    const count = (this.#perAddress.get(address) ?? 1) - 1;
    if (count > 0) this.#perAddress.set(address, count);
    else this.#perAddress.delete(address);
  }

  #touch(connection: Connection): void {
    const entry = this.#sockets.get(connection);
    if (entry !== undefined) entry.alive = true;
  }

  /** P21: whoever neither answered the last ping nor sent a byte is gone. */
  #ping(): void {
    const now = this.#options.clock.now();
    const lateMs = now - this.#pingedAt - PING_MS;
    this.#pingedAt = now;
    for (const entry of this.#sockets.values()) {
      if (!entry.alive && lateMs < LOOP_EXCUSE_MS) {
        entry.raw.close(CLOSE_CODES.noPong, 'no pong');
        entry.raw.terminate();
        continue;
      }
      entry.alive = false;
      entry.raw.ping();
    }
  }
}

/** The address that limits count: behind the dashboard's own proxy on this machine, the one it forwards for. */
function addressOf(context: Context): string {
  const address = getConnInfo(context).remote.address ?? 'unknown';
  const forwarded = context.req.header('x-forwarded-for')?.split(',')[0]?.trim();
  const local = address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1';
  return local && forwarded !== undefined && forwarded !== '' ? forwarded : address;
}

/** Refused after the upgrade, because a browser cannot read why an upgrade failed. */
function refuse(raw: WebSocket, { close, error, message }: Refusal): void {
  raw.on('error', () => raw.terminate());
  const { code, temporary } = ERRORS[error];
  const form = wireFormOf(raw.protocol);
  raw.send(form.encode({ type: 'error', code, message, temporary }), { binary: !form.isText });
  raw.close(CLOSE_CODES[close], message);
}
