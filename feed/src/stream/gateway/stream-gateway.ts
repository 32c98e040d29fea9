import type { Socket as TcpSocket } from 'node:net';

import { type HttpBindings, upgradeWebSocket } from '@hono/node-server';
import type { Context } from 'hono';
import type { WebSocket } from 'ws';

import { CLOSE_CODES } from '@tapedeck/market/wire/close-code';
import { boundedMessage, shownName } from '@tapedeck/market/wire/codec/codec';
import { ERRORS } from '@tapedeck/market/wire/error-code';

import type { Connection } from '../connection/connection.ts';
import type { StreamCounters } from '../connection/stream-counters.ts';
import { wireFormOf } from '../frame/wire-form.ts';
import { Lobby, type LobbyOptions, type ConnectionRefusal, type Visit } from './lobby.ts';
import { Pulse } from './pulse.ts';
import { WebSocketCarrier } from './web-socket-carrier.ts';

/** `WS /v1/stream`: admits connections or refuses them with a reason, and checks that they are alive. */
export class StreamGateway {
  readonly lobby: Lobby;
  readonly #pulse: Pulse;

  constructor(options: LobbyOptions) {
    this.lobby = new Lobby(options);
    this.#pulse = new Pulse(options.clock);
  }

  /** The Hono handler. A plain GET without an upgrade gets an error that says so. */
  readonly handler = upgradeWebSocket((context) => {
    const visit = misaddressed(context) ?? this.lobby.judge(context);
    let connection: Connection | undefined;
    return {
      onOpen: (_, socket) => {
        const raw = socket.raw as unknown as WebSocket;
        if ('refusal' in visit) refuse(raw, visit.refusal);
        else connection = this.#connect(raw, tcpOf(context), visit);
      },
      onClose: () => {
        if (connection === undefined) return;
        this.#pulse.forget(connection);
        this.lobby.leave(connection);
        connection = undefined;
      },
    };
  });

  get counters(): StreamCounters {
    return this.lobby.counters;
  }
  /** How many of the connections are WebSockets. */
  get webSocketCount(): number {
    return this.#pulse.size;
  }
  /** Connections of every transport. */
  get connections(): ReadonlySet<Connection> {
    return this.lobby.connections;
  }
  /** Bytes that clients have not taken yet, in total. */
  get bufferedBytes(): number {
    return this.lobby.bufferedBytes;
  }

  /** How often clients requested a resync of a channel of this symbol. */
  resyncsOf(symbol: string): number {
    return this.lobby.resyncsOf(symbol);
  }

  /** Tells all clients to come back later, and stops. */
  close(): void {
    this.#pulse.close();
    this.lobby.close();
  }

  #connect(raw: WebSocket, tcp: TcpSocket, visit: Visit): Connection {
    const connection = this.lobby.enter(visit, {
      socket: new WebSocketCarrier(raw, tcp),
      form: wireFormOf(raw.protocol),
    });
    this.#pulse.watch(connection, raw);
    // Directly from ws: the helper's `MessageEvent` costs as much as the message.
    raw.on('message', (data: Buffer, isBinary: boolean) => {
      this.#pulse.touch(connection);
      if (isBinary) connection.receiveBinary();
      else this.lobby.hear(connection, data.toString());
    });
    // A reset by the peer is followed by `close`; without a listener it would end the process.
    raw.on('error', () => raw.terminate());
    return connection;
  }
}

const KNOWN_FIELDS = new Set(['replay', 'token']);

/** Refuses unknown query fields (section 2), before anything else is checked. */
function misaddressed(context: Context): { readonly refusal: ConnectionRefusal } | undefined {
  for (const [field, values] of Object.entries(context.req.queries())) {
    const message = !KNOWN_FIELDS.has(field)
      ? `${shownName(field)}: unknown query field`
      : values.length > 1
        ? `${field}: given twice`
        : undefined;
    if (message !== undefined)
      return { refusal: { close: 'badRequest', error: 'badRequest', message } };
  }
  return undefined;
}

/** The TCP connection under the WebSocket. */
function tcpOf(context: Context): TcpSocket {
  return (context.env as HttpBindings).incoming.socket;
}

/** Refused after the upgrade, because a browser cannot read why an upgrade failed. */
function refuse(raw: WebSocket, { close, error, message }: ConnectionRefusal): void {
  raw.on('error', () => raw.terminate());
  const { code, temporary } = ERRORS[error];
  const form = wireFormOf(raw.protocol);
  const said = boundedMessage(message);
  raw.send(form.encode({ type: 'error', code, message: said, temporary }), {
    binary: !form.isText,
  });
  raw.close(CLOSE_CODES[close], message);
}
