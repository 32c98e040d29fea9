/** Work per turn of the event loop, ms: the live market waits no longer than this for a page's request. */
const TURN_MS = 8;

/**
 * Spreads work that yields often over several turns of the event loop, so that reads of the history do not delay the
 * live market. `workNow` is monotonic, ms.
 */
export async function inTurns<T>(work: Generator<void, T>, workNow: () => number): Promise<T> {
  let deadline = workNow() + TURN_MS;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    if (workNow() < deadline) continue;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    deadline = workNow() + TURN_MS;
  }
}
