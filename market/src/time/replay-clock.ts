import type { EpochMs } from '../number/level.ts';
import { LONG_AGO, type MonotonicMs } from './clock.ts';

/**
 * Maps real time to session time under play, pause, seek and speed (P27). Immutable: callers pass `now`, and every
 * command returns a new clock. Session time stays within `from..to`.
 *
 * @example
 * const clock = ReplayClock.at({ from, to }, from).play(now);
 * clock.timeAt(later(now, 1_000)); // from + 1_000 at speed 1
 */
export class ReplayClock {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly speed: number;
  readonly playing: boolean;
  readonly #anchorAt: MonotonicMs;
  readonly #anchorTime: EpochMs;

  private constructor(
    range: { readonly from: EpochMs; readonly to: EpochMs },
    speed: number,
    playing: boolean,
    anchorAt: MonotonicMs,
    anchorTime: EpochMs,
  ) {
    this.from = range.from;
    this.to = range.to;
    this.speed = speed;
    this.playing = playing;
    this.#anchorAt = anchorAt;
    this.#anchorTime = Math.min(Math.max(anchorTime, range.from), range.to);
  }

  /** A paused clock at speed 1, positioned at `time` (clamped to the range). */
  static at(range: { readonly from: EpochMs; readonly to: EpochMs }, time: EpochMs): ReplayClock {
    return new ReplayClock(range, 1, false, LONG_AGO, time);
  }

  /** Session time at `now`: an integer, clamped to the range, constant while paused. */
  timeAt(now: MonotonicMs): EpochMs {
    if (!this.playing) return this.#anchorTime;
    const elapsed = Math.max(0, now - this.#anchorAt) * this.speed;
    return Math.min(this.to, Math.floor(this.#anchorTime + elapsed));
  }

  endedAt(now: MonotonicMs): boolean {
    return this.timeAt(now) >= this.to;
  }

  play(now: MonotonicMs): ReplayClock {
    return this.playing ? this : new ReplayClock(this, this.speed, true, now, this.#anchorTime);
  }

  pause(now: MonotonicMs): ReplayClock {
    return this.playing ? new ReplayClock(this, this.speed, false, now, this.timeAt(now)) : this;
  }

  /** Jumps to `time` (clamped to the range); stays playing or paused. */
  seek(now: MonotonicMs, time: EpochMs): ReplayClock {
    return new ReplayClock(this, this.speed, this.playing, now, time);
  }

  /** Extends the range of a growing session to `to`; session time continues from its current value. */
  withEnd(now: MonotonicMs, to: EpochMs): ReplayClock {
    return new ReplayClock(
      { from: this.from, to },
      this.speed,
      this.playing,
      now,
      this.timeAt(now),
    );
  }

  /** Changes the speed; session time continues from its current value. */
  withSpeed(now: MonotonicMs, speed: number): ReplayClock {
    return new ReplayClock(this, speed, this.playing, now, this.timeAt(now));
  }
}
