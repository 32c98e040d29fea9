import { LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import { AGEING_MS } from '../store/flush-loop.ts';

/**
 * The worker posts every second. This long is too long: as long as it takes data to be stale, so that a dead worker
 * is said within 6 s, like a dead feed.
 */
const TOO_LONG_MS = 5_000;
/** More than this between two looks is the page's own pause, not the worker's silence. */
const LOOK_MS = 2 * AGEING_MS;

/** How long the worker has been silent while this page ran, from the moment it was asked for anything. */
export class WorkerSilence {
  #silentMs: number | undefined;
  #lookedAt = LONG_AGO;

  begin(): void {
    this.#silentMs = 0;
  }

  heard(): void {
    if (this.#silentMs !== undefined) this.#silentMs = 0;
  }

  end(): void {
    this.#silentMs = undefined;
  }

  /** To be called in every ageing flush; true if the silence has lasted too long. A hidden page does not count it. */
  look(now: MonotonicMs, isVisible: boolean): boolean {
    const passedMs = Math.min(now - this.#lookedAt, LOOK_MS);
    this.#lookedAt = now;
    if (this.#silentMs === undefined || !isVisible) return false;
    this.#silentMs += passedMs;
    return this.#silentMs >= TOO_LONG_MS;
  }
}
