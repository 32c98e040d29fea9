import type { EpochMs } from '../number/level.ts';

declare const monotonic: unique symbol;

/**
 * A moment on a clock that only goes forward and has no date: what a machine measures its own durations by, ms from an
 * arbitrary beginning. Wall time cannot be given where this is asked for. The difference of two is a plain number of ms.
 */
export type MonotonicMs = number & { readonly [monotonic]: true };

/** Before every moment: of what has not happened yet. */
export const LONG_AGO = -Infinity as MonotonicMs;

/** The moment `ms` after `moment`. */
export function later(moment: MonotonicMs, ms: number): MonotonicMs {
  return (moment + ms) as MonotonicMs;
}

/** Cancels what it was returned for; calling it twice is harmless. */
export type Cancel = () => void;

/** Time and scheduling come in from outside, so that tests own them. */
export interface Clock {
  /** Wall time, for labels: when something happened. It may step either way at any time, by hours. */
  now(): EpochMs;
  /** For durations, deadlines and schedules: never steps. It may stand still while the machine sleeps. */
  monotonic(): MonotonicMs;
  /** Calls `task` once, `delayMs` from now by the monotonic clock. */
  after(delayMs: number, task: () => void): Cancel;
  /** Calls `task` every `periodMs` by the monotonic clock, first after one period. */
  every(periodMs: number, task: () => void): Cancel;
}

/** One moment by both clocks: `wall` for what is said, `at` for what is measured. */
export type Moment = { readonly wall: EpochMs; readonly at: MonotonicMs };

export function momentOf(clock: Pick<Clock, 'now' | 'monotonic'>): Moment {
  return { wall: clock.now(), at: clock.monotonic() };
}

type Timer = { at: MonotonicMs; readonly periodMs: number | undefined; readonly task: () => void };

/** Far from any wall time, so that a mix-up of the two clocks shows in a test. */
const MANUAL_START = 1_000 as MonotonicMs;

/** A clock that moves only when told to: timers fire in the order of their times, within `advance`. */
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

  /** Moves time forward by `ms`, firing every timer that falls due on the way. */
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

  /** The wall clock is set forward or back by `ms`: no time passes, no timer moves. A machine that slept looks the same. */
  stepWall(ms: number): void {
    this.#wallMinusAt += ms;
  }

  /** The process stood still for `ms`: whatever fell due meanwhile fires once, late. */
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
