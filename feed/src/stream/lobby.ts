/*
 * Who may come in and who is there, whatever carries them (P23, P24): a websocket and a server-sent stream are the
 * same connection on another socket, count for the same address and are refused for the same reasons.
 */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

import type { Clock } from '@tapedeck/market/clock';
import type { CLOSE_CODES } from '@tapedeck/market/wire/close-code';
import type { ErrorName } from '@tapedeck/market/wire/error-code';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';

import type { Access } from '../access.ts';
import { Connection } from './connection.ts';
import type { Limits } from './limits.ts';
import { ResyncTally } from './resync-tally.ts';
import type { Socket } from './socket.ts';
import { StreamCounters } from './stream-counters.ts';
import type { StreamHub } from './stream-hub.ts';
import type { WireForm } from './wire-form.ts';

/** A replay as the gateways see it: a hub of its own, commands, and somebody who joins or leaves. */
export interface ReplayDoor {
  readonly hub: StreamHub;
  readonly epoch: string;
  /** Carries out a command; a text says why it could not be. */
  command(command: ReplayCommand): string | undefined;
  join(connection: Connection): void;
  leave(connection: Connection): void;
  /** Tells one that its replay is over for it alone, which the command with this id asked for. */
  dismiss(connection: Connection, id: number | undefined): void;
}

export type LobbyOptions = {
  readonly access: Access;
  readonly clock: Clock;
  readonly hub: StreamHub;
  readonly limits: Limits;
  readonly epoch: string;
  readonly build: string;
  /** Told how old the newest frame was that a client says it has processed. */
  readonly onAck?: ((lagMs: number) => void) | undefined;
  /** Told of what nobody expected while a client was heard. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Why nobody new is let in now; undefined while anybody is. */
  readonly overload: () => string | undefined;
  /** Stands between a connection and its socket, where faults are injected; told when the connection is gone. */
  readonly chaos?:
    | { disturb(id: string, socket: Socket): Socket; forget(id: string): void }
    | undefined;
  /** The replay of this id; undefined where there is none (any more). */
  readonly replay: (id: string) => ReplayDoor | undefined;
};

/** Why somebody is not let in: as a close code of a websocket, and as an error. */
export type Refusal = {
  readonly close: keyof typeof CLOSE_CODES;
  readonly error: ErrorName;
  readonly message: string;
};

/** Somebody who may come in: where from, and to which replay. */
export type Visit = { readonly address: string; readonly door: ReplayDoor | undefined };

/** What carries a connection. */
export type Carrier = {
  readonly socket: Socket;
  readonly form: WireForm;
  /** What proves that a message from elsewhere belongs to this connection (P31a). */
  readonly key?: string;
};

export class Lobby {
  readonly counters = new StreamCounters();
  readonly resyncs = new ResyncTally();
  readonly connections = new Set<Connection>();
  readonly #options: LobbyOptions;
  readonly #perAddress = new Map<string, number>();
  readonly #guests = new Map<Connection, Visit>();
  #nextId = 1;

  constructor(options: LobbyOptions) {
    this.#options = options;
  }

  /** Bytes that clients have not taken yet, all together. */
  get bufferedBytes(): number {
    let sum = 0;
    for (const connection of this.connections) sum += connection.bufferedBytes;
    return sum;
  }

  /** How often clients asked for a resync of a channel of this symbol. */
  resyncsOf(symbol: string): number {
    return this.resyncs.of(symbol);
  }

  /** Whether a request may open a connection now. */
  judge(context: Context): Visit | { readonly refusal: Refusal } {
    const { access, limits } = this.#options;
    const origin = context.req.header('origin');
    const visitor = {
      origin,
      forwardedHost: context.req.header('x-forwarded-host'),
      authorization: context.req.header('authorization'),
      token: context.req.query('token'),
    };
    if (!access.allowsOrigin(visitor))
      return refused('origin', 'forbidden', `origin: "${origin}" is not allowed`);
    if (!access.allowsToken(visitor))
      return refused('badToken', 'unauthorised', 'token: missing or wrong');
    const overload = this.#options.overload();
    if (overload !== undefined) return refused('tryLater', 'notReady', overload);
    const address = addressOf(context);
    const most = limits.connectionsPerAddress;
    if ((this.#perAddress.get(address) ?? 0) >= most)
      return refused(
        'connectionLimit',
        'tooManyRequests',
        `more than ${most} connections from this address`,
      );
    const replay = context.req.query('replay');
    if (replay === undefined) return { address, door: undefined };
    const door = this.#options.replay(replay);
    if (door === undefined)
      return refused('replayNotFound', 'unknown', `unknown replay ${replay.slice(0, 40)}`);
    return { address, door };
  }

  /** Lets a visitor in; whoever calls it calls `leave` when the carrier is gone. */
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
      limits,
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
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    this.connections.add(connection);
    this.#guests.set(connection, visit);
    door?.join(connection);
    return connection;
  }

  /** Hears one frame. A bug in it ends that connection, which starts afresh elsewhere, and not the feed. */
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
    const count = (this.#perAddress.get(guest.address) ?? 1) - 1;
    if (count > 0) this.#perAddress.set(guest.address, count);
    else this.#perAddress.delete(guest.address);
    guest.door?.leave(connection);
  }

  /** P25a: out of the replay, and only then into the live market; the others stay. */
  #goLive(connection: Connection, id: number | undefined): undefined {
    const guest = this.#guests.get(connection);
    if (guest?.door === undefined) return;
    this.#guests.set(connection, { address: guest.address, door: undefined });
    guest.door.dismiss(connection, id);
    connection.goLive(this.#options);
  }

  /** The hub whose channels a visitor may follow. */
  hubOf({ door }: Visit): StreamHub {
    return door?.hub ?? this.#options.hub;
  }

  /** Tells everybody to come back later. */
  close(): void {
    for (const connection of [...this.connections])
      connection.close('shutdown', 'feed is stopping');
  }
}

function refused(
  close: Refusal['close'],
  error: ErrorName,
  message: string,
): { readonly refusal: Refusal } {
  return { refusal: { close, error, message } };
}

/** The address that limits count: behind the dashboard's own proxy on this machine, the one it forwards for. */
function addressOf(context: Context): string {
  const address = getConnInfo(context).remote.address ?? 'unknown';
  const forwarded = context.req.header('x-forwarded-for')?.split(',')[0]?.trim();
  const local = address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1';
  return local && forwarded !== undefined && forwarded !== '' ? forwarded : address;
}
