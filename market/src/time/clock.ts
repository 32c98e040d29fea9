import type { EpochMs } from '../number/level.ts';

declare const monotonic: unique symbol;

/**
 * A reading of a monotonic clock: ms since an arbitrary origin, for measuring durations. The brand stops callers from
 * passing wall time. The difference of two readings is a plain number of ms.
 */
export type MonotonicMs = number & { readonly [monotonic]: true };

/** Earlier than any reading: the time of an event that has not happened yet. */
export const LONG_AGO = -Infinity as MonotonicMs;

/** The time `ms` after `moment`. */
export function later(moment: MonotonicMs, ms: number): MonotonicMs {
  return (moment + ms) as MonotonicMs;
}

/** Cancels the timer that returned it. Idempotent. */
export type Cancel = () => void;

/** Time and scheduling, injected so that tests control them. */
export interface Clock {
  /** Wall time, only for saying when something happened. It may step forwards or backwards, by hours. */
  now(): EpochMs;
  /** For durations, deadlines and schedules. It never steps, but may stop while the machine sleeps. */
  monotonic(): MonotonicMs;
  /** Calls `task` once, `delayMs` from now by the monotonic clock. */
  after(delayMs: number, task: () => void): Cancel;
  /** Calls `task` every `periodMs` by the monotonic clock, first after one period. */
  every(periodMs: number, task: () => void): Cancel;
}

/** One moment on both clocks: `wall` to report, `at` to measure durations. */
export type Moment = { readonly wall: EpochMs; readonly at: MonotonicMs };

export function momentOf(clock: Pick<Clock, 'now' | 'monotonic'>): Moment {
  return { wall: clock.now(), at: clock.monotonic() };
}

type Timer = { at: MonotonicMs; readonly periodMs: number | undefined; readonly task: () => void };

/** Far from any wall time, so that a test fails when code mixes up the two clocks. */
const MANUAL_START = 1_000 as MonotonicMs;

/** A clock for tests that moves only on request. Timers fire inside `advance`, in order of their due times. */
export class ManualClock implements Clock {
  #at = MANUAL_START;
  #wallMinusAt: number;
  readonly #timers = new Set<Timer>();

  constructor(start: EpochMs = 1_760_000_000_000) {
    this.#wallMinusAt = start - MANUAL_START;
  }

  now(): EpochMs {
    return this.#at + this.#wallMinusAt;
  }

  monotonic(): MonotonicMs {
    return this.#at;
  }

  after(delayMs: number, task: () => void): Cancel {
    return this.#add({ at: later(this.#at, Math.max(0, delayMs)), periodMs: undefined, task });
  }

  every(periodMs: number, task: () => void): Cancel {
    return this.#add({ at: later(this.#at, periodMs), periodMs, task });
  }

  /** Moves time forward by `ms` and fires every timer that falls due. */
  advance(ms: number): void {
    const end = later(this.#at, ms);
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      }
      if (next === undefined) break;
      if (next.at > this.#at) this.#at = next.at;
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.at = later(next.at, next.periodMs);
      next.task();
    }
    this.#at = end;
  }

  /** Steps the wall clock by `ms`: no monotonic time passes, no timer moves. A machine that slept looks the same. */
  stepWall(ms: number): void {
    this.#wallMinusAt += ms;
  }

  /** Simulates a process stalled for `ms`: each timer that fell due meanwhile fires once, late. */
  stall(ms: number): void {
    this.#at = later(this.#at, ms);
    for (const timer of this.#timers) if (timer.at < this.#at) timer.at = this.#at;
    this.advance(0);
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
