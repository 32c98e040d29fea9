/** Used heap over time. A collected heap is a window's least: what lies above it is garbage that waits. */
const WINDOW_MS = 20_000;
const MINUTE_MS = 60_000;
const MEGABYTE = 1e6;

export class MemorySlope {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  add(at: number, bytes: number): void {
    this.#samples.push({ at, bytes });
  }

  /** Megabytes a minute over the samples from `from` on, by least squares; 0 for less than three windows. */
  slope(from: number): number {
    const least = new Map<number, number>();
    for (const { at, bytes } of this.#samples) {
      if (at < from) continue;
      const window = Math.floor((at - from) / WINDOW_MS);
      least.set(window, Math.min(least.get(window) ?? Number.POSITIVE_INFINITY, bytes));
    }
    const points = [...least].map(([window, bytes]) => ({
      x: (window * WINDOW_MS) / MINUTE_MS,
      y: bytes / MEGABYTE,
    }));
    if (points.length < 3) return 0;
    const mean = (of: (point: { x: number; y: number }) => number): number =>
      points.reduce((sum, point) => sum + of(point), 0) / points.length;
    const x = mean((point) => point.x);
    const y = mean((point) => point.y);
    const spread = mean((point) => (point.x - x) ** 2);
    return mean((point) => (point.x - x) * (point.y - y)) / spread;
  }
}
