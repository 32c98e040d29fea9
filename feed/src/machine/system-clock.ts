import type { EpochMs } from '@tapedeck/market/number/level';
import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';

/** The machine's own time and timers. Timers alone do not keep the process alive: the listening socket does. */
export class SystemClock implements Clock {
  now(): EpochMs {
    return Date.now();
  }

  monotonic(): MonotonicMs {
    return performance.now() as MonotonicMs;
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  }

  every(periodMs: number, task: () => void): Cancel {
    const timer = setInterval(task, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  }
}
