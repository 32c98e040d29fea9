import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { Listeners } from '../../signal/listeners.ts';
import { deriveDataState, isSameState, type StateInput } from '../model/data-state.ts';
import type { TopicHealth, TopicUpdate } from '../model/deck-port.ts';
import type { View } from '../model/view-model.ts';

/** What all topics of a deck share when their states are derived. */
export type StateContext = Pick<StateInput, 'link' | 'now' | 'replayClock' | 'isReplay' | 'cutAt'>;
/** How far the clock of each live venue is ahead of the feed's, ms. */
export type VenueClocks = ReadonlyMap<string, number>;

/** The one snapshot that servers render and browsers hydrate with. */
export const LOADING_VIEW: View<never> = {
  value: undefined,
  state: { kind: 'loading', awaiting: 'the feed', since: 0 as MonotonicMs },
};

/**
 * Each message of the worker has its own copy of the instrument. An equal grid keeps the same object, so that a row
 * with unchanged figures does not render again.
 */
function withKnownInstrument<T>(value: T, before: T | undefined): T {
  const now = instrumentOf(value);
  const known = instrumentOf(before);
  if (now === undefined || known === undefined || now === known) return value;
  const isSame = now.symbol === known.symbol && isWrittenAlike(now, known);
  return isSame ? { ...value, instrument: known } : value;
}

function instrumentOf(value: unknown): Instrument | undefined {
  if (typeof value !== 'object' || value === null || !('instrument' in value)) return undefined;
  return value.instrument as Instrument;
}

/**
 * The store of one topic: immutable snapshots for `useSyncExternalStore`. Updates are only noted; `flush`, called by
 * the one frame loop, makes the snapshot and notifies the listeners.
 */
export class ViewStore<T> {
  readonly #listeners: Listeners;
  readonly subscribe: Listeners['add'];
  readonly requestedAt: MonotonicMs;
  #value: T | undefined;
  #health: TopicHealth | undefined;
  #snapshot: View<T>;

  /** `onActive` is called when the first listener is added and when the last is removed. */
  constructor(
    requestedAt: MonotonicMs,
    initial: T | undefined,
    onActive: (isActive: boolean) => void,
  ) {
    this.requestedAt = requestedAt;
    this.#listeners = new Listeners(onActive);
    this.subscribe = this.#listeners.add;
    this.#value = initial;
    this.#snapshot = {
      value: initial,
      state: { kind: 'loading', awaiting: 'the feed', since: requestedAt },
    };
  }

  get isActive(): boolean {
    return this.#listeners.isActive;
  }

  get health(): TopicHealth | undefined {
    return this.#health;
  }

  readonly getSnapshot = (): View<T> => this.#snapshot;

  readonly getServerSnapshot = (): View<T> => LOADING_VIEW;

  /** Notes an update of the worker; listeners are notified at the next flush. */
  note(update: TopicUpdate): void {
    if (update.value !== undefined)
      this.#value = withKnownInstrument(update.value as T, this.#value);
    this.#health = update.health;
  }

  /** The worker is gone: its report of health no longer applies. The value stays, to be dimmed, and keeps its age. */
  forget(): void {
    if (this.#health !== undefined)
      this.#health = { ...this.#health, phase: 'awaiting', provenAt: undefined };
  }

  /** Makes the snapshot of `now`; true if it differs and the listeners were notified. */
  flush(context: StateContext, venueAheadMs?: number): boolean {
    const state = deriveDataState({
      ...context,
      venueAheadMs,
      health: this.#health,
      hasValue: this.#value !== undefined,
      requestedAt: this.requestedAt,
    });
    // With an error there is no number: left beside it, the old one would pass for current.
    const value = state.kind === 'error' ? undefined : this.#value;
    const isSame = isSameState(this.#snapshot.state, state);
    if (isSame && this.#snapshot.value === value) return false;
    this.#snapshot = { value, state: isSame ? this.#snapshot.state : state };
    this.#listeners.notify();
    return true;
  }
}
