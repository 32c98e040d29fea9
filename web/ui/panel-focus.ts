import { Signal } from '../signal/signal.ts';

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
