/** Work of one turn of the event loop, ms: the live market waits no longer for what a page asks. */
const TURN_MS = 8;

/**
 * Does work that yields often in several turns of the event loop, so that what a page asks of the history does not keep the
 * live market waiting. `workNow` is monotonic, ms.
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
