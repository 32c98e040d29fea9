import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

/** A clock that is set forward is believed at this rate over real time: a mistake of an hour costs what an hour would. */
const RATE = 2;

/**
 * Wall time for what cannot be undone, such as deleting what is too old: never ahead of the wall clock, and never faster than
 * twice as fast as time passes. A wall clock that is set forward by mistake makes nothing old at once; one that is right is
 * caught up with, and one that is set back is followed at once.
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
