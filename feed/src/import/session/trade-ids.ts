/*
 * Which of a venue's trade ids were seen, as runs without a hole. Files have them in order, interleaved (two runs row
 * by row), newest first, starting over after a renumbering, or twice: an id below the last one proves nothing. A hole
 * between two runs is final when nothing can fill it any more: at the end, or when there are too many runs.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import { isNextId, type VenueId } from '../../venue/venue-event.ts';
import type { LinePlace } from '../read/import-problem.ts';

/** Ids of one trade, or of the trades that a venue sent as one. */
export type IdSpan = { readonly first: VenueId; readonly last: VenueId };

/** Ids missing between two trades. `place` is that of the one with the higher id. */
export type IdHole = {
  readonly before: VenueId;
  readonly after: VenueId;
  readonly place: LinePlace;
  /** When the missing trades happened; undefined if times and ids contradict each other. */
  readonly time: { readonly from: EpochMs; readonly to: EpochMs } | undefined;
};

type Run = {
  first: VenueId;
  last: VenueId;
  startTime: EpochMs;
  endTime: EpochMs;
  readonly place: LinePlace;
};

/** Beyond this many the lowest hole is reported, and its ids count as seen from then on. */
const MAX_RUNS = 1_024;

export class TradeIds {
  /** Ascending; no two of them touch. */
  readonly #runs: Run[] = [];
  readonly #onHole: (hole: IdHole) => void;
  /** The run extended last: usually the next id continues it. */
  #at = 0;

  constructor(onHole: (hole: IdHole) => void) {
    this.#onHole = onHole;
  }

  /** Whether one of these ids was seen. */
  has(span: IdSpan): boolean {
    return this.#isIn(span, this.#indexOf(span.first));
  }

  /** Marks ids as seen. True if one of them was seen before. */
  take(span: IdSpan, time: EpochMs, place: LinePlace): boolean {
    const { first, last } = span;
    const current = this.#runs[this.#at];
    const next = this.#runs[this.#at + 1];
    if (
      current !== undefined &&
      isNextId(current.last, first) &&
      (next === undefined || last < next.first)
    ) {
      this.#lengthen(this.#at, last, time);
      return false;
    }
    const at = this.#indexOf(first);
    const [below, above] = [this.#runs[at], this.#runs[at + 1]];
    if (this.#isIn(span, at)) {
      this.#cover(span, at, time);
      return true;
    }
    if (below !== undefined && isNextId(below.last, first)) {
      this.#lengthen(at, last, time);
    } else if (above !== undefined && isNextId(last, above.first)) {
      above.first = first;
      above.startTime = time;
      this.#at = at + 1;
    } else {
      const times = { startTime: time, endTime: time };
      // A copy: the reader moves its own place on.
      this.#runs.splice(at + 1, 0, { first, last, ...times, place: { ...place } });
      this.#at = at + 1;
      if (this.#runs.length > MAX_RUNS) this.#tellLowest();
    }
    return false;
  }

  /** At the end: what is missing stays missing. */
  finish(): void {
    while (this.#runs.length > 1) this.#tellLowest();
  }

  #isIn({ first, last }: IdSpan, at: number): boolean {
    const [below, above] = [this.#runs[at], this.#runs[at + 1]];
    return (
      (below !== undefined && first <= below.last) || (above !== undefined && last >= above.first)
    );
  }

  #lengthen(at: number, last: VenueId, time: EpochMs): void {
    const run = this.#runs[at];
    if (run === undefined) return;
    run.last = last;
    run.endTime = time;
    this.#at = at;
    this.#join(at);
  }

  /** Some of these ids are in a run already: afterwards it has all of them. */
  #cover({ first, last }: IdSpan, at: number, time: EpochMs): void {
    const below = this.#runs[at];
    const isInBelow = below !== undefined && first <= below.last;
    const index = isInBelow ? at : at + 1;
    const run = this.#runs[index];
    if (run === undefined) return;
    if (first < run.first) run.first = first;
    if (last > run.last) this.#lengthen(index, last, time);
    else this.#at = index;
  }

  /** Merges the runs that touch or overlap this one since it grew. */
  #join(at: number): void {
    const run = this.#runs[at];
    if (run === undefined) return;
    for (;;) {
      const above = this.#runs[at + 1];
      if (above === undefined) return;
      if (above.first > run.last && !isNextId(run.last, above.first)) return;
      if (above.last > run.last) {
        run.last = above.last;
        run.endTime = above.endTime;
      }
      this.#runs.splice(at + 1, 1);
    }
  }

  /** Reports the hole between the two lowest runs, which count as one from here on. */
  #tellLowest(): void {
    const [below, above] = this.#runs;
    if (below === undefined || above === undefined) return;
    this.#onHole({
      before: below.last,
      after: above.first,
      place: above.place,
      time: timeBetween(below, above),
    });
    this.#runs[1] = { ...above, first: below.first, startTime: below.startTime };
    this.#runs.shift();
    this.#at = Math.max(0, this.#at - 1);
  }

  /** Index of the last run that begins no later than `id`; -1 if there is none. */
  #indexOf(id: VenueId): number {
    let [low, high] = [0, this.#runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const run = this.#runs[middle];
      if (run !== undefined && run.first <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/**
 * After a renumbering a venue continues below its earlier ids: whether anything is missing between cannot be known.
 */
function timeBetween(below: Run, above: Run): IdHole['time'] {
  if (below.endTime <= above.startTime) return { from: below.endTime, to: above.startTime };
  if (above.endTime <= below.startTime) return { from: above.endTime, to: below.startTime };
  return undefined;
}
