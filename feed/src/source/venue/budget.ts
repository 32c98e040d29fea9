import { later, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { Rate } from '../../venue/live-venue.ts';

/** What travels may arrive closer together than it was sent. */
const SLACK_MS = 60;

type Spent = { readonly at: MonotonicMs; readonly weight: number };

/** Never more than a rate within any window of its length, wherever the window begins. */
export class Budget {
  readonly #rate: Rate;
  #spent: Spent[] = [];

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** How long to wait until so much may be spent; 0 for now. What is more than the whole rate waits for an empty window. */
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
