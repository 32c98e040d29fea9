import type { Cancel } from '@tapedeck/market/clock';

/** What the loop needs of a browser; a test gives its own. */
export interface FrameScheduler {
  /** Calls `task` before the next paint. */
  frame(task: () => void): void;
  /** Calls `task` soon after the paint that follows a frame. */
  afterPaint(task: () => void): void;
  every(periodMs: number, task: () => void): Cancel;
}

/** How often ages are looked at while nothing arrives: a panel turns stale by itself within a quarter second. */
export const AGEING_MS = 250;

/**
 * The one `requestAnimationFrame` loop of a page. It runs only when something is dirty: arrivals ask for a frame, and
 * four times a second the ageing of what is shown does.
 */
export class FlushLoop {
  readonly #scheduler: FrameScheduler;
  readonly #tasks = new Set<(isAgeing: boolean) => void>();
  #isRequested = false;
  #isAgeing = false;
  #stopAgeing: Cancel | undefined;

  constructor(scheduler: FrameScheduler) {
    this.#scheduler = scheduler;
  }

  /** Adds what is called at every flush; `isAgeing` at those that look at every age. */
  add(task: (isAgeing: boolean) => void): Cancel {
    this.#tasks.add(task);
    this.#stopAgeing ??= this.#scheduler.every(AGEING_MS, () => {
      this.#isAgeing = true;
      this.request();
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

  readonly #flush = (): void => {
    const isAgeing = this.#isAgeing;
    this.#isRequested = false;
    this.#isAgeing = false;
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
