/** A value that changes now and then, for `useSyncExternalStore`: equal identity, no render. */
export class SignalStore<T> {
  readonly #listeners = new Set<() => void>();
  readonly #initial: T;
  #value: T;

  constructor(initial: T) {
    this.#initial = initial;
    this.#value = initial;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): T => this.#value;

  readonly getServerSnapshot = (): T => this.#initial;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }
}
