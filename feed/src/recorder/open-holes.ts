import type { EpochMs } from '@tapedeck/market/number/level';

import type { Recorder } from './recorder.ts';

type Hole = { readonly from: EpochMs; readonly reason: string };

/**
 * A hole that is still open is recorded up to here: later than anything that is recorded before it is told again, so
 * that who replays the running session, or what a kill left of it, never takes the last book before it for a live one.
 */
const AHEAD_MS = 5_000;

/** Markets that are not recorded as `ok` now, and since when: each is a gap of the recording from its first moment on. */
export class OpenHoles {
  readonly #recorder: Pick<Recorder, 'gap'>;
  readonly #holes = new Map<string, Hole>();

  constructor(recorder: Pick<Recorder, 'gap'>) {
    this.#recorder = recorder;
  }

  /** Market times. A hole that is open already goes on as it began. */
  open(symbol: string, from: EpochMs, now: EpochMs, reason: string): void {
    if (this.#holes.has(symbol)) return;
    this.#holes.set(symbol, { from, reason });
    this.#tell(symbol, Math.max(from, now) + AHEAD_MS);
  }

  /** Once a second or so: all that are open still are. */
  extend(now: EpochMs): void {
    for (const [symbol, { from }] of this.#holes)
      this.#tell(symbol, Math.max(from, now) + AHEAD_MS);
  }

  /** With `breaksBook` the book goes on only from its next snapshot. */
  close(symbol: string, to: EpochMs, breaksBook: boolean): void {
    const hole = this.#holes.get(symbol);
    if (hole === undefined) return;
    this.#tell(symbol, to, breaksBook);
    this.#holes.delete(symbol);
  }

  /** The recording ends: what is missing is missing up to its end. */
  closeAll(to: EpochMs): void {
    for (const symbol of [...this.#holes.keys()]) this.close(symbol, to, false);
  }

  #tell(symbol: string, to: EpochMs, breaksBook = false): void {
    const hole = this.#holes.get(symbol);
    if (hole === undefined) return;
    const { from, reason } = hole;
    this.#recorder.gap({ symbol, from, to, reason }, breaksBook);
  }
}
