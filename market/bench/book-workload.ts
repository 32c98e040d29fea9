import type { BookDelta, BookSnapshot } from '../src/book/book-delta.ts';
import type { Level } from '../src/number/level.ts';
import { Random } from '../src/number/random.ts';

/** The market of the benchmarks. */
export type BookWorkload = {
  readonly snapshot: BookSnapshot;
  readonly deltas: readonly BookDelta[];
  /** Level changes in all deltas. */
  readonly events: number;
};

const START = 1_760_000_000_000;
const MIDDLE = 500_000;

/**
 * A busy venue's book: `levels` per side, a mid price that moves randomly, four changes per delta, of which four in
 * five are near the touch (exponential, 12 ticks on average) and one is anywhere; a third are removals; a delta every
 * 100 ms.
 */
export function makeBookWorkload(seed: number, deltaCount: number, levels: number): BookWorkload {
  const random = new Random(seed);
  const side = (direction: 1 | -1): readonly Level[] =>
    Array.from(
      { length: levels },
      (_, i) => [MIDDLE + direction * (1 + i), sizeOf(random)] as const,
    );
  const times = { eventTime: START, receiveTime: START + 3 };
  const snapshot = { sequence: 1, ...times, bids: side(-1), asks: side(1) };
  const deltas: BookDelta[] = [];
  let middle = MIDDLE;
  let events = 0;
  for (let i = 0; i < deltaCount; i++) {
    const moved = random.chance(0.3) ? random.integer(-1, 1) : 0;
    const bids = changes(random, middle, -1, levels);
    const asks = changes(random, middle, 1, levels);
    // Levels that the mid price has crossed are removed.
    if (moved > 0) asks.set(middle + 1, 0);
    if (moved < 0) bids.set(middle - 1, 0);
    middle += moved;
    events += bids.size + asks.size;
    const eventTime = START + (i + 1) * 100;
    deltas.push({
      previous: i + 1,
      sequence: i + 2,
      eventTime,
      receiveTime: eventTime + random.integer(2, 5),
      bids: [...bids].toSorted((a, b) => b[0] - a[0]),
      asks: [...asks].toSorted((a, b) => a[0] - b[0]),
    });
  }
  return { snapshot, deltas, events };
}

function changes(
  random: Random,
  middle: number,
  direction: 1 | -1,
  depth: number,
): Map<number, number> {
  const levels = new Map<number, number>();
  const count = random.integer(0, 4);
  for (let i = 0; i < count; i++) {
    const distance = random.chance(0.2)
      ? random.integer(0, Math.floor(depth * 0.9))
      : random.exponential(12);
    const price = middle + direction * (1 + Math.floor(distance));
    levels.set(price, random.chance(1 / 3) ? 0 : sizeOf(random));
  }
  return levels;
}

function sizeOf(random: Random): number {
  return 1 + Math.floor(random.exponential(40_000));
}
