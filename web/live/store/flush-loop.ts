import { type Cancel, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import { systemClock } from '../../clock/system-clock.ts';

/** What the loop needs from a browser; a test provides its own. */
export interface FrameScheduler {
  /** Calls `task` before the next paint. */
  frame(task: () => void): void;
  /** The clock for durations on this page. */
  monotonic(): MonotonicMs;
  /** Calls `task` soon after the paint that follows a frame. */
  afterPaint(task: () => void): void;
  every(periodMs: number, task: () => void): Cancel;
}

/** How often ages are updated while nothing arrives: a panel turns stale by itself within a quarter of a second. */
export const AGEING_MS = 250;
/** From this age on, ages are updated with a flush that comes anyway, which saves them a frame of their own. */
const RIDE_MS = 180;

/**
 * The one `requestAnimationFrame` loop of a page. It runs only if something is dirty: arrivals request a frame, and
 * four times a second so does the ageing of what is shown.
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

  /** Adds a task for every flush; `isAgeing` is true in those that update ages. */
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

  /** Requests a flush in the next frame; several requests give one flush. */
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
    // A message posted in a frame's callback is handled after that frame has been painted.
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
