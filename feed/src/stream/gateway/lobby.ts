/*
 * Admission and presence of connections over any transport (P23, P24): a WebSocket and an SSE stream are the same
 * connection on different sockets, count towards the same address and are refused for the same reasons.
 */
import type { Context } from 'hono';

import type { Clock } from '@tapedeck/market/time/clock';
import type { CLOSE_CODES } from '@tapedeck/market/wire/close-code';
import type { ErrorName } from '@tapedeck/market/wire/error-code';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';

import type { Access } from '../../access/access.ts';
import type { AddressLimits, Release } from '../../access/address-limits.ts';
import type { RefusalReason } from '../../access/refusal-tally.ts';
import { Connection } from '../connection/connection.ts';
import { StreamCounters } from '../connection/stream-counters.ts';
import { type Limits, REPLAY_RATE } from '../frame/limits.ts';
import type { Socket } from '../frame/socket.ts';
import type { WireForm } from '../frame/wire-form.ts';
import type { StreamHub } from '../hub/stream-hub.ts';
import { ResyncTally } from './resync-tally.ts';

/** A replay as the gateways see it: a hub of its own, commands, and viewers that join and leave. */
export interface ReplayDoor {
  readonly hub: StreamHub;
  readonly epoch: string;
  /** Carries out a command; returns the reason if it failed. */
  command(command: ReplayCommand): string | undefined;
  join(connection: Connection): void;
  leave(connection: Connection): void;
  /** Ends the replay for one connection, as the command with this id requested. */
  dismiss(connection: Connection, id: number | undefined): void;
}

export type LobbyOptions = {
  readonly access: Access;
  /** How much one address may have open. */
  readonly addresses: AddressLimits;
  readonly clock: Clock;
  readonly hub: StreamHub;
  readonly limits: Limits;
  readonly epoch: string;
  readonly build: string;
  /** Called with the age of the newest frame that a client acknowledges. */
  readonly onAck?: ((lagMs: number) => void) | undefined;
  /** Called for an unexpected error while a client's message was handled. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Why new clients are refused now; undefined while they are not. */
  readonly overload: () => string | undefined;
  /** Sits between a connection and its socket for fault injection; notified when the connection is gone. */
  readonly chaos?:
    | { disturb(id: string, socket: Socket): Socket; forget(id: string): void }
    | undefined;
  /** The replay with this id; undefined if there is none (any more). */
  readonly replay: (id: string) => ReplayDoor | undefined;
};

/** Why a client is refused: as a WebSocket close code, and as an error. */
export type ConnectionRefusal = {
  readonly close: keyof typeof CLOSE_CODES;
  readonly error: ErrorName;
  readonly message: string;
};

/** An admitted request: its address, and the replay it is for. */
export type Visit = { readonly address: string; readonly door: ReplayDoor | undefined };

/** A connected visitor. */
type Guest = { readonly door: ReplayDoor | undefined; readonly release: Release };

type RefusalParts = readonly [ConnectionRefusal['close'], ConnectionRefusal['error'], string];

/** The transport of a connection. */
export type Carrier = {
  readonly socket: Socket;
  readonly form: WireForm;
  /** Proves that a message sent as a request belongs to this connection (P31a). */
  readonly key?: string;
};

export class Lobby {
  readonly counters = new StreamCounters();
  readonly resyncs = new ResyncTally();
  readonly connections = new Set<Connection>();
  readonly #options: LobbyOptions;
  readonly #guests = new Map<Connection, Guest>();
  #nextId = 1;

  constructor(options: LobbyOptions) {
    this.#options = options;
  }

  /** Bytes that clients have not taken yet, in total. */
  get bufferedBytes(): number {
    let sum = 0;
    for (const connection of this.connections) sum += connection.bufferedBytes;
    return sum;
  }

  /** How often clients requested a resync of a channel of this symbol. */
  resyncsOf(symbol: string): number {
    return this.resyncs.of(symbol);
  }

