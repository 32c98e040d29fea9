import type { EpochMs } from '../number/level.ts';
import type { MarketState, StateReason } from './instrument.ts';

/** A state as messages and answers carry it: why, and since when, where it is not plain `ok`. */
export type Standing = {
  readonly state: MarketState;
  readonly reason?: StateReason;
  readonly since?: EpochMs;
};

/**
 * The standing of a book that is crossed or locked since `crossedSince` (P15). Only a book that can be trusted, halted or
 * not, says so; undefined for any other: it keeps its own reason.
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
