import type { RecordedState, StateRecord } from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { SymbolMarket } from './symbol-market.ts';

/**
 * Where a market stands, as it is recorded (H6): with the market's own time of the change, by which its books and trades
 * are ordered. `present` is taken where its source names none. Undefined while nothing was heard of it that could be
 * believed or not.
 */
export function stateRecord(market: SymbolMarket, present: EpochMs): StateRecord | undefined {
  const { state, reason, isCrossed: crossed, lastEventTime, stateTime } = market;
  if (lastEventTime === 0 && state !== 'ok') return undefined;
  // What is stale or gone is so since it was last heard of, and silence ends with an event; else its source's word counts.
  const isSinceLast = state === 'stale' || state === 'syncing' || reason === 'delisted';
  const time =
    isSinceLast || reason === 'upstream-silent'
      ? lastEventTime
      : Math.max(lastEventTime, stateTime ?? present);
  return { time, state, reason, crossed };
}

/** Whether there is nothing to say: what was never said is `ok`. */
export function isCalm(row: Omit<RecordedState, 'time'> | undefined): boolean {
  return row === undefined || (row.state === 'ok' && row.crossedSince === undefined);
}

export function isSameStanding(a: RecordedState, b: RecordedState): boolean {
  const isSame = a.state === b.state && a.reason === b.reason && a.since === b.since;
  return isSame && a.crossedSince === b.crossedSince;
}
