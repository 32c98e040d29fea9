/*
 * Who may come in and who is there, whatever carries them (P23, P24): a websocket and a server-sent stream are the
 * same connection on another socket, count for the same address and are refused for the same reasons.
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
  /** How much one address may have open. */
  readonly addresses: AddressLimits;
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
export type ConnectionRefusal = {
  readonly close: keyof typeof CLOSE_CODES;
  readonly error: ErrorName;
  readonly message: string;
};

/** Somebody who may come in: where from, and to which replay. */
export type Visit = { readonly address: string; readonly door: ReplayDoor | undefined };

/** A visitor who is in. */
type Guest = { readonly door: ReplayDoor | undefined; readonly release: Release };

type RefusalParts = readonly [ConnectionRefusal['close'], ConnectionRefusal['error'], string];

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
  readonly #guests = new Map<Connection, Guest>();
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
    // Its own connections nobody frees for it; those of others end.
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
    guest.release();
    guest.door?.leave(connection);
  }

  /** P25a: out of the replay, and only then into the live market; the others stay. */
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

  /** Tells everybody to come back later. */
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
