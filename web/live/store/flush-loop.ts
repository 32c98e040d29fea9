import { type Cancel, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import { systemClock } from '../../clock/system-clock.ts';

/** What the loop needs of a browser; a test gives its own. */
export interface FrameScheduler {
  /** Calls `task` before the next paint. */
  frame(task: () => void): void;
  /** Durations of this page. */
  monotonic(): MonotonicMs;
  /** Calls `task` soon after the paint that follows a frame. */
  afterPaint(task: () => void): void;
  every(periodMs: number, task: () => void): Cancel;
}

/** How often ages are looked at while nothing arrives: a panel turns stale by itself within a quarter second. */
export const AGEING_MS = 250;
/** Ages ride along with a flush that comes anyway, from this age on: they never cost a frame of their own then. */
const RIDE_MS = 180;

/**
 * The one `requestAnimationFrame` loop of a page. It runs only when something is dirty: arrivals ask for a frame, and
 * four times a second the ageing of what is shown does.
 */
export class FlushLoop {
  readonly #scheduler: FrameScheduler;
  readonly #tasks = new Set<(isAgeing: boolean) => void>();
  #isRequested = false;
  #agedAt = LONG_AGO;
  #stopAgeing: Cancel | undefined;

  constructor(scheduler: FrameScheduler) {
    this.#scheduler = scheduler;
  }

  /** Adds what is called at every flush; `isAgeing` at those that look at every age. */
  add(task: (isAgeing: boolean) => void): Cancel {
    this.#tasks.add(task);
    this.#stopAgeing ??= this.#scheduler.every(AGEING_MS, () => {
      if (this.#isAgeingDue()) this.request();
    });
    return () => {
      this.#tasks.delete(task);
      if (this.#tasks.size > 0) return;
      this.#stopAgeing?.();
      this.#stopAgeing = undefined;
    };
  }

  /** Asks for a flush at the next frame; many asks are one flush. */
  request(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    this.#scheduler.frame(this.#flush);
  }

  afterPaint(task: () => void): void {
    this.#scheduler.afterPaint(task);
  }

  #isAgeingDue(): boolean {
    return this.#scheduler.monotonic() - this.#agedAt >= RIDE_MS;
  }

  readonly #flush = (): void => {
    const isAgeing = this.#isAgeingDue();
    this.#isRequested = false;
    if (isAgeing) this.#agedAt = this.#scheduler.monotonic();
    for (const task of this.#tasks) task(isAgeing);
  };
}

/** The browser's own frames and timers. */
export function browserScheduler(): FrameScheduler {
  let painted: (() => void)[] = [];
  let channel: MessageChannel | undefined;
  const afterFrame = (): MessagePort => {
    if (channel === undefined) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const tasks = painted;
        painted = [];
        for (const task of tasks) task();
      };
    }
    return channel.port2;
  };
  return {
    frame: (task) => void requestAnimationFrame(task),
    monotonic: () => systemClock.monotonic(),
    // A message posted within a frame's callback is handled after that frame was painted.
    afterPaint(task) {
      painted.push(task);
      if (painted.length === 1) afterFrame().postMessage(undefined);
    },
    every(periodMs, task) {
      const timer = setInterval(task, periodMs);
      return () => clearInterval(timer);
    },
  };
}
