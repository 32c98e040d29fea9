import { killAll } from './child-group.mjs';

const PARENT_CHECK_MS = 250;
/** One Ctrl-C comes twice, from the terminal and from npm; only what comes later is a second one. */
const SAME_KEY_MS = 700;

/**
 * Resolves with the reason when this process is to stop: a signal, or the death of the npm that started it (by
 * `kill -9` no signal comes). A second signal kills the children at once.
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
    // A closed terminal or pipe: there is nobody left to write to, which is no reason to fail.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    // Started by hand it may well outlive its shell (nohup, a service); started by npm it belongs to it.
    if (process.env['npm_lifecycle_event'] === undefined) return;
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) resolve('npm has gone');
    }, PARENT_CHECK_MS).unref();
  });
}
