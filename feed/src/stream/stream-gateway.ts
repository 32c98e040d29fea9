import type { Socket as TcpSocket } from 'node:net';

import { type HttpBindings, upgradeWebSocket } from '@hono/node-server';
import type { Context } from 'hono';
import type { WebSocket } from 'ws';

import type { Cancel, Clock } from '@tapedeck/market/clock';
import { CLOSE_CODES } from '@tapedeck/market/wire/close-code';
import { ERRORS } from '@tapedeck/market/wire/error-code';

import type { Connection } from './connection.ts';
import { PING_MS } from './limits.ts';
import { Lobby, type LobbyOptions, type Refusal, type Visit } from './lobby.ts';
import type { StreamCounters } from './stream-counters.ts';
import { WebSocketCarrier } from './web-socket-carrier.ts';
import { wireFormOf } from './wire-form.ts';

/** A stall of our own event loop longer than this excuses every client that seems silent (P21). */
const LOOP_EXCUSE_MS = 5_000;

/** `WS /v1/stream`: lets connections in or refuses them with a reason, and watches that they live. */
export class StreamGateway {
  readonly lobby: Lobby;
  readonly #clock: Clock;
  readonly #sockets = new Map<Connection, { readonly raw: WebSocket; alive: boolean }>();
  readonly #cancel: Cancel;
  #pingedAt: number;

  constructor(options: LobbyOptions) {
    this.lobby = new Lobby(options);
    this.#clock = options.clock;
    this.#pingedAt = options.clock.now();
    this.#cancel = options.clock.every(PING_MS, () => this.#ping());
  }

  /** The Hono handler. A plain GET without an upgrade gets an error that says so. */
  readonly handler = upgradeWebSocket((context) => {
    const visit = this.lobby.judge(context);
    let connection: Connection | undefined;
    return {
      onOpen: (_, socket) => {
        const raw = socket.raw as unknown as WebSocket;
        if ('refusal' in visit) refuse(raw, visit.refusal);
        else connection = this.#connect(raw, tcpOf(context), visit);
      },
      onMessage: (event) => {
        if (connection === undefined) return;
        this.#touch(connection);
        if (typeof event.data === 'string') connection.receive(event.data);
        else connection.receiveBinary();
      },
      onClose: () => {
        if (connection === undefined) return;
        this.#sockets.delete(connection);
        this.lobby.leave(connection);
        connection = undefined;
      },
    };
  });

  get counters(): StreamCounters {
    return this.lobby.counters;
  }
  /** How many of the connections are websockets. */
  get webSocketCount(): number {
    return this.#sockets.size;
  }
  /** Connections of every transport. */
  get connections(): ReadonlySet<Connection> {
    return this.lobby.connections;
  }
  /** Bytes that clients have not taken yet, all together. */
  get bufferedBytes(): number {
    return this.lobby.bufferedBytes;
  }

  /** How often clients asked for a resync of a channel of this symbol. */
  resyncsOf(symbol: string): number {
    return this.lobby.resyncsOf(symbol);
  }

  /** Tells everybody to come back later, and stops. */
  close(): void {
    this.#cancel();
    this.lobby.close();
  }

  #connect(raw: WebSocket, tcp: TcpSocket, visit: Visit): Connection {
    const connection = this.lobby.enter(visit, {
      socket: new WebSocketCarrier(raw, tcp),
      form: wireFormOf(raw.protocol),
    });
    this.#sockets.set(connection, { raw, alive: true });
    raw.on('pong', () => this.#touch(connection));
    // A reset by the peer is followed by `close`; without a listener it would end the process.
    raw.on('error', () => raw.terminate());
    return connection;
  }

  #touch(connection: Connection): void {
    const entry = this.#sockets.get(connection);
    if (entry !== undefined) entry.alive = true;
  }

  /** P21: whoever neither answered the last ping nor sent a byte is gone. */
  #ping(): void {
    const now = this.#clock.now();
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

/** The connection below the websocket. */
function tcpOf(context: Context): TcpSocket {
  return (context.env as HttpBindings).incoming.socket;
}

/** Refused after the upgrade, because a browser cannot read why an upgrade failed. */
function refuse(raw: WebSocket, { close, error, message }: Refusal): void {
  raw.on('error', () => raw.terminate());
  const { code, temporary } = ERRORS[error];
  const form = wireFormOf(raw.protocol);
  raw.send(form.encode({ type: 'error', code, message, temporary }), { binary: !form.isText });
  raw.close(CLOSE_CODES[close], message);
}
