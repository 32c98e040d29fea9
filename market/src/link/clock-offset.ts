import type { EpochMs } from '../level.ts';

/** Samples kept; the one with the shortest round trip is believed, as NTP does. */
const SAMPLES = 8;

/**
 * The feed's clock against ours. A `pong` bounds the offset by half its round trip; `hello` and heartbeats, which have
 * no known round trip, are taken only until the first pong.
 */
export class ClockOffset {
  #samples: { readonly offsetMs: number; readonly roundTripMs: number }[] = [];
  #oneWayMs: number | undefined;

  /** Feed's clock minus ours, ms; undefined before the first word of the feed. */
  get offsetMs(): number | undefined {
    return this.#best()?.offsetMs ?? this.#oneWayMs;
  }

  /** Round trip of the newest pong, ms. */
  get roundTripMs(): number | undefined {
    return this.#samples.at(-1)?.roundTripMs;
  }

  /** A message that says the feed's time, received at `now`: late by an unknown half of a round trip. */
  hear(feedNow: EpochMs, now: EpochMs): void {
    this.#oneWayMs ??= feedNow - now;
  }

  /** A pong that says the feed's time, to a ping sent at `sentAt` and answered at `now`. */
  answer(feedNow: EpochMs, sentAt: EpochMs, now: EpochMs): void {
    const roundTripMs = Math.max(0, now - sentAt);
    const offsetMs = Math.round(feedNow - (sentAt + now) / 2);
    this.#samples.push({ offsetMs, roundTripMs });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** One of the two clocks was set: nothing known holds. */
  forget(): void {
    this.#samples = [];
    this.#oneWayMs = undefined;
  }

  #best(): { readonly offsetMs: number; readonly roundTripMs: number } | undefined {
    let best = this.#samples[0];
    for (const sample of this.#samples) {
      if (best !== undefined && sample.roundTripMs < best.roundTripMs) best = sample;
    }
    return best;
  }
}
