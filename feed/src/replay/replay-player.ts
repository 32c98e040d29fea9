/*
 * A session being played: its clock, what has been applied to the world by then, and what comes next. At clock t
 * every event with `eventTime < t` has happened, whether the clock got there by playing or by a seek (P28).
 *
 *   paused ⇄ playing ⇄ buffering ─▶ ended          seek: from any state, back to paused or playing
 */
import type { History } from '@tapedeck/db/history';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';
import { ReplayClock } from '@tapedeck/market/time/replay-clock';
import type { ReplaySpeed, ReplayStateName, StepUnit } from '@tapedeck/market/wire/replay';

import { ReplayCursor, type ReplayEvent } from './replay-cursor.ts';
import { ReplayPace } from './replay-pace.ts';
import { stepTarget } from './replay-step.ts';

/** A longer step is done by a seek: playing it would block the live market's event loop. */
const FAR_STEP_MS = 60_000;
/** Events between two readings of the clock. */
const WATCH_EVENTS = 256;

export type PlayerOptions = {
  readonly history: History;
  readonly session: string;
  readonly symbols: readonly string[];
  readonly range: { readonly from: EpochMs; readonly to: EpochMs };
  /** Still being recorded: its current end is not final (P29d). */
  readonly isGrowing: boolean;
  readonly at: EpochMs;
  readonly speed: ReplaySpeed;
  readonly clock: Clock;
  /** Monotonic clock that limits a slice, ms. */
  readonly workNow: () => number;
  /** Brings the world to its state before a time; not called during construction. */
  readonly onSeek: (time: EpochMs) => void;
  /** Applies the next event to the world. */
  readonly onEvent: (event: ReplayEvent) => void;
};

export class ReplayPlayer {
  readonly #options: PlayerOptions;
  readonly #pace = new ReplayPace();
  #clock: ReplayClock;
  #max = false;
  /** Opened when needed: most seeks of a drag never need it. */
  #cursor: ReplayCursor | undefined;
  /** The cursor may not have seen what was recorded after this. */
  #cursorTo: EpochMs = 0;
  #isGrowing: boolean;
  /** Every event before this has been applied. */
  #reached: EpochMs;
  #ended = false;

