import type { EpochMs, Level } from '../number/level.ts';

/**
 * A full book, or its top N levels. `bids` best (highest) first, `asks` best (lowest) first; sizes > 0.
 * `sequence` is the number of the last source update it contains.
 */
export type BookSnapshot = {
  readonly sequence: number;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/**
 * A change to a book: absolute sizes, 0 removes the level (P8). It covers the source updates `previous + 1 ..
 * sequence` (P10), so it merges `sequence - previous` of them. Levels are in no particular order; each price appears
 * once per side.
 */
export type BookDelta = {
  readonly previous: number;
  readonly sequence: number;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/**
 * Merges two consecutive deltas into one with the same effect. For a price in both, the later size wins.
 * @throws when `later` does not directly follow `earlier`: coalescing across a gap would hide it.
 */
export function coalesce(earlier: BookDelta, later: BookDelta): BookDelta {
  if (later.previous !== earlier.sequence) {
    throw new Error(`cannot coalesce: ${later.previous} does not follow ${earlier.sequence}`);
  }
  return {
    previous: earlier.previous,
    sequence: later.sequence,
    eventTime: later.eventTime,
    receiveTime: later.receiveTime,
    bids: mergeLevels(earlier.bids, later.bids),
    asks: mergeLevels(earlier.asks, later.asks),
  };
}

function mergeLevels(earlier: readonly Level[], later: readonly Level[]): readonly Level[] {
  if (later.length === 0) return earlier;
  if (earlier.length === 0) return later;
  const byPrice = new Map<number, number>(earlier);
  for (const [price, size] of later) byPrice.set(price, size);
  return [...byPrice];
}
