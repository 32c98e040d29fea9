import type { EpochMs } from '../number/level.ts';
import type { MonotonicMs } from '../time/clock.ts';

/** Samples kept; the one with the shortest round trip is believed, as NTP does. */
const SAMPLES = 8;
/** Two samples of the same clocks differ by half of both round trips at most, and by what clocks are slewed meanwhile. */
const TOLERANCE_MS = 20;

type Sample = { readonly offsetMs: number; readonly roundTripMs: number };

/**
 * The feed's wall clock against ours. A `pong` bounds the offset by half its round trip; `hello` and heartbeats, which
 * have no known round trip, are taken only until the first pong. Where either clock is set the offset is another one: a
 * sample that cannot be of the same clocks begins anew.
 */
export class ClockOffset {
  #samples: Sample[] = [];
  #roundTripMs: number | undefined;
  /** Until the first pong: as it was heard, or as it was before one of the clocks was set. */
  #assumedMs: number | undefined;

  /** Feed's clock minus ours, ms; undefined before the first word of the feed. */
  get offsetMs(): number | undefined {
    return this.#best()?.offsetMs ?? this.#assumedMs;
  }

  /** Round trip of the newest pong, ms. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** A message that says the feed's time, received at `wall`: late by an unknown half of a round trip. */
  hear(feedNow: EpochMs, wall: EpochMs): void {
    this.#assumedMs ??= feedNow - wall;
  }

  /**
   * A pong that says the feed's time, to a ping sent at `sentAt` and answered at `at`, when it was `wall`. The round trip
   * is measured by the monotonic clock, so that a step between the two cannot make it short.
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
   * Our own clock was set, or slept: no sample holds. What was known is said until the next pong: after a sleep it is
   * right, and after a step anything else would be as wrong.
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
