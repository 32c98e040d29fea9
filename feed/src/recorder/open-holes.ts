import type { GapReason } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { Recorder } from './recorder.ts';

type Hole = { readonly from: EpochMs; readonly reason: GapReason };

/**
 * An open hole is recorded this far ahead: beyond anything recorded before it is extended, so that a replay of the
 * running session, or of what a kill left, never takes the last book before the hole for a live one.
 */
const AHEAD_MS = 5_000;

/**
 * Markets that are currently not recorded as `ok`, and since when: each is a gap in the recording from its start on.
 */
export class OpenHoles {
  readonly #recorder: Pick<Recorder, 'gap'>;
  readonly #holes = new Map<string, Hole>();

  constructor(recorder: Pick<Recorder, 'gap'>) {
    this.#recorder = recorder;
  }

  /** Market times. A hole that is open already continues unchanged. */
  open(symbol: string, from: EpochMs, now: EpochMs, reason: GapReason): void {
    if (this.#holes.has(symbol)) return;
    this.#holes.set(symbol, { from, reason });
    this.#tell(symbol, Math.max(from, now) + AHEAD_MS);
  }

  /** About once a second: extends all open holes. */
  extend(now: EpochMs): void {
    for (const [symbol, { from }] of this.#holes)
      this.#tell(symbol, Math.max(from, now) + AHEAD_MS);
  }

  /** With `breaksBook` the book continues only from its next snapshot. */
  close(symbol: string, to: EpochMs, breaksBook: boolean): void {
    const hole = this.#holes.get(symbol);
    if (hole === undefined) return;
    this.#tell(symbol, to, breaksBook);
    this.#holes.delete(symbol);
  }

  /** The recording ends, and every open hole with it. */
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
