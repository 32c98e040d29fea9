import type { EpochMs } from './level.ts';

/** Cancels what it was returned for; calling it twice is harmless. */
export type Cancel = () => void;

/** Time and scheduling come in from outside, so that tests own them. */
export interface Clock {
  /** Wall time. May step; never use differences of it as durations of a machine's own work. */
  now(): EpochMs;
  /** Calls `task` once, `delayMs` from now. */
  after(delayMs: number, task: () => void): Cancel;
  /** Calls `task` every `periodMs`, first after one period. */
  every(periodMs: number, task: () => void): Cancel;
}

type Timer = { at: EpochMs; readonly periodMs: number | undefined; readonly task: () => void };

/** A clock that moves only when told to: timers fire in the order of their times, within `advance`. */
export class ManualClock implements Clock {
  #now: EpochMs;
  readonly #timers = new Set<Timer>();

  constructor(start: EpochMs = 1_760_000_000_000) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  after(delayMs: number, task: () => void): Cancel {
    return this.#add({ at: this.#now + Math.max(0, delayMs), periodMs: undefined, task });
  }

  every(periodMs: number, task: () => void): Cancel {
    return this.#add({ at: this.#now + periodMs, periodMs, task });
  }

  /** Moves time forward by `ms`, firing every timer that falls due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      }
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.at += next.periodMs;
      next.task();
    }
    this.#now = end;
  }

  /** The process stood still for `ms`: whatever fell due meanwhile fires once, late. */
  stall(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.at = Math.max(timer.at, this.#now);
    this.advance(0);
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
