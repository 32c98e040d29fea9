/**
 * Progress for people: two lines per step, the second with its time. On standard error if standard output is for
 * data.
 * @param {{ stream?: NodeJS.WritableStream }} [options]
 */
export function createProgress({ stream = process.stdout } = {}) {
  /** @param {string} line */
  const say = (line) => void stream.write(`${line}\n`);
  return {
    say,
    /**
     * Runs one step and prints how long it took. A failure is reported by whoever catches it.
     * @template T
     * @param {string} what
     * @param {() => Promise<T>} task
     */
    async step(what, task) {
      say(`tapedeck: ${what} …`);
      const start = performance.now();
      const result = await task();
      say(`tapedeck: ${what}: ${seconds(performance.now() - start)}`);
      return result;
    },
  };
}

/** @typedef {ReturnType<typeof createProgress>} Progress */

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
