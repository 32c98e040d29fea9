import type { RecordedState, StateRecord } from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { SymbolMarket } from './symbol-market.ts';

/**
 * A market's state, as recorded (H6): with the market's own time of the change, which orders it among books and
 * trades. `present` is used if the source gives no time. Undefined before anything is known of the market.
 */
export function stateRecord(market: SymbolMarket, present: EpochMs): StateRecord | undefined {
  const { state, reason, isCrossed: crossed, lastEventTime, stateTime } = market;
  if (lastEventTime === 0 && state !== 'ok') return undefined;
  // Stale or gone counts from its last event, because silence ends with an event; otherwise the source's time counts.
  const isSinceLast = state === 'stale' || state === 'syncing' || reason === 'delisted';
  const time =
    isSinceLast || reason === 'upstream-silent'
      ? lastEventTime
      : Math.max(lastEventTime, stateTime ?? present);
  return { time, state, reason, crossed };
}

/** Whether there is nothing to record: a state never recorded is `ok`. */
export function isCalm(row: Omit<RecordedState, 'time'> | undefined): boolean {
  return row === undefined || (row.state === 'ok' && row.crossedSince === undefined);
}

export function isSameStanding(a: RecordedState, b: RecordedState): boolean {
  const isSame = a.state === b.state && a.reason === b.reason && a.since === b.since;
  return isSame && a.crossedSince === b.crossedSince;
}