  /**
   * Positioned at `at`, or at the nearest time in the range. Nothing is applied yet: the owner brings the world to
   * `time` when it is ready, before calling any method.
   */
  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#isGrowing = options.isGrowing;
    this.#clock = ReplayClock.at(options.range, options.at);
    this.#reached = this.#clock.timeAt(options.clock.monotonic());
    this.setSpeed(options.speed);
  }

  get state(): ReplayStateName {
    if (this.#ended) return 'ended';
    if (!this.#clock.playing) return 'paused';
    return this.#pace.behind ? 'buffering' : 'playing';
  }
  /** Whether its clock runs, or would if it could. */
  get playing(): boolean {
    return this.#clock.playing;
  }
  get ended(): boolean {
    return this.#ended;
  }
  /** Market time reached. */
  get time(): EpochMs {
    return this.#reached;
  }
  get from(): EpochMs {
    return this.#clock.from;
  }
  get to(): EpochMs {
    return this.#clock.to;
  }
  get speed(): ReplaySpeed {
    return this.#max ? 'max' : this.#clock.speed;
  }
  /** By how much wall time the clock is late since it was last set, ms. */
  get driftMs(): number {
    return this.#pace.driftMs;
  }

  play(): void {
    if (this.playing) return;
    this.#clock = this.#clock.play(this.#now);
    this.#pace.restart();
  }

  /** More was recorded; with `isGrowing` false nothing more will be. */
  extend(to: EpochMs, isGrowing: boolean): void {
    this.#isGrowing = isGrowing;
    if (to > this.to) this.#clock = this.#anchored().withEnd(this.#now, to);
  }

  pause(): void {
    this.#clock = this.#anchored().pause(this.#now);
  }

  /** Nothing follows, until a seek or a step back. */
  end(): void {
    this.pause();
    this.#ended = true;
  }

  setSpeed(value: ReplaySpeed): void {
    this.#max = value === 'max';
    // At `max` the cursor drives and the clock follows; it must not run by itself.
    this.#clock = this.#anchored().withSpeed(this.#now, value === 'max' ? 1 : value);
    this.#pace.restart();
  }

  /** Continues playing if it was; after the end it is paused. */
  seek(to: EpochMs): void {
    this.#clock = this.#clock.seek(this.#now, to);
    this.#pace.restart();
    this.#ended = false;
    this.#reached = this.#clock.timeAt(this.#now);
    this.#options.onSeek(this.#reached);
    this.#cursor = undefined;
  }

  /**
   * A step pauses. Backwards or far ahead it seeks; near ahead it plays on, in one go. Returns whether it did a seek;
   * undefined if there is nothing to step to, and nothing changes. With `symbol` only that market's events count.
   */
  step(unit: StepUnit, count: number, symbol?: string): boolean | undefined {
    const { history, session, symbols } = this.#options;
    const scope = {
      history,
      session,
      symbols: symbol === undefined ? symbols : [symbol],
      newsOf: symbol,
      range: this.#clock,
    };
    const target = stepTarget(scope, this.#reached, unit, count);
    if (target === undefined) return undefined;
    this.pause();
    this.#ended = false;
    if (target < this.#reached) {
      this.seek(target);
      return true;
    }
    const isFar = target - this.#reached > FAR_STEP_MS;
    // The event stepped to always happens after the seek, so that viewers see it happen.
    if (isFar) this.seek(target - 1);
    this.#advance(target, Number.POSITIVE_INFINITY);
    this.#clock = this.#anchored();
    this.#endIfOver();
    return isFar;
  }

  /** One wall slice of playing (P27), until the deadline by `workNow`. */
  slice(deadline: number): void {
    if (!this.playing) return;
    const target = this.#max ? this.to : this.#clock.timeAt(this.#now);
    this.#advance(target, deadline);
    // Late work holds the clock back: it never shows a time whose events have not happened.
    if (this.#max || this.#reached < target) this.#clock = this.#anchored();
    // At `max` there is no pace to fall behind.
    if (!this.#max) this.#pace.slice((target - this.#reached) / this.#clock.speed);
    this.#endIfOver();
  }

  /** Uses the rest of a slice to read what the next ones need: at least one segment. */
  readAhead(deadline: number): void {
    // While it is paused it needs nothing yet.
    if (this.#cursor === undefined && !this.playing) return;
    const cursor = this.#opened();
    while (cursor.readAhead() && this.#options.workNow() < deadline);
  }

  get #now(): MonotonicMs {
    return this.#options.clock.monotonic();
  }

  /** The clock at what has actually been reached: late work, or `max`, moves it. */
  #anchored(): ReplayClock {
    return this.#clock.seek(this.#now, this.#reached);
  }

  #endIfOver(): void {
    if (this.#reached >= this.to && !this.#isGrowing) this.end();
  }

  /** Applies everything before `target`, until the deadline. */
  #advance(target: EpochMs, deadline: number): void {
    const { workNow, onEvent } = this.#options;
    if (target > this.#cursorTo) this.#cursor = undefined;
    const cursor = this.#opened();
    for (let count = 1; ; count++) {
      const event = cursor.takeBefore(target);
      if (event === undefined) {
        this.#reached = target;
        return;
      }
      onEvent(event);
      if (count % WATCH_EVENTS !== 0 || workNow() < deadline) continue;
      // Stop between two times: all events of one millisecond belong together.
      const next = cursor.peek();
      if (next !== undefined && next.time > event.time) {
        this.#reached = Math.min(target, event.time + 1);
        return;
      }
    }
  }

  #opened(): ReplayCursor {
    const { history, session, symbols } = this.#options;
    if (this.#cursor === undefined) {
      this.#cursorTo = this.to;
      this.#cursor = new ReplayCursor(history, session, symbols, this.#reached);
    }
    return this.#cursor;
  }
}
