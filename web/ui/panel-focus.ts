/** A minimal observable value, by which parts of the shell share state. */
export class Signal<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
}

/** Id of the panel that fills the page, if any. */
export const maximisedPanel = new Signal<string | undefined>(undefined);

let pointed: string | undefined;

/** Remembers the panel under the pointer or with the focus: `f` acts on it. */
export function pointAtPanel(id: string): void {
  pointed = id;
}

export function toggleMaximised(id: string | undefined = pointed): void {
  if (id === undefined) return;
  maximisedPanel.set(maximisedPanel.value === id ? undefined : id);
}

/** One step of the Esc cascade; false if there was nothing to restore. */
export function restoreMaximised(): boolean {
  if (maximisedPanel.value === undefined) return false;
  maximisedPanel.set(undefined);
  return true;
}
