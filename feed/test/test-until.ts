import { setImmediate } from 'node:timers/promises';

const PATIENCE_MS = 10_000;

/** Turns of the event loop until a condition holds: real sockets take any number of turns, within a limit. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await setImmediate();
  }
}
