import { Listeners } from './listeners.ts';

/** A value that changes now and then, for `useSyncExternalStore`: setting an identical value renders nothing. */
export class Signal<T> {
  readonly #listeners = new Listeners();
  readonly #initial: T;
  #value: T;

  constructor(initial: T) {
    this.#initial = initial;
    this.#value = initial;
  }

  readonly subscribe = this.#listeners.add;

  get value(): T {
    return this.#value;
  }

  readonly getSnapshot = (): T => this.#value;

  readonly getServerSnapshot = (): T => this.#initial;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#listeners.notify();
  }
}
