/*
 * One replay: a session being played, and the connections that watch it (P25-P29). The room has an engine and a hub
 * like the live market's; its source is the recording.
 */
import { historyErrorIn } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import type { Session } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Cancel, type Clock, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';
import { shownName } from '@tapedeck/market/wire/codec/codec';
import type { ReplayBody } from '@tapedeck/market/wire/http';
import type { ReplayCommand, ReplaySpeed, ReplayStateMessage } from '@tapedeck/market/wire/replay';

import { EventLog } from '../event/event-log.ts';
import type { ChannelIds } from '../stream/channel/channel-ids.ts';
import type { Connection } from '../stream/connection/connection.ts';
import type { ReplayDoor } from '../stream/gateway/lobby.ts';
import { StreamHub } from '../stream/hub/stream-hub.ts';
import { ReplayAudience } from './replay-audience.ts';
import { ReplayPlayer } from './replay-player.ts';
import { ReplayWorld } from './replay-world.ts';

/** P27: pacing per wall slice. */
const SLICE_MS = 50;
/** How often a playing room sends its clock. */
const TELL_MS = 200;
/** How often the recorded end is updated, and how much of it may still be on its way to the disk. */
const GROW_MS = 250;
const SETTLE_MS = 1_500;

export type RoomOptions = {
  readonly id: string;
  readonly history: History;
  readonly session: Session;
  readonly symbols: readonly string[];
  readonly range: { readonly from: EpochMs; readonly to: EpochMs };
  /** The range ends where an open recording currently ends, and grows with it (P29d). */
  readonly isGrowing: boolean;
  readonly at: EpochMs;
  readonly speed: ReplaySpeed;
  readonly clock: Clock;
  readonly ids: ChannelIds;
  /** Monotonic clock for the slice budget, ms. */
  readonly workNow: () => number;
  /** Work of one slice at most, ms; the rest is done in the next one, and the clock waits for it. */
  readonly budgetMs: () => number;
};

export class ReplayRoom implements ReplayDoor {
  readonly hub: StreamHub;
  readonly #options: RoomOptions;
  readonly #world: ReplayWorld;
  readonly #audience = new ReplayAudience();
  readonly #player: ReplayPlayer;
  readonly #cancel: Cancel;
  readonly #events: EventLog;
  #toldAt = LONG_AGO;
  #emptySince: MonotonicMs;
  #isGrowing: boolean;

