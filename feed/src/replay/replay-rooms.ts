import type { History } from '@tapedeck/db/history';
import type { Session } from '@tapedeck/market/instrument/session';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { ErrorName } from '@tapedeck/market/wire/error-code';
import type { CreateReplay } from '@tapedeck/market/wire/http';

import { ADDRESS_LIMITS } from '../access/address-limits.ts';
import type { ChannelIds } from '../stream/channel/channel-ids.ts';
import { ReplayRoom } from './replay-room.ts';

/** Rooms at once: each has books, a cursor and a segment of every symbol. */
const MAX_ROOMS = ADDRESS_LIMITS.replays.inAll;
/** A client that creates a room joins it within this time. */
const LEFT_MS = 5_000;
/** How long a room without viewers is kept. */
const EMPTY_MS = 120_000;
/**
 * Work of all replays together in one slice: the live market has the rest of the event loop, and waits no longer than
 * one screen frame. Ten minutes of nine markets still take only a second at `max`.
 */
const SLICES_BUDGET_MS = 16;
/** With less than this a slice would be all overhead. */
const LEAST_BUDGET_MS = 2;
/** Sessions that a refusal names. */
const MAX_NAMED = 5;
/** Symbols of one replay. */
const MAX_SYMBOLS = 50;

/** Why a replay could not be created. */
export type RoomRefusal = { readonly error: ErrorName; readonly message: string };

/** All replays of this feed. */
export class ReplayRooms {
  readonly #history: History;
  readonly #clock: Clock;
  readonly #ids: ChannelIds;
  readonly #newId: () => string;
  readonly #workNow: () => number;
  readonly #rooms = new Map<string, ReplayRoom>();
  readonly #onEnd = new Map<string, () => void>();
  readonly #owners = new Map<string, string>();
  readonly #cancel: Cancel;

  constructor(options: {
    readonly history: History;
    readonly clock: Clock;
    readonly ids: ChannelIds;
    readonly newId: () => string;
    readonly workNow: () => number;
  }) {
    this.#history = options.history;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#newId = options.newId;
    this.#workNow = options.workNow;
    this.#cancel = this.#clock.every(EMPTY_MS / 4, () => this.#sweep());
  }

  get(id: string): ReplayRoom | undefined {
    return this.#rooms.get(id);
  }

