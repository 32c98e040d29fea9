import type { EpochMs } from '@tapedeck/market/level';

/** Times from received to painted over the last minute, bounded: at 60 frames a second the newest 1,024 stand for it. */
const WINDOW_MS = 60_000;
const CAPACITY = 1_024;

export class PaintTimes {
  readonly #at = new Float64Array(CAPACITY);
  readonly #ms = new Float64Array(CAPACITY);
  #count = 0;

  add(at: EpochMs, ms: number): void {
    const slot = this.#count++ % CAPACITY;
    this.#at[slot] = at;
    this.#ms[slot] = Math.max(0, ms);
  }

  /** The 95th percentile of the last minute; undefined without a sample in it. */
  p95(now: EpochMs): number | undefined {
    const recent: number[] = [];
    for (let i = 0; i < Math.min(this.#count, CAPACITY); i++) {
      if (now - (this.#at[i] ?? 0) <= WINDOW_MS) recent.push(this.#ms[i] ?? 0);
    }
    recent.sort((a, b) => a - b);
    return recent[Math.floor(recent.length * 0.95)];
  }
}
