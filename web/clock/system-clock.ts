import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

/**
 * `performance.now()` counts from the start of this page or worker. With this added its values look like times of day,
 * but those of two pages or workers are not comparable: a wall clock that was set between their starts is in the
 * difference. Read once: where a browser computes it from the wall clock, a step of that clock must not follow.
 */
const ORIGIN = performance.timeOrigin;

/** The clock and timers of a browser page or worker. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => (ORIGIN + performance.now()) as MonotonicMs,
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  every(periodMs, task) {
    const timer = setInterval(task, periodMs);
    return () => clearInterval(timer);
  },
};
