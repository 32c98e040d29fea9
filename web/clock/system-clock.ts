import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

/**
 * A page and its workers count from different moments, but all of these are on one monotonic clock (High Resolution
 * Time, "estimated monotonic time of the Unix epoch"): with this added, their times are comparable. Read once: where
 * a browser computes it from the wall clock, a step of that clock must not follow.
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
