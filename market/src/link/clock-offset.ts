import type { EpochMs } from '../number/level.ts';
import type { MonotonicMs } from '../time/clock.ts';

/** Number of samples kept. As in NTP, the one with the shortest round trip counts. */
const SAMPLES = 8;
/** Unless a clock stepped, two samples differ by at most half of both round trips plus this allowance for slewing. */
const TOLERANCE_MS = 20;

type Sample = { readonly offsetMs: number; readonly roundTripMs: number };

/**
 * The offset of the feed's wall clock from ours. A `pong` bounds it by half its round trip; `hello` and heartbeats,
 * which have no known round trip, count only until the first pong. When either clock steps, the offset changes: a
 * sample that contradicts the earlier ones discards them.
 */
export class ClockOffset {
  #samples: Sample[] = [];
  #roundTripMs: number | undefined;
  /** The offset until the first pong: from a one-way message, or from before a clock step. */
  #assumedMs: number | undefined;

  /** Feed's clock minus ours, ms; undefined before the first message. */
  get offsetMs(): number | undefined {
    return this.#best()?.offsetMs ?? this.#assumedMs;
  }

  /** Round trip of the newest pong, ms. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** A one-way message with the feed's time, received at `wall`; its delay is unknown. */
  hear(feedNow: EpochMs, wall: EpochMs): void {
    this.#assumedMs ??= feedNow - wall;
  }

  /**
   * A pong with the feed's time, for a ping sent at `sentAt`, received at `at` (monotonic) and `wall`. The monotonic
   * clock measures the round trip, so that a clock step in between cannot shorten it.
   */
  answer(feedNow: EpochMs, sentAt: MonotonicMs, at: MonotonicMs, wall: EpochMs): void {
    const roundTripMs = Math.round(at - sentAt);
    const sample = { offsetMs: Math.round(feedNow - wall + roundTripMs / 2), roundTripMs };
    const best = this.#best();
    if (best !== undefined && !agree(sample, best)) this.#samples = [];
    this.#roundTripMs = roundTripMs;
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /**
   * Our clock stepped, or the machine slept: discards all samples. The last offset stays in use until the next pong:
   * it is right after a sleep, and no worse than any other value after a step.
   */
  forget(): void {
    this.#assumedMs = this.offsetMs;
    this.#samples = [];
  }

  #best(): Sample | undefined {
    let best = this.#samples[0];
    for (const sample of this.#samples) {
      if (best !== undefined && sample.roundTripMs < best.roundTripMs) best = sample;
    }
    return best;
  }
}

function agree(one: Sample, other: Sample): boolean {
  const mostMs = (one.roundTripMs + other.roundTripMs) / 2 + TOLERANCE_MS;
  return Math.abs(one.offsetMs - other.offsetMs) <= mostMs;
}
