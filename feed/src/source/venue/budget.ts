import { later, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { Rate } from '../../venue/live-venue.ts';

/** Frames may arrive closer together than they were sent. */
const SLACK_MS = 60;

type Spent = { readonly at: MonotonicMs; readonly weight: number };

/** A rate limit that holds in every window of its length, wherever the window begins. */
export class Budget {
  readonly #rate: Rate;
  #spent: Spent[] = [];

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Time until `weight` may be spent; 0: now. A weight above the whole rate waits for an empty window. */
  waitMs(now: MonotonicMs, weight = 1): number {
    const window = this.#rate.perMs + SLACK_MS;
    this.#spent = this.#spent.filter(({ at }) => now - at < window);
    let used = this.#spent.reduce((sum, each) => sum + each.weight, 0);
    let free: MonotonicMs = LONG_AGO;
    for (const { at, weight: freed } of this.#spent) {
      if (used + weight <= this.#rate.count) break;
      used -= freed;
      free = later(at, window);
    }
    return Math.max(0, free - now);
  }

  spend(now: MonotonicMs, weight = 1): void {
    this.#spent.push({ at: now, weight });
  }
}
