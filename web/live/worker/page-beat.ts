/*
 * The one beat of a page. Every topic of the feed has its own phase (tape, candles, ladder, ticker, the replay's
 * clock); painted as they arrive they would be thirty frames a second, and a frame costs the same for one change as
 * for all.
 *
 *   ask ─▶ a period after the last beat, and once the messages of one flush are here ─▶ beat
 *   hurry ─▶ beat: what is shown may be untrue, or the user waits for it
 */
import {
  type Cancel,
  type Clock,
  later,
  LONG_AGO,
  type MonotonicMs,
} from '@tapedeck/market/time/clock';

import { BEAT_MS } from '../model/topics.ts';

/** The messages of one flush of the feed arrive within this; a beat may also be this early, so that ten stay ten. */
const GATHER_MS = 8;

export class PageBeat {
  readonly #clock: Clock;
  readonly #beat: (now: MonotonicMs) => void;
  #lastAt = LONG_AGO;
  #next: { readonly at: MonotonicMs; readonly cancel: Cancel } | undefined;
  #isStopped = false;
  /** Shorter than `BEAT_MS` only if a view has a higher rate. */
  periodMs = BEAT_MS;

  constructor(clock: Clock, beat: (now: MonotonicMs) => void) {
    this.#clock = clock;
    this.#beat = beat;
  }

  /** Requests a beat for something due at `dueAt`, by default now. */
  ask(dueAt: MonotonicMs = LONG_AGO): void {
    const earliest = later(this.#lastAt, this.periodMs - GATHER_MS);
    this.#schedule(later(max(dueAt, earliest, this.#clock.monotonic()), GATHER_MS));
  }

  /** Beats as soon as this turn is over. */
  hurry(): void {
    this.#schedule(this.#clock.monotonic());
  }

  /** The page is gone: what was asked for is dropped, and nothing more is scheduled. */
  stop(): void {
    this.#isStopped = true;
    this.#next?.cancel();
  }

  #schedule(at: MonotonicMs): void {
    if (this.#isStopped) return;
    if (this.#next !== undefined && this.#next.at <= at) return;
    this.#next?.cancel();
    const cancel = this.#clock.after(at - this.#clock.monotonic(), () => {
      this.#next = undefined;
      this.#lastAt = this.#clock.monotonic();
      this.#beat(this.#lastAt);
    });
    this.#next = { at, cancel };
  }
}

function max(...moments: readonly MonotonicMs[]): MonotonicMs {
  return Math.max(...moments) as MonotonicMs;
}
