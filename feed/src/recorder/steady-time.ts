import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

/** How fast this clock follows a step forward, relative to real time: a mistaken hour ages data no faster. */
const RATE = 2;

/**
 * Wall time for what cannot be undone, such as deleting old data: never ahead of the wall clock, and never faster
 * than twice real time. A wall clock wrongly set forward makes nothing old at once; a correct one is caught up with,
 * and one that is set back is followed at once.
 */
export class SteadyTime {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  #wall: EpochMs;
  #at: MonotonicMs;

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock;
    this.#wall = clock.now();
    this.#at = clock.monotonic();
  }

  now(): EpochMs {
    const at = this.#clock.monotonic();
    this.#wall = Math.min(this.#clock.now(), Math.floor(this.#wall + RATE * (at - this.#at)));
    this.#at = at;
    return this.#wall;
  }
}