  list(): readonly ReplayRoom[] {
    return [...this.#rooms.values()];
  }

  /** Figures of the replays for metrics: `driftMs` is that of the latest clock. */
  figures(): {
    readonly rooms: number;
    readonly playing: number;
    readonly connections: number;
    readonly driftMs: number;
  } {
    const rooms = this.list();
    return {
      rooms: rooms.length,
      playing: this.#playing(),
      connections: rooms.reduce((sum, room) => sum + room.describe().connections, 0),
      driftMs: rooms.reduce(
        (most, room) => (room.playing ? Math.max(most, room.driftMs) : most),
        0,
      ),
    };
  }

  #playing(): number {
    let count = 0;
    for (const room of this.#rooms.values()) if (room.playing) count++;
    return count;
  }

  /**
   * Creates a room, paused at `at` (the beginning by default), or returns why not; `onEnd` is called when it ends.
   */
  create(
    request: CreateReplay,
    onEnd: () => void = () => {},
    owner = '',
  ): ReplayRoom | RoomRefusal {
    if (this.#rooms.size >= MAX_ROOMS) this.deleteLeft();
    if (this.#rooms.size >= MAX_ROOMS)
      return { error: 'tooManyRequests', message: `more than ${MAX_ROOMS} replays are open` };
    const session = this.#session(request);
    if ('error' in session) return session;
    const symbols = request.symbols ?? session.symbols.slice(0, MAX_SYMBOLS);
    const missing = symbols.find((symbol) => !session.symbols.includes(symbol));
    if (missing !== undefined)
      return { error: 'unknown', message: `symbols: ${missing} is not in session ${session.id}` };
    if (symbols.length === 0)
      return { error: 'badRequest', message: `session: ${session.id} has recorded nothing yet` };
    const refusal = this.#beyond(session, request);
    if (refusal !== undefined) return { error: 'badRequest', message: refusal };
    const range = {
      from: request.from ?? session.from,
      // One past the last event, so that the end of the clock is the end of the session (events before t).
      to: Math.min(session.to, request.to ?? session.to) + 1,
    };
    if (range.from >= range.to)
      return {
        error: 'badRequest',
        message: `from: ${range.from} is after the last event of session ${session.id}, at ${session.to}`,
      };
    const at = request.at ?? range.from;
    if (at < range.from || at > range.to)
      return {
        error: 'badRequest',
        message: `at: ${at} is outside of ${range.from} to ${range.to}`,
      };
    const room = new ReplayRoom({
      id: this.#newId(),
      history: this.#history,
      session,
      symbols,
      range,
      isGrowing: session.open && request.to === undefined,
      at,
      speed: request.speed ?? 1,
      clock: this.#clock,
      ids: this.#ids,
      workNow: this.#workNow,
      budgetMs: () => Math.max(LEAST_BUDGET_MS, SLICES_BUDGET_MS / Math.max(1, this.#playing())),
    });
    this.#rooms.set(room.id, room);
    this.#onEnd.set(room.id, onEnd);
    this.#owners.set(room.id, owner);
    return room;
  }

  /** Ends a replay; false if there is none. */
  delete(id: string): boolean {
    const room = this.#rooms.get(id);
    room?.close();
    this.#onEnd.get(id)?.();
    this.#onEnd.delete(id);
    this.#owners.delete(id);
    return this.#rooms.delete(id);
  }

  /** Ends the replays of sessions that no longer exist: another file is the history now. */
  endGone(): void {
    for (const { id, session } of this.list()) {
      if (this.#history.sessions.get(session.id) === undefined) this.delete(id);
    }
  }

  close(): void {
    this.#cancel();
    for (const id of [...this.#rooms.keys()]) this.delete(id);
  }

  /**
   * Ends the room that has been without viewers for longest, of this owner or of all, because each page reload
   * creates one. False if all are watched, or were created a moment ago.
   */
  deleteLeft(owner?: string): boolean {
    const now = this.#clock.monotonic();
    const [longest] = this.list()
      .filter(({ id }) => owner === undefined || this.#owners.get(id) === owner)
      .filter(({ emptySince = now }) => now - emptySince >= LEFT_MS)
      .toSorted((a, b) => (a.emptySince ?? 0) - (b.emptySince ?? 0));
    return longest !== undefined && this.delete(longest.id);
  }

  /**
   * A replay is of one session: a range beyond it would be cut silently (P26). Returns what is beyond it, if
   * anything.
   */
  #beyond(session: Session, { from, to }: Pick<CreateReplay, 'from' | 'to'>): string | undefined {
    if (from !== undefined && from < session.from)
      return `from: ${from} is before session ${session.id}, which begins at ${session.from}`;
    // A session being recorded has nothing later than its last event, up to now.
    const end = session.open ? Math.max(session.to + 1, this.#clock.now()) : session.to + 1;
    if (to !== undefined && to > end)
      return `to: ${to} is after session ${session.id}, which ends at ${session.to}`;
    return undefined;
  }

  /** The named session, or the one with the whole range: of several, the one with most book data. */
  #session({ session, from, to, symbols = [] }: CreateReplay): Session | RoomRefusal {
    if (session !== undefined) {
      const found = this.#history.sessions.get(session);
      return found ?? { error: 'unknown', message: `session: unknown session ${session}` };
    }
    if (from === undefined || to === undefined)
      return { error: 'badRequest', message: 'session: missing, and no from and to instead' };
    if (from >= to) return { error: 'badRequest', message: `to: ${to} is not after from ${from}` };
    const touched = this.#history.sessions
      .overlapping(from, to)
      .filter((each) => symbols.every((symbol) => each.symbols.includes(symbol)))
      .toSorted((a, b) => overlap(b, from, to) - overlap(a, from, to) || a.from - b.from);
    const [most] = touched;
    if (most === undefined) {
      const of = symbols.length === 0 ? '' : ` for ${symbols.join(', ')}`;
      return { error: 'unknown', message: `from: nothing is recorded${of} from ${from} to ${to}` };
    }
    const whole = touched
      .filter((each) => this.#beyond(each, { from, to }) === undefined)
      .toSorted((a, b) => b.counts.deltas - a.counts.deltas)[0];
    if (whole !== undefined) return whole;
    const others = touched
      .slice(1, MAX_NAMED)
      .map((each) => `; ${each.id} is from ${each.from} to ${each.to}`);
    const why = this.#beyond(most, { from, to }) ?? '';
    return { error: 'badRequest', message: `${why}${others.join('')}` };
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const room of this.#rooms.values()) {
      const { emptySince } = room;
      if (emptySince !== undefined && now - emptySince >= EMPTY_MS) this.delete(room.id);
    }
  }
}

function overlap(session: Session, from: number, to: number): number {
  return Math.min(session.to, to) - Math.max(session.from, from);
}
