import type { Cancel } from '@tapedeck/market/time/clock';

import { systemClock } from '../../clock/system-clock.ts';
import { Listeners } from '../../signal/listeners.ts';
import { AGEING_MS } from '../store/flush-loop.ts';
import { flushLoop } from './browser-deck.ts';

/** A store that ticks `hz` times a second (at most four) while it has listeners. */
type NowStore<T> = {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => T;
};

/** The page's wall clock, one store for each rate. */
export const nowStore = storesOf(() => systemClock.now());
/** The page's monotonic clock, one store for each rate. */
export const monotonicStore = storesOf(() => systemClock.monotonic());

function storesOf<T>(read: () => T): (hz: number) => NowStore<T> {
  const stores = new Map<number, NowStore<T>>();
  return (hz) => {
    const known = stores.get(hz);
    if (known !== undefined) return known;
    const store = createNowStore(1_000 / hz, read);
    stores.set(hz, store);
    return store;
  };
}

/** It ticks within the page's own frames, so that it costs none of its own. */
function createNowStore<T>(periodMs: number, read: () => T): NowStore<T> {
  let stop: Cancel | undefined;
  let now: T | undefined;
  let tickedAt = systemClock.monotonic();
  const listeners = new Listeners((isActive) => {
    if (isActive) stop = flushLoop.add(tick);
    else {
      stop?.();
      now = undefined;
    }
  });
  function tick(): void {
    const at = systemClock.monotonic();
    // The nearest frame, not the one after it.
    if (at - tickedAt < periodMs - AGEING_MS / 2) return;
    tickedAt = at;
    now = read();
    listeners.notify();
  }
  return { subscribe: listeners.add, getSnapshot: () => (now ??= read()) };
}
