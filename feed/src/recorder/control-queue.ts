import type { Control } from './recorder-message.ts';

/** Events and holes kept while no worker takes them: before there is a session, or while its file is away. */
const MAX_KEPT = 1_000;

/** What goes to the worker besides the numbers, in order. */
export class ControlQueue {
  #controls: Control[] = [];
  #dropped = 0;

  get length(): number {
    return this.#controls.length;
  }
  /** Dropped because no worker took them for too long, the oldest first. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `isTaken`: there is a worker that takes it within moments. */
  push(control: Control, isTaken: boolean): void {
    this.#controls.push(control);
    if (isTaken || this.#controls.length <= MAX_KEPT) return;
    // A recording could not continue at all without its markets.
    const at = this.#controls.findIndex(({ type }) => type === 'event' || type === 'gap');
    if (at < 0) return;
    this.#controls.splice(at, 1);
    this.#dropped++;
  }

  /** Before everything that waits: a new session must have its markets first. */
  lead(controls: readonly Control[]): void {
    this.#controls = [...controls, ...this.#controls];
  }

  take(): readonly Control[] {
    const taken = this.#controls;
    this.#controls = [];
    return taken;
  }
}
