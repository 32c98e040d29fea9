import type { EpochMs } from '../number/level.ts';
import { type MarketState, STATE_REASONS, type StateReason } from './instrument.ts';
import type { Gap } from './session.ts';

/** A row of the history (H6): from `time` on, until the next row of the market, it was in this state. */
export type RecordedState = {
  /** Market time of the event that changed it, so that rows and books are ordered by one clock. */
  readonly time: EpochMs;
  readonly state: MarketState;
  readonly reason: StateReason;
  /** Since when it was so: before `time` where the row was written for another change, or in another session. */
  readonly since: EpochMs;
  /** Since when bid and ask touch or overlap (P15); undefined while they do not. */
  readonly crossedSince: EpochMs | undefined;
};

/** What a recording says of a market that was not `ok` at a moment. */
export type RecordedTrouble = {
  readonly state: 'stale' | 'halted';
  readonly reason: StateReason;
  readonly since: EpochMs;
};

/** A stretch in which a market was not `ok`, or was crossed: at every moment t with `from < t <= to` (P28a). */
export type StateBand = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly state: MarketState;
  readonly reason: StateReason;
  readonly crossed: boolean;
};

/**
 * Where a recorded market stands: by the last row before the moment, and by the hole that hides its book then; undefined
 * where it is `ok`. A book that was being brought anew is the last one before that, and `stale`: who reads a recording
 * still has it. A halt shows through a hole that the halt itself left, and through no other: a halted market's last book
 * is right, that of a hole may not be. Of a market that has ended nothing is right any more: its time is a hole (P13b).
 */
export function recordedTrouble(
  row: RecordedState | undefined,
  hole: Gap | undefined,
): RecordedTrouble | undefined {
  const isOver = row?.reason === 'delisted';
  if (row?.state === 'halted' && !isOver && (hole === undefined || hole.reason === row.reason))
    return { state: 'halted', reason: row.reason, since: row.since };
  if (row?.state === 'stale' || row?.state === 'syncing' || (row !== undefined && isOver))
    return { state: 'stale', reason: row.reason, since: row.since };
  return hole && { state: 'stale', reason: reasonOf(hole), since: hole.from };
}

/** Reasons of holes are an open list (a full queue, a damaged page): to a reader of the book they are all one. */
function reasonOf({ reason }: Gap): StateReason {
  return STATE_REASONS.find((known) => known === reason) ?? 'upstream-gap';
}
