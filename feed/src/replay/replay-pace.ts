/*
 * Whether a replay keeps its pace. A slice that cannot do all its work within its share of the event loop holds the
 * clock back; several in a row are `buffering`, and as many in time end it, so that the state does not flicker with
 * every busy second of the market.
 */

/** Slices in a row that change the state: a fifth of a second. */
const SLICES = 4;

export class ReplayPace {
  #late = 0;
  #behind = false;
  #driftMs = 0;

  /** Whether it falls behind. */
  get behind(): boolean {
    return this.#behind;
  }

  /** By how much wall time the clock is behind its speed since it was last set; ms. */
  get driftMs(): number {
    return this.#driftMs;
  }

  /** The clock was set or its speed changed: the judgement starts over. */
  restart(): void {
    this.#late = 0;
    this.#behind = false;
    this.#driftMs = 0;
  }

  /** A slice ended this much wall time short of its target. */
  slice(shortMs: number): void {
    this.#driftMs += shortMs;
    this.#late = shortMs > 0 ? Math.min(SLICES, this.#late + 1) : Math.max(0, this.#late - 1);
    if (this.#late === SLICES) this.#behind = true;
    if (this.#late === 0) this.#behind = false;
  }
}
