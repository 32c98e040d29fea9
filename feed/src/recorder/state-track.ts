import {
  type RecordedState,
  rowAfter,
  type StateRecord,
} from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';

import { isCalm, isSameStanding } from '../engine/state-record.ts';

/** Where one market stands, and what of that was handed over to be recorded: what could not be yet waits here. */
export class StateTrack {
  /** Undefined while it was never anything but `ok`. */
  #state: RecordedState | undefined;
  #told: RecordedState | undefined;

  /** It stands otherwise. True where another change had waited in vain: only the latest is told. */
  change(record: StateRecord): boolean {
    const next = rowAfter(this.#state, record);
    if (this.#state === undefined && isCalm(next)) return false;
    const isLost = this.#state !== this.#told;
    this.#state = next;
    return isLost;
  }

  /** Its book is crossed or locked, or no longer (P15). */
  cross(time: EpochMs, crossed: boolean): void {
    if ((this.#state?.crossedSince !== undefined) === crossed) return;
    const { state = 'ok', reason = 'crossed' } = this.#state ?? {};
    this.#state = rowAfter(this.#state, { time, state, reason, crossed });
  }

  /** What is not handed over yet, once; `lastTime` is that of the last change of the book that is. */
  take(lastTime: EpochMs): RecordedState | undefined {
    const told = this.#told;
    const state = this.#state && merged(this.#state, told, lastTime);
    if (state === told) return undefined;
    this.#state = state;
    this.#told = state;
    // Crossed and apart again between two records of the book: nothing is recorded of either.
    const isOld = told === undefined ? isCalm(state) : state && isSameStanding(state, told);
    return isOld === true ? undefined : state;
  }

  /** A session begins that must learn where the market stands. */
  restart(): void {
    this.#told = isCalm(this.#state) ? this.#state : undefined;
  }
}

/** Merged changes of a book have the time of the last of them, and so has what they made of it. */
function merged(
  state: RecordedState,
  told: RecordedState | undefined,
  lastTime: EpochMs,
): RecordedState {
  if (state.crossedSince === told?.crossedSince || state.time >= lastTime) return state;
  const crossedSince = state.crossedSince === undefined ? undefined : lastTime;
  return { ...state, time: lastTime, crossedSince };
}
