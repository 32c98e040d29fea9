import type { AlertEvent } from '@tapedeck/market/wire/event';

type Change = Pick<AlertEvent, 'state' | 'previousState'>;

/** Whether a firing begins: not if the rule was already firing before data went missing (P13d). */
export function isFiring({ state, previousState }: Change): boolean {
  return state === 'firing' && previousState !== 'no-data' && previousState !== 'firing';
}

/** Whether the rule itself was created, changed or deleted (P13e). */
export function isOfRule({ state, previousState }: Change): boolean {
  return state === previousState;
}
