import type { EpochMs } from '../number/level.ts';
import type { MarketState, StateReason } from './instrument.ts';

/** A state as in messages and responses: with reason and since when, unless it is plainly `ok`. */
export type Standing = {
  readonly state: MarketState;
  readonly reason?: StateReason;
  readonly since?: EpochMs;
};

/**
 * The state of a book that has been crossed or locked since `crossedSince` (P15). Undefined for a book that cannot be
 * trusted (neither `ok` nor `halted`): it keeps its own reason.
 */
export function crossedStanding(
  state: MarketState,
  crossedSince: EpochMs | undefined,
): Required<Standing> | undefined {
  const isTrusted = state === 'ok' || state === 'halted';
  return crossedSince !== undefined && isTrusted
    ? { state, reason: 'crossed', since: crossedSince }
    : undefined;
}
