const MINUTE_MS = 60_000;
const MEGABYTE = 1e6;

/** Live memory over time. */
export class MemorySlope {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  add(at: number, bytes: number): void {
    this.#samples.push({ at, bytes });
  }

  /** Megabytes per minute over the samples from `from` on, by least squares; 0 for fewer than three. */
  slope(from: number): number {
    const points = this.#samples
      .filter(({ at }) => at >= from)
      .map(({ at, bytes }) => ({ x: at / MINUTE_MS, y: bytes / MEGABYTE }));
    if (points.length < 3) return 0;
    const mean = (of: (point: { x: number; y: number }) => number): number =>
      points.reduce((sum, point) => sum + of(point), 0) / points.length;
    const x = mean((point) => point.x);
    const y = mean((point) => point.y);
    const spread = mean((point) => (point.x - x) ** 2);
    return mean((point) => (point.x - x) * (point.y - y)) / spread;
  }

  /** All samples in megabytes, oldest first. */
  get megabytes(): readonly string[] {
    return this.#samples.map(({ bytes }) => (bytes / MEGABYTE).toFixed(1));
  }
}
