import { Signal } from '../signal/signal.ts';

/** What is open over the page. At most one: opening one closes the others. */
export type Overlay = 'palette' | 'search' | 'shortcuts' | 'notifications';
export const overlay = new Signal<Overlay | undefined>(undefined);

/** A line for screen readers, spoken politely: `b` and state changes use it. */
export const spoken = new Signal<string>('');

let turn = false;

/** Speaks `text`, even if it is the same as before: live regions only announce changes. */
export function speak(text: string): void {
  turn = !turn;
  spoken.set(turn ? text : `${text}\u00a0`);
}
