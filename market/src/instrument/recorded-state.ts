import type { EpochMs } from '../number/level.ts';
import { type MarketState, STATE_REASONS, type StateReason } from './instrument.ts';
import type { Gap } from './session.ts';

/** A state row of the history (H6): the market's state from `time` until its next row. */
export type RecordedState = {
  /** Market time of the event that changed the state, so that rows and books are ordered by one clock. */
  readonly time: EpochMs;
  readonly state: MarketState;
  readonly reason: StateReason;
  /** Start of this state. It precedes `time` if another change, or a new session, caused the row. */
  readonly since: EpochMs;
  /** Since when the book has been locked or crossed (P15); undefined while it is neither. */
  readonly crossedSince: EpochMs | undefined;
};

/** A market's state, and since when by its own clock. */
export type StateRecord = {
  readonly time: EpochMs;
  readonly state: MarketState;
  readonly reason: StateReason;
  readonly crossed: boolean;
};

/** Why a recorded market was not `ok` at a given time. */
export type RecordedTrouble = {
  readonly state: 'stale' | 'halted';
  readonly reason: StateReason;
  readonly since: EpochMs;
};

/** A period in which a market was not `ok`, or was crossed: every t with `from < t <= to` (P28a). */
export type StateBand = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly state: MarketState;
  readonly reason: StateReason;
  readonly crossed: boolean;
};

/** The row that `record` becomes after `last`: rows are in the order of their times. */
export function rowAfter(last: RecordedState | undefined, record: StateRecord): RecordedState {
  const { state, reason, crossed } = record;
  const time = Math.max(record.time, last?.time ?? 0);
  const isSame = last?.state === state && last.reason === reason;
  const crossedSince = crossed ? (last?.crossedSince ?? time) : undefined;
  return { time, state, reason, since: isSame ? last.since : time, crossedSince };
}

/**
 * The state of a recorded market, from its last row before the given time and from the gap that contains that time;
 * undefined if it is `ok`. A market that was `syncing` is `stale`: the recording still has its last book. A halt
 * stays visible only in a gap that the halt itself caused: a halted market's last book is correct, while a book in
 * any other gap may be wrong. A delisted market is always `stale`: the time after its end is a gap (P13b).
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

/**
 * Gap reasons are an open list (a full queue, a damaged page); readers of a book see all others as `upstream-gap`.
 */
function reasonOf({ reason }: Gap): StateReason {
  return STATE_REASONS.find((known) => known === reason) ?? 'upstream-gap';
}
