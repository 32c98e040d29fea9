/*
 * One replay: a session on a clock of its own, and the connections that watch it (P25-P29). The room has an engine and
 * a hub like the live world's; its source is the recording. At clock t every event with `eventTime < t` has happened,
 * whether the clock was played or sought there (P28).
 *
 *   loading ─▶ paused ⇄ playing ─▶ ended          seek: from any state, new epoch, back to paused or playing
 */
import type { History } from '@tapedeck/db/history';
import { HistoryError } from '@tapedeck/db/history-error';
import type { Cancel, Clock } from '@tapedeck/market/clock';
import type { EpochMs } from '@tapedeck/market/level';
import { ReplayClock } from '@tapedeck/market/replay-clock';
import type { Session } from '@tapedeck/market/session';
import type { ReplayBody } from '@tapedeck/market/wire/http';
import type {
  ReplayCommand,
  ReplaySpeed,
  ReplayStateMessage,
  ReplayStateName,
} from '@tapedeck/market/wire/replay';

import { EventLog } from '../event/event-log.ts';
import type { ChannelIds } from '../stream/channel-ids.ts';
import type { Connection } from '../stream/connection.ts';
import type { ReplayDoor } from '../stream/lobby.ts';
import { StreamHub } from '../stream/stream-hub.ts';
import { ReplayCursor } from './replay-cursor.ts';
import { stepTarget } from './replay-step.ts';
import { ReplayWorld } from './replay-world.ts';

/** P27: pacing per wall slice. */
export const SLICE_MS = 50;
/** Work of one slice at most; what is left over comes with the next one, and the clock waits for it. */
const SLICE_BUDGET_MS = 30;
/** How often a playing room tells its clock. */
const TELL_MS = 200;

export type RoomOptions = {
  readonly id: string;
  readonly history: History;
  readonly session: Session;
  readonly symbols: readonly string[];
  readonly range: { readonly from: EpochMs; readonly to: EpochMs };
  readonly at: EpochMs;
  readonly speed: ReplaySpeed;
  readonly clock: Clock;
  readonly ids: ChannelIds;
  /** Monotonic time for the slice budget, ms. */
  readonly workNow: () => number;
};

export class ReplayRoom implements ReplayDoor {
  readonly hub: StreamHub;
  readonly #options: RoomOptions;
  readonly #world: ReplayWorld;
  readonly #connections = new Set<Connection>();
  readonly #cancel: Cancel;
  readonly #events: EventLog;
  #clock: ReplayClock;
  #max: boolean;
  #cursor: ReplayCursor;
  /** Every event before this has been applied. */
  #reached: EpochMs;
  #state: ReplayStateName = 'loading';
  #toldAt: EpochMs = 0;
  #emptySince: EpochMs;

