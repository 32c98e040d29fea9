import { systemClock } from './system-clock.ts';

/** A clock of the page that ticks `hz` times a second while somebody looks, as a store. */
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

function createNowStore<T>(periodMs: number, read: () => T): NowStore<T> {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let now: T | undefined;
  return {
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setInterval(() => {
        now = read();
        for (const each of listeners) each();
      }, periodMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        now = undefined;
      };
    },
    getSnapshot: () => (now ??= read()),
  };
}
