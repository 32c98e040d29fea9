import type { AlertEvent } from '@tapedeck/market/wire/event';

type Change = Pick<AlertEvent, 'state' | 'previousState'>;

/** Whether a firing begins: not that of a rule that fires on after missing data (P13d). */
export function isFiring({ state, previousState }: Change): boolean {
  return state === 'firing' && previousState !== 'no-data' && previousState !== 'firing';
}

/** Whether somebody made, changed or removed the rule itself (P13e). */
export function isOfRule({ state, previousState }: Change): boolean {
  return state === previousState;
}
