/** How long a changed row stays tinted. */
export const LIT_MS = 200;
/** At most three flashes a second in one row (WCAG 2.3.1). */
const REST_MS = 340;

type Row = { readonly priceTicks: number; readonly sizeLots: number };
type Seen = { readonly sizeLots: number; readonly litAt: number };

/**
 * Which rows have just changed their size. Rows are identified by price, so a moving book does not flash. It is
 * called once per render of the ladder: a tint that changes with renders costs no extra frames, unlike an animation.
 */
export class FlashMemory {
  #seen = new Map<number, Seen>();
  readonly #now: () => number;

  /** `now` returns monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes the current best rows and returns the prices to tint. */
  next(rows: readonly Row[]): ReadonlySet<number> {
    const now = this.#now();
    const seen = new Map<number, Seen>();
    const lit = new Set<number>();
    for (const { priceTicks, sizeLots } of rows) {
      const before = this.#seen.get(priceTicks);
      const flashes =
        before !== undefined && before.sizeLots !== sizeLots && now - before.litAt >= REST_MS;
      const litAt = flashes ? now : (before?.litAt ?? -Infinity);
      seen.set(priceTicks, { sizeLots, litAt });
      if (now - litAt < LIT_MS) lit.add(priceTicks);
    }
    this.#seen = seen;
    return lit;
  }
}
