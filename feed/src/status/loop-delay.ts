import { monitorEventLoopDelay } from 'node:perf_hooks';

import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { Percentiles } from './percentiles.ts';

const SAMPLE_MS = 1_000;
const RESOLUTION_MS = 10;

/** How late the event loop is: percentiles over the last whole second, in ms. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #cancel: Cancel;
  #last: Percentiles | null = null;

  constructor(clock: Clock) {
    this.#histogram.enable();
    this.#cancel = clock.every(SAMPLE_MS, () => this.#sample());
  }

  /** Null during the first second. */
  get last(): Percentiles | null {
    return this.#last;
  }

  close(): void {
    this.#cancel();
    this.#histogram.disable();
  }

  #sample(): void {
    // The histogram includes the timer's own period: the rest is delay.
    const at = (share: number): number =>
      Math.max(0, Math.round(this.#histogram.percentile(share) / 1e5 - RESOLUTION_MS * 10) / 10);
    this.#last = { p50: at(50), p95: at(95), p99: at(99) };
    this.#histogram.reset();
  }
}