  constructor(options: RoomOptions) {
    this.#options = options;
    const { id, history, session, symbols, clock, ids } = options;
    const time = (): EpochMs => this.#player.time;
    this.#world = new ReplayWorld({
      ...{ id, history, session: session.id, symbols, clock },
      audience: {
        isFollowed: (symbol) => this.hub.hasChannels(symbol),
        time,
        guard: (work) => void this.#guard(work),
      },
    });
    this.#events = new EventLog(this.#world.epoch);
    this.#player = new ReplayPlayer({
      ...options,
      session: session.id,
      onSeek: (moment) => this.#sought(moment),
      onEvent: (event) => {
        this.#world.apply(event);
        if (event.kind === 'event') this.#events.append(event.event.topic, event.event.body);
      },
    });
    this.hub = new StreamHub({ markets: this.#world.engine, clock, ids, time, paced: false });
    this.#emptySince = clock.monotonic();
    this.#isGrowing = options.isGrowing;
    // The room is complete, so the seek can use it. An unreadable history throws here.
    this.#sought(this.#player.time);
    const cancels = [clock.every(SLICE_MS, () => void this.#guard(() => this.#slice()))];
    if (this.#isGrowing)
      cancels.push(clock.every(GROW_MS, () => void this.#guard(() => this.#grow())));
    this.#cancel = () => {
      for (const cancel of cancels) cancel();
    };
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
  /** Market time reached. */
  get time(): EpochMs {
    return this.#player.time;
  }
  /** Since when there are no viewers; undefined while there are. */
  get emptySince(): MonotonicMs | undefined {
    return this.#audience.size === 0 ? this.#emptySince : undefined;
  }

  get playing(): boolean {
    return this.#player.playing;
  }
  /** By how much wall time its clock is late since it was last set, ms. */
  get driftMs(): number {
    return this.#player.driftMs;
  }

  describe(): ReplayBody {
    const { host } = this.#audience;
    const { from, to, time, speed, state } = this.#player;
    return {
      id: this.id,
      session: this.#options.session.id,
      symbols: [...this.symbols],
      from,
      to,
      clock: time,
      speed,
      state,
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
      // The remaining viewers learn who is host now.
      this.#tell(undefined, false);
      return;
    }
    this.#emptySince = this.#options.clock.monotonic();
    // No viewers: the clock waits until one returns.
    if (this.playing) this.#player.pause();
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
    const player = this.#player;
    let seeked = false;
    switch (command.command) {
      case 'play':
        if (player.ended) return 'play: the replay has ended, seek first';
        player.play();
        break;
      case 'pause':
        if (player.playing) player.pause();
        break;
      case 'speed':
        player.setSpeed(command.value);
        break;
      case 'seek': {
        const { from, to } = player;
        if (command.to < from || command.to > to)
          return `to: ${command.to} is outside the session, ${from} to ${to}`;
        player.seek(command.to);
        seeked = true;
        break;
      }
      case 'step': {
        const { unit, count, symbol } = command;
        if (count === 0) return 'count: 0 is not a step';
        if (symbol !== undefined && !this.symbols.includes(symbol))
          return `symbol: ${shownName(symbol)} is not in this replay`;
        const stepped = player.step(unit, count, symbol);
        if (stepped === undefined)
          return `unit: there is no ${unit} ${count > 0 ? 'after' : 'before'} ${player.time}`;
        seeked = stepped;
        this.hub.flush();
        break;
      }
      case 'live':
        // The lobby handles it: only the lobby has the live market.
        return 'command: "live" needs a connection to the feed';
    }
    this.#tell(command.id, seeked);
    return undefined;
  }

  /** Ends the replay for everyone. */
  close(reason = 'replay ended'): void {
    this.#cancel();
    this.#events.end();
    for (const connection of [...this.#audience]) connection.close('replayEnded', reason);
    this.hub.close();
  }

  /** An unreadable history ends this replay, not the feed. Returns what was wrong. */
  #guard(work: () => unknown): string | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      const problem = historyErrorIn(error);
      if (problem === undefined) throw error;
      this.#player.end();
      this.close(problem.message);
      return problem.message;
    }
  }

  /** A new epoch of everything: books, tapes, events (P28, P30). */
  #sought(time: EpochMs): void {
    const followed = this.#world.seek(time);
    this.#events.restart(this.#world.epoch);
    for (const market of followed) this.hub.refresh(market);
    this.hub.flush();
  }

  #slice(): void {
    const { workNow, budgetMs, clock } = this.#options;
    const { state } = this.#player;
    const deadline = workNow() + (this.playing ? budgetMs() : 0);
    this.#player.slice(deadline);
    this.hub.flush();
    const isNews = this.#player.state !== state;
    if (isNews || (this.playing && clock.monotonic() - this.#toldAt >= TELL_MS))
      this.#tell(undefined, false);
    this.#player.readAhead(deadline);
  }

  /**
   * What is recorded meanwhile can be played too (P29d), except for the newest part, which may still arrive out of
   * order.
   */
  #grow(): void {
    if (!this.#isGrowing || this.#audience.size === 0) return;
    const { history, session } = this.#options;
    this.#isGrowing = history.sessions.isOpen(session.id);
    const end = history.sessions.endOf(session.id) + 1;
    const { to } = this.#player;
    this.#player.extend(this.#isGrowing ? end - SETTLE_MS : end, this.#isGrowing);
    if (this.#player.to !== to && !this.playing) this.#tell(undefined, false);
  }

  #stateMessage(id?: number, seeked = false): ReplayStateMessage {
    const { host } = this.#audience;
    const { from, to, time, speed, state } = this.#player;
    return {
      type: 'replay-state',
      ...(id === undefined ? {} : { id }),
      state,
      clock: time,
      speed,
      ...(seeked ? { seeked } : {}),
      from,
      to,
      ...(host === undefined ? {} : { host }),
      connections: this.#audience.size,
    };
  }

  #tell(id: number | undefined, seeked: boolean): void {
    this.#toldAt = this.#options.clock.monotonic();
    this.#audience.tell(this.#stateMessage(id, seeked));
  }
}
