import type { Control } from './recorder-message.ts';

/** Events and holes that are kept while nobody takes them: before there is a session, or while its file is away. */
const MAX_KEPT = 1_000;

/** What goes to the worker beside the numbers, in order. */
export class ControlQueue {
  #controls: Control[] = [];
  #dropped = 0;

  get length(): number {
    return this.#controls.length;
  }
  /** Those that nobody took for so long that they were let go, the oldest first. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `isTaken`: a worker is there that will have it within moments. */
  push(control: Control, isTaken: boolean): void {
    this.#controls.push(control);
    if (isTaken || this.#controls.length <= MAX_KEPT) return;
    // Without its markets a recording could not go on at all.
    const at = this.#controls.findIndex(({ type }) => type === 'event' || type === 'gap');
    if (at < 0) return;
    this.#controls.splice(at, 1);
    this.#dropped++;
  }

  /** Before all that waits: a new session has to know its markets first. */
  lead(controls: readonly Control[]): void {
    this.#controls = [...controls, ...this.#controls];
  }

  take(): readonly Control[] {
    const taken = this.#controls;
    this.#controls = [];
    return taken;
  }
}
