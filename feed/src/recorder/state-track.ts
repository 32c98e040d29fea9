import {
  type RecordedState,
  rowAfter,
  type StateRecord,
} from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';

import { isCalm, isSameStanding } from '../engine/state-record.ts';

/** A market's state, and what of it was handed over for recording; what could not be yet waits here. */
export class StateTrack {
  /** Undefined while it was always `ok`. */
  #state: RecordedState | undefined;
  #told: RecordedState | undefined;

  /** The state changed. True if that replaces a change still waiting: only the latest is recorded. */
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

  /** What is not handed over yet, once; `lastTime` is that of the last book change handed over. */
  take(lastTime: EpochMs): RecordedState | undefined {
    const told = this.#told;
    const state = this.#state && merged(this.#state, told, lastTime);
    if (state === told) return undefined;
    this.#state = state;
    this.#told = state;
    // Crossed and uncrossed between two records of the book: neither is recorded.
    const isOld = told === undefined ? isCalm(state) : state && isSameStanding(state, told);
    return isOld === true ? undefined : state;
  }

  /** A new session must get the market's state. */
  restart(): void {
    this.#told = isCalm(this.#state) ? this.#state : undefined;
  }
}

/** Merged book changes have the time of the last one, and so does a crossing they cause. */
function merged(
  state: RecordedState,
  told: RecordedState | undefined,
  lastTime: EpochMs,
): RecordedState {
  if (state.crossedSince === told?.crossedSince || state.time >= lastTime) return state;
  const crossedSince = state.crossedSince === undefined ? undefined : lastTime;
  return { ...state, time: lastTime, crossedSince };
}
