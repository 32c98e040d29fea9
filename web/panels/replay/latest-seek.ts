import type { EpochMs } from '@tapedeck/market/number/level';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

/** A drag seeks this often: more than ten pictures a second, and within what the feed takes from one client (P23). */
export const SEEK_PERIOD_MS = 80;

export type LatestSeekOptions = {
  readonly clock: Pick<Clock, 'after'>;
  readonly seek: (to: EpochMs) => Promise<void>;
  /** Told once nothing is under way and nothing waits, with what the last one failed for. */
  readonly onRest: (error: unknown) => void;
};

/**
 * The seeks of a drag: one under way at most and one a period, and of those that wait only the newest. A slow feed is so
 * asked for less, and never for a moment that the pointer has left.
 */
export class LatestSeek {
  readonly #options: LatestSeekOptions;
  #wanted: EpochMs | undefined;
  #isUnderWay = false;
  #period: Cancel | undefined;

  constructor(options: LatestSeekOptions) {
    this.#options = options;
  }

  /** The pointer is here now. */
  move(to: EpochMs): void {
    this.#wanted = to;
    this.#next();
  }

  /** The pointer was let go here: this moment and no other, without waiting for the period. */
  release(to: EpochMs): void {
    this.#endPeriod();
    this.move(to);
  }

  /** Nothing more is to be asked for. */
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
