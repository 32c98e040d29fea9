import type { EpochMs } from '@tapedeck/market/level';

/** A wall clock that ticks `hz` times a second while somebody looks, as a store. */
type NowStore = {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => EpochMs;
};

const stores = new Map<number, NowStore>();

/** The one clock of this rate. */
export function nowStore(hz: number): NowStore {
  const known = stores.get(hz);
  if (known !== undefined) return known;
  const store = createNowStore(1_000 / hz);
  stores.set(hz, store);
  return store;
}

function createNowStore(periodMs: number): NowStore {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let now: EpochMs = 0;
  return {
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setInterval(() => {
        now = Date.now();
        for (const each of listeners) each();
      }, periodMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        now = 0;
      };
    },
    getSnapshot: () => (now === 0 ? (now = Date.now()) : now),
  };
}