  /** Whether a request may open a connection now. */
  judge(context: Context): Visit | { readonly refusal: ConnectionRefusal } {
    const { access } = this.#options;
    const refused = (reason: RefusalReason, ...[close, error, message]: RefusalParts) => {
      access.refusals.add(reason);
      return { refusal: { close, error, message } };
    };
    const visitor = access.visitor(context);
    const { origin, address } = visitor;
    if (!access.allowsOrigin(visitor))
      return refused('origin', 'origin', 'forbidden', `origin: "${origin}" is not allowed`);
    if (!access.allowsToken(visitor))
      return refused('token', 'badToken', 'unauthorised', 'token: missing or wrong');
    const overload = this.#options.overload();
    if (overload !== undefined) return refused('overload', 'tryLater', 'notReady', overload);
    const over = this.#options.addresses.refusal('connections', address);
    // An address at its limit must close its own connections; other limits also pass as other clients leave.
    if (over?.scope === 'address')
      return refused('address-limit', 'connectionLimit', 'tooManyRequests', over.message);
    if (over !== undefined) return refused('limit', 'tryLater', 'notReady', over.message);
    const replay = context.req.query('replay');
    if (replay === undefined) return { address, door: undefined };
    const door = this.#options.replay(replay);
    if (door === undefined) {
      const message = `unknown replay ${replay.slice(0, 40)}`;
      return { refusal: { close: 'replayNotFound', error: 'unknown', message } };
    }
    return { address, door };
  }

  /** Admits a visitor; the caller calls `leave` when the carrier is gone. */
  enter(visit: Visit, { socket, form, key }: Carrier): Connection {
    const { clock, limits, build, hub, epoch, onAck, chaos } = this.#options;
    const id = `c${this.#nextId++}`;
    const { address, door } = visit;
    const connection = new Connection({
      id,
      key,
      socket: chaos?.disturb(id, socket) ?? socket,
      form,
      hub: door?.hub ?? hub,
      clock,
      limits: door === undefined ? limits : forReplay(limits),
      counters: this.counters,
      epoch: door?.epoch ?? epoch,
      build,
      mode: door === undefined ? 'live' : 'replay',
      onResync: (symbol, reason) => this.resyncs.add(symbol, reason),
      onAck,
      command:
        door === undefined
          ? undefined
          : (command) =>
              command.command === 'live'
                ? this.#goLive(connection, command.id)
                : door.command(command),
    });
    const release = this.#options.addresses.take('connections', address);
    this.connections.add(connection);
    this.#guests.set(connection, { door, release });
    door?.join(connection);
    return connection;
  }

  /** Handles one frame. A bug in that ends this connection, whose client reconnects, and not the feed. */
  hear(connection: Connection, frame: string): void {
    try {
      connection.receive(frame);
    } catch (error) {
      this.#options.onError?.(error);
      connection.close('stateLost', 'internal error');
    }
  }

  /** The carrier of a connection is gone. Idempotent. */
  leave(connection: Connection): void {
    connection.closed();
    const guest = this.#guests.get(connection);
    if (guest === undefined) return;
    this.connections.delete(connection);
    this.#options.chaos?.forget(connection.id);
    this.#guests.delete(connection);
    guest.release();
    guest.door?.leave(connection);
  }

  /** P25a: leaves the replay, and only then joins the live market; the others stay. */
  #goLive(connection: Connection, id: number | undefined): undefined {
    const guest = this.#guests.get(connection);
    if (guest?.door === undefined) return;
    this.#guests.set(connection, { release: guest.release, door: undefined });
    guest.door.dismiss(connection, id);
    connection.goLive(this.#options);
  }

  /** The hub whose channels a visitor may follow. */
  hubOf({ door }: Visit): StreamHub {
    return door?.hub ?? this.#options.hub;
  }

  /** Tells all clients to come back later. */
  close(): void {
    for (const connection of [...this.connections])
      connection.close('shutdown', 'feed is stopping');
  }
}

/** P23b. */
function forReplay(limits: Limits): Limits {
  return {
    ...limits,
    messagesPerSecond: limits.messagesPerSecond * REPLAY_RATE,
    burst: limits.burst * REPLAY_RATE,
  };
}
