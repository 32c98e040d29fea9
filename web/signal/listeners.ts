import type { Cancel } from '@tapedeck/market/time/clock';

/** Callbacks in the order added. `onActive` is called when the first is added and when the last is removed. */
export class Listeners<Args extends readonly unknown[] = []> {
  readonly #all = new Set<(...args: Args) => void>();
  readonly #onActive: (isActive: boolean) => void;

  constructor(onActive: (isActive: boolean) => void = () => {}) {
    this.#onActive = onActive;
  }

  get isActive(): boolean {
    return this.#all.size > 0;
  }

  /** Adds `listener` until the returned function is called. */
  readonly add = (listener: (...args: Args) => void): Cancel => {
    const isFirst = !this.isActive;
    this.#all.add(listener);
    if (isFirst) this.#onActive(true);
    return () => {
      if (this.#all.delete(listener) && !this.isActive) this.#onActive(false);
    };
  };

  readonly notify = (...args: Args): void => {
    for (const listener of this.#all) listener(...args);
  };
}
