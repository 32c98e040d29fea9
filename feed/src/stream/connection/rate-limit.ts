import type { MonotonicMs } from '@tapedeck/market/time/clock';

/** A token bucket: `perSecond` on average, `burst` at once (P23). */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: MonotonicMs;

  constructor(perSecond: number, burst: number, now: MonotonicMs) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes one token; false if there is none. */
  take(now: MonotonicMs): boolean {
    const refill = (Math.max(0, now - this.#at) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + refill);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
