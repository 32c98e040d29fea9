/*
 * One replay: a session on a clock of its own, and the connections that watch it (P25-P29). The room has an engine and
 * a hub like the live world's; its source is the recording. At clock t every event with `eventTime < t` has happened,
 * whether the clock was played or sought there (P28).
 *
 *   loading ─▶ paused ⇄ playing ⇄ buffering ─▶ ended     seek: from any state, new epoch, back to paused or playing
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
import { ReplayAudience } from './replay-audience.ts';
import { ReplayCursor } from './replay-cursor.ts';
import { ReplayPace } from './replay-pace.ts';
import { stepTarget } from './replay-step.ts';
import { ReplayWorld } from './replay-world.ts';

/** P27: pacing per wall slice. */
export const SLICE_MS = 50;
/** A longer step is sought: playing it would take the event loop from the live market. */
const FAR_STEP_MS = 60_000;
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
  /** Work of one slice at most, ms; what is left over comes with the next one, and the clock waits for it. */
  readonly budgetMs: () => number;
};

export class ReplayRoom implements ReplayDoor {
  readonly hub: StreamHub;
  readonly #options: RoomOptions;
  readonly #world: ReplayWorld;
  readonly #audience = new ReplayAudience();
  readonly #pace = new ReplayPace();
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
    return this.#audience.size === 0 ? this.#emptySince : undefined;
  }

  /** Whether its clock runs, or would if it could. */
  get playing(): boolean {
    return this.#state === 'playing' || this.#state === 'buffering';
  }
  /** Wall time by which its clock is late, since it was last set, ms. */
  get driftMs(): number {
    return this.#pace.driftMs;
  }

  describe(): ReplayBody {
    const { host } = this.#audience;
    return {
      id: this.id,
      session: this.#options.session.id,
      symbols: [...this.symbols],
      from: this.#clock.from,
      to: this.#clock.to,
      clock: this.#reached,
      speed: this.#speed,
      state: this.#state,
      connections: this.#audience.size,
      ...(host === undefined ? {} : { host }),
    };
  }

  join(connection: Connection): void {
    this.#audience.add(connection);
    this.#tell(undefined, false);
  }

  leave(connection: Connection): void {
    if (!this.#audience.delete(connection)) return;
    if (this.#audience.size > 0) {
      // Who is left learns who leads now.
      this.#tell(undefined, false);
      return;
    }
    this.#emptySince = this.#options.clock.now();
    // Nobody watches: the clock waits for whoever comes back.
    if (this.playing) this.#pause();
  }

  dismiss(connection: Connection, id: number | undefined): void {
    connection.send({ ...this.#stateMessage(id), state: 'ended' });
    this.leave(connection);
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
        if (this.playing) break;
        this.#clock = this.#clock.play(now);
        this.#state = 'playing';
        this.#pace.restart();
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
        // The lobby carries it out: it alone knows the live market.
        return 'command: "live" needs a connection of the feed';
    }
    this.#tell(command.id, seeked);
    return undefined;
  }

  /** Ends the replay for everybody. */
  close(reason = 'replay ended'): void {
    this.#cancel();
    this.#events.end();
    for (const connection of [...this.#audience]) connection.close('replayEnded', reason);
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
    this.#pace.restart();
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
    this.#pace.restart();
    this.#reached = this.#clock.timeAt(now);
    this.#world.seek(this.#reached);
    this.#events.restart(this.#world.epoch);
    this.#cursor = this.#cursorAt(this.#reached);
    for (const market of this.#world.engine.markets()) this.hub.refresh(market);
    this.hub.flush();
    if (this.#state === 'ended') this.#state = 'paused';
    if (this.playing) this.#state = 'playing';
    if (this.#state === 'paused') this.#clock = this.#clock.pause(now);
  }

  /** Steps pause. Backwards and far ahead they seek; near ahead they play on, in one go. Returns whether it sought. */
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
    const isFar = target - this.#reached > FAR_STEP_MS;
    // What was stepped to happens before the eyes of those who watch, however it was come by.
    if (isFar) this.#seek(target - 1);
    this.#advance(target, Number.POSITIVE_INFINITY);
    this.#clock = this.#anchored();
    this.hub.flush();
    if (this.#reached >= this.#clock.to) this.#end();
    return isFar;
  }

  #slice(): void {
    if (!this.playing) {
      this.hub.flush();
      this.#readAhead(0);
      return;
    }
    const { workNow, budgetMs, clock } = this.#options;
    const now = clock.now();
    const deadline = workNow() + budgetMs();
    const target = this.#max ? this.#clock.to : this.#clock.timeAt(now);
    this.#advance(target, deadline);
    // Late work holds the clock back: it never shows a time whose events have not happened.
    if (this.#max || this.#reached < target) this.#clock = this.#anchored();
    this.hub.flush();
    if (this.#reached >= this.#clock.to) {
      this.#end();
      this.#tell(undefined, false);
      return;
    }
    // At `max` there is no pace to fall behind.
    if (!this.#max) this.#pace.slice((target - this.#reached) / this.#clock.speed);
    const state = this.#pace.behind ? 'buffering' : 'playing';
    const isNews = state !== this.#state;
    this.#state = state;
    if (isNews || now - this.#toldAt >= TELL_MS) this.#tell(undefined, false);
    this.#readAhead(deadline);
  }

  /** With the time that a slice has left: what the next ones will need. One segment in any case. */
  #readAhead(deadline: number): void {
    while (this.#cursor.readAhead() && this.#options.workNow() < deadline);
  }

  #end(): void {
    this.#clock = this.#anchored().pause(this.#options.clock.now());
    this.#state = 'ended';
  }

  /** Applies everything before `target`, until the deadline by `workNow`. */
  #advance(target: EpochMs, deadline: number): void {
    const { workNow } = this.#options;
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
    const { host } = this.#audience;
    return {
      type: 'replay-state',
      ...(id === undefined ? {} : { id }),
      state: this.#state,
      clock: this.#reached,
      speed: this.#speed,
      ...(seeked ? { seeked } : {}),
      from: this.#clock.from,
      to: this.#clock.to,
      ...(host === undefined ? {} : { host }),
      connections: this.#audience.size,
    };
  }

  #tell(id: number | undefined, seeked: boolean): void {
    this.#toldAt = this.#options.clock.now();
    this.#audience.tell(this.#stateMessage(id, seeked));
  }
}
