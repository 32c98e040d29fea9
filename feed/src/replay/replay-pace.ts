/*
 * Whether a replay keeps the pace that was asked for. A slice that cannot do all of its work in its share of the event
 * loop holds the clock back; several in a row are `buffering`, and as many in time end it, so that the state does not
 * flicker with every busy second of the market.
 */

/** Slices in a row that make the state change: a fifth of a second. */
const SLICES = 4;

export class ReplayPace {
  #late = 0;
  #behind = false;
  #driftMs = 0;

  /** Whether it falls behind. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Wall time by which the clock is later than its speed promised, since it was last set; ms. */
  get driftMs(): number {
    return this.#driftMs;
  }

  /** The clock was set or its speed changed: from here on it is judged anew. */
  restart(): void {
    this.#late = 0;
    this.#behind = false;
    this.#driftMs = 0;
  }

  /** A slice is over and was so much wall time short of where it should have come. */
  slice(shortMs: number): void {
    this.#driftMs += shortMs;
    this.#late = shortMs > 0 ? Math.min(SLICES, this.#late + 1) : Math.max(0, this.#late - 1);
    if (this.#late === SLICES) this.#behind = true;
    if (this.#late === 0) this.#behind = false;
  }
}