  constructor(options: RoomOptions) {
    this.#options = options;
    const { id, history, session, symbols, range, at, clock, ids } = options;
    this.#world = new ReplayWorld({ id, history, session: session.id, symbols, clock });
    this.hub = new StreamHub({ engine: this.#world.engine, clock, ids, paced: false });
    this.#events = new EventLog(this.#world.epoch);
    this.#clock = ReplayClock.at(range, at);
    this.#max = false;
    this.#reached = this.#clock.timeAt(clock.now());
    this.#world.seek(this.#reached);
    this.#cursor = this.#cursorAt(this.#reached);
    this.#setSpeed(options.speed);
    this.#state = 'paused';
    this.#emptySince = clock.now();
    this.#cancel = clock.every(SLICE_MS, () => void this.#guard(() => this.#slice()));
  }

  get id(): string {
    return this.#options.id;
  }
  get epoch(): string {
    return this.#world.epoch;
  }
  get engine(): ReplayWorld['engine'] {
    return this.#world.engine;
  }
  /** Recorded news and status on the replay's clock (P30). */
  get events(): EventLog {
    return this.#events;
  }
  get session(): Session {
    return this.#options.session;
  }
  get symbols(): readonly string[] {
    return this.#options.symbols;
  }
  /** Market time that has been reached. */
  get time(): EpochMs {
    return this.#reached;
  }
  /** Since when nobody watches; undefined while somebody does. */
  get emptySince(): EpochMs | undefined {
    return this.#connections.size === 0 ? this.#emptySince : undefined;
  }

  describe(): ReplayBody {
    return {
      id: this.id,
      session: this.#options.session.id,
      symbols: [...this.symbols],
      from: this.#clock.from,
      to: this.#clock.to,
      clock: this.#reached,
      speed: this.#speed,
      state: this.#state,
      connections: this.#connections.size,
    };
  }

  join(connection: Connection): void {
    this.#connections.add(connection);
    connection.send(this.#stateMessage());
    connection.flush();
  }

  leave(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#emptySince = this.#options.clock.now();
    // Nobody watches: the clock waits for whoever comes back.
    if (this.#state === 'playing') this.#pause();
  }

  command(command: ReplayCommand): string | undefined {
    let refusal: string | undefined;
    return this.#guard(() => (refusal = this.#carryOut(command))) ?? refusal;
  }

  #carryOut(command: ReplayCommand): string | undefined {
    const now = this.#options.clock.now();
    let seeked = false;
    switch (command.command) {
      case 'play':
        if (this.#state === 'ended') return 'play: the replay has ended, seek first';
        this.#clock = this.#clock.play(now);
        this.#state = 'playing';
        break;
      case 'pause':
        if (this.#state !== 'ended') this.#pause();
        break;
      case 'speed':
        this.#setSpeed(command.value);
        break;
      case 'seek': {
        const { from, to } = this.#clock;
        if (command.to < from || command.to > to)
          return `to: ${command.to} is outside of the session, ${from} to ${to}`;
        this.#seek(command.to);
        seeked = true;
        break;
      }
      case 'step':
        if (command.count === 0) return 'count: 0 steps go nowhere';
        seeked = this.#step(command.unit, command.count);
        break;
      case 'live':
        return 'command: "live" is not available, open /v1/stream without a replay';
    }
    this.#tell(command.id, seeked);
    return undefined;
  }

  /** Ends the replay for everybody. */
  close(reason = 'replay ended'): void {
    this.#cancel();
    this.#events.end();
    for (const connection of [...this.#connections]) connection.close('replayEnded', reason);
    this.hub.close();
  }

  /** A history that cannot be read ends this replay, not the feed. Returns what was wrong. */
  #guard(work: () => unknown): string | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      this.#state = 'ended';
      this.close(error.message);
      return error.message;
    }
  }

  get #speed(): ReplaySpeed {
    return this.#max ? 'max' : this.#clock.speed;
  }

  #setSpeed(value: ReplaySpeed): void {
    const now = this.#options.clock.now();
    this.#max = value === 'max';
    // At `max` the cursor drives and the clock follows; it must not run by itself.
    this.#clock = this.#anchored().withSpeed(now, value === 'max' ? 1 : value);
  }

  #pause(): void {
    this.#clock = this.#anchored().pause(this.#options.clock.now());
    this.#state = 'paused';
  }

  /** The clock standing at what has really been reached: work that is late, or `max`, moves it. */
  #anchored(): ReplayClock {
    return this.#clock.seek(this.#options.clock.now(), this.#reached);
  }

  #seek(to: EpochMs): void {
    const now = this.#options.clock.now();
    this.#clock = this.#clock.seek(now, to);
    this.#reached = this.#clock.timeAt(now);
    this.#world.seek(this.#reached);
    this.#events.restart(this.#world.epoch);
    this.#cursor = this.#cursorAt(this.#reached);
    for (const market of this.#world.engine.markets()) this.hub.refresh(market);
    this.hub.flush();
    if (this.#state === 'ended') this.#state = 'paused';
    if (this.#state === 'paused') this.#clock = this.#clock.pause(now);
  }

  /** Steps pause. Backwards they seek; forwards they play on, in one go. Returns whether it sought. */
  #step(unit: Extract<ReplayCommand, { command: 'step' }>['unit'], count: number): boolean {
    this.#pause();
    const { history, session } = this.#options;
    const target = stepTarget(
      { history, session: session.id, symbols: this.symbols, range: this.#clock },
      this.#reached,
      unit,
      count,
    );
    if (target < this.#reached) {
      this.#seek(target);
      return true;
    }
    this.#advance(target, Number.POSITIVE_INFINITY);
    this.#clock = this.#anchored();
    this.hub.flush();
    if (this.#reached >= this.#clock.to) this.#end();
    return false;
  }

  #slice(): void {
    if (this.#state !== 'playing') {
      this.hub.flush();
      return;
    }
    const now = this.#options.clock.now();
    const target = this.#max ? this.#clock.to : this.#clock.timeAt(now);
    this.#advance(target, SLICE_BUDGET_MS);
    // Late work holds the clock back: it never shows a time whose events have not happened.
    if (this.#max || this.#reached < target) this.#clock = this.#anchored();
    this.hub.flush();
    if (this.#reached >= this.#clock.to) {
      this.#end();
      this.#tell(undefined, false);
    } else if (now - this.#toldAt >= TELL_MS) {
      this.#tell(undefined, false);
    }
  }

  #end(): void {
    this.#clock = this.#anchored().pause(this.#options.clock.now());
    this.#state = 'ended';
  }

  /** Applies everything before `target`, for as long as the budget lasts. */
  #advance(target: EpochMs, budgetMs: number): void {
    const { workNow } = this.#options;
    const deadline = workNow() + budgetMs;
    for (let count = 1; ; count++) {
      const event = this.#cursor.takeBefore(target);
      if (event === undefined) {
        this.#reached = target;
        return;
      }
      this.#world.apply(event);
      if (event.kind === 'event') this.#events.append(event.event.topic, event.event.body);
      if (count % 256 !== 0 || workNow() < deadline) continue;
      // Stop between two moments: all events of one millisecond belong together.
      const next = this.#cursor.peek();
      if (next !== undefined && next.time > event.time) {
        this.#reached = Math.min(target, event.time + 1);
        return;
      }
    }
  }

  #cursorAt(time: EpochMs): ReplayCursor {
    const { history, session } = this.#options;
    return new ReplayCursor(history, session.id, this.symbols, time);
  }

  #stateMessage(id?: number, seeked = false): ReplayStateMessage {
    return {
      type: 'replay-state',
      ...(id === undefined ? {} : { id }),
      state: this.#state,
      clock: this.#reached,
      speed: this.#speed,
      ...(seeked ? { seeked } : {}),
      from: this.#clock.from,
      to: this.#clock.to,
    };
  }

  #tell(id: number | undefined, seeked: boolean): void {
    this.#toldAt = this.#options.clock.now();
    const message = this.#stateMessage(id, seeked);
    for (const connection of this.#connections) {
      connection.send(message);
      connection.flush();
    }
  }
}
