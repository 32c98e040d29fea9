import { killAll } from './child-group.mjs';

const PARENT_CHECK_MS = 250;
/** One Ctrl-C arrives twice, from the terminal and from npm; only a later one counts as the second. */
const SAME_KEY_MS = 700;

/**
 * Resolves with the reason when this process must stop: a signal, or the end of the npm that started it (a `kill -9`
 * of npm sends no signal here). A second signal kills the children at once.
 * @returns {Promise<string>}
 */
export function untilToldToStop() {
  return new Promise((resolve) => {
    let toldAt = 0;
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.on(signal, () => {
        if (toldAt === 0) toldAt = performance.now();
        else if (performance.now() - toldAt > SAME_KEY_MS) killAll();
        resolve(signal);
      });
    // A closed terminal or pipe is not a failure: output is then lost.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    // Started by hand, it may outlive its shell (nohup, a service); started by npm, it ends with npm.
    if (process.env['npm_lifecycle_event'] === undefined) return;
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) resolve('npm has ended');
    }, PARENT_CHECK_MS).unref();
  });
}
