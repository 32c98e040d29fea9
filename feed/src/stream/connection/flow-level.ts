import type { MonotonicMs } from '@tapedeck/market/time/clock';

/**
 * P22: 0 normal, 1 book flushes are skipped, 2 books come once a second and trades are counted, 3 the connection is
 * closed.
 */
export type FlowLevel = 0 | 1 | 2 | 3;

/** How far behind one connection is at one moment. */
export type FlowSample = {
  readonly bufferedBytes: number;
  /** The larger of the age of the oldest unacknowledged frame and the time for which no waiting byte was taken. */
  readonly lagMs: number;
};

/** A level, and since when the connection has done better than that. */
export type Flow = { readonly level: FlowLevel; readonly cleanSince: MonotonicMs | undefined };

export const NORMAL_FLOW: Flow = { level: 0, cleanSince: undefined };

const KIB = 1_024;
/** A level applies from these bounds on; for the last level only beyond them. */
const SKIP = { bytes: 256 * KIB, lagMs: 2_000 };
const SLOW = { bytes: 1_024 * KIB, lagMs: 5_000 };
const CLOSE = { bytes: 4_096 * KIB, lagMs: 15_000 };
/** A connection improves by one level after being better for this long. */
const CLEAN_MS = 10_000;

/** The level from a sample alone, without memory. */
export function levelOf({ bufferedBytes, lagMs }: FlowSample): FlowLevel {
  if (bufferedBytes > CLOSE.bytes || lagMs > CLOSE.lagMs) return 3;
  if (bufferedBytes >= SLOW.bytes || lagMs >= SLOW.lagMs) return 2;
  if (bufferedBytes >= SKIP.bytes || lagMs >= SKIP.lagMs) return 1;
  return 0;
}

/** The next level: down at once, up one level after each `CLEAN_MS` without a relapse. */
export function flowLevel(previous: Flow, sample: FlowSample, now: MonotonicMs): Flow {
  const { level, cleanSince } = previous;
  const wanted = levelOf(sample);
  if (wanted > level) return { level: wanted, cleanSince: undefined };
  if (wanted === level)
    return cleanSince === undefined ? previous : { level, cleanSince: undefined };
  if (cleanSince === undefined) return { level, cleanSince: now };
  if (now - cleanSince < CLEAN_MS) return previous;
  const higher = (level - 1) as FlowLevel;
  return { level: higher, cleanSince: wanted < higher ? now : undefined };
}
