import type { EpochMs } from '@tapedeck/market/number/level';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

/** Period of the seeks of a drag: more than ten updates a second, and within the feed's limit per client (P23). */
export const SEEK_PERIOD_MS = 80;

export type LatestSeekOptions = {
  readonly clock: Pick<Clock, 'after'>;
  readonly seek: (to: EpochMs) => Promise<void>;
  /** Called when no seek is in flight or waiting, with the error of the last one. */
  readonly onRest: (error: unknown) => void;
};

/**
 * The seeks of a drag: at most one in flight and one per period, and only the newest waits. A slow feed therefore
 * gets fewer, and never one for a place that the pointer has left.
 */
export class LatestSeek {
  readonly #options: LatestSeekOptions;
  #wanted: EpochMs | undefined;
  #isUnderWay = false;
  #period: Cancel | undefined;

  constructor(options: LatestSeekOptions) {
    this.#options = options;
  }

  /** The pointer is now at `to`. */
  move(to: EpochMs): void {
    this.#wanted = to;
    this.#next();
  }

  /** The pointer was released at `to`: seeks exactly there, without waiting for the period. */
  release(to: EpochMs): void {
    this.#endPeriod();
    this.move(to);
  }

  /** Sends no further seek. */
  stop(): void {
    this.#wanted = undefined;
    this.#endPeriod();
  }

  #next(): void {
    const to = this.#wanted;
    if (to === undefined || this.#isUnderWay || this.#period !== undefined) return;
    this.#wanted = undefined;
    this.#isUnderWay = true;
    this.#period = this.#options.clock.after(SEEK_PERIOD_MS, () => {
      this.#period = undefined;
      this.#next();
    });
    this.#options.seek(to).then(
      () => this.#settled(undefined),
      (error: unknown) => this.#settled(error),
    );
  }

  #settled(error: unknown): void {
    this.#isUnderWay = false;
    if (this.#wanted === undefined) this.#options.onRest(error);
    else this.#next();
  }

  #endPeriod(): void {
    this.#period?.();
    this.#period = undefined;
  }
}
