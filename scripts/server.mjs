import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { LOG_FOLDER } from './bounded-log.mjs';
import { ChildGroup } from './child-group.mjs';
import { Failure } from './failure.mjs';
import { ROOT, childEnvironment, productNode } from './node-runtime.mjs';
import { freePort } from './port.mjs';

/*
 * The two built servers as child processes, for `npm start` and for the browser tests. They end themselves when the
 * process that started them has ended.
 */

/** Long enough for a first start, which generates a day of history, on a busy machine. */
const HEALTHY_WITHIN_MS = 60_000;
const POLL_MS = 100;
const EXIT_WITH_PARENT = ['--import', join(ROOT, 'scripts/exit-with-parent.mjs')];

/** @typedef {{ group: ChildGroup, port: number, url: string }} Server */

/**
 * @typedef {{
 *   host: string, port: number, env?: NodeJS.ProcessEnv, logFile?: string, onLine?: (line: string) => void,
 * }} ServerOptions `port` 0 picks a free one
 */

/**
 * Starts the feed's bundle and waits until it reports its port.
 * @param {ServerOptions} options
 * @returns {Promise<Server>}
 */
export async function startFeed({ host, port, env = {}, logFile, onLine }) {
  /** @type {(port: number) => void} */
  let tellPort = () => {};
  const listening = new Promise((resolve) => (tellPort = resolve));
  const group = new ChildGroup({
    name: 'feed',
    command: productNode(),
    arguments: [...EXIT_WITH_PARENT, '--enable-source-maps', 'feed/dist/main.mjs'],
    logFile: logFile ?? join(LOG_FOLDER, 'feed.log'),
    env: serverEnvironment({ ...env, TAPEDECK_HOST: host, TAPEDECK_PORT: String(port) }),
    onLine: (line) => {
      const told = /^\{"listening":\{.*"port":(\d+)/.exec(line)?.[1];
      if (told !== undefined) tellPort(Number(told));
      onLine?.(line);
    },
  });
  // A fixed port is known: its health can be queried at once.
  if (port !== 0) tellPort(port);
  const actual = await Promise.race([listening, failureOf(group), tooLate(group)]);
  return { group, port: actual, url: urlOf(host, actual) };
}

/**
 * Starts the built web.
 * @param {ServerOptions} options
 * @returns {Promise<Server>}
 */
export async function startWeb({ host, port, env = {}, logFile, onLine }) {
  const actual = port === 0 ? await freePort(host) : port;
  const group = new ChildGroup({
    name: 'web',
    command: productNode(),
    arguments: [...EXIT_WITH_PARENT, 'web/server/main.ts'],
    logFile: logFile ?? join(LOG_FOLDER, 'web.log'),
    env: serverEnvironment({ ...env, TAPEDECK_HOST: host, TAPEDECK_WEB_PORT: String(actual) }),
    ...(onLine && { onLine }),
  });
  return { group, port: actual, url: urlOf(host, actual) };
}

/**
 * Waits until `path` of the server answers with a 2xx status.
 * @param {Server} server
 * @param {string} path
 * @throws Failure if the server ends or stays unhealthy
 */
export async function untilHealthy({ group, url }, path) {
  let stop = false;
  const poll = async () => {
    while (!stop) {
      try {
        const response = await fetch(url + path, { signal: AbortSignal.timeout(5_000) });
        await response.body?.cancel();
        if (response.ok) return;
      } catch {
        // Not listening yet. Its end and the timeout are watched separately.
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  try {
    await Promise.race([poll(), failureOf(group), tooLate(group)]);
  } finally {
    stop = true;
  }
}

/** A secret of one feed and its web for one run. */
export function newWebKey() {
  return randomBytes(24).toString('base64url');
}

/**
 * Rejects when the child ends, because a server never ends by itself.
 * @param {ChildGroup} group
 * @returns {Promise<never>}
 */
export async function failureOf(group) {
  const { code, signal } = await group.exited;
  throw new Failure(`the ${group.name} has ended (${signal ?? `exit status ${code}`})`, {
    output: group.log.lastLines(),
  });
}

/** @param {ChildGroup} group @returns {Promise<never>} */
function tooLate(group) {
  return new Promise((_, reject) => {
    setTimeout(() => {
      const output = group.log.lastLines();
      reject(
        new Failure(`the ${group.name} is not healthy after ${HEALTHY_WITHIN_MS / 1000} s`, {
          output,
        }),
      );
    }, HEALTHY_WITHIN_MS).unref();
  });
}

/** @param {NodeJS.ProcessEnv} extra */
function serverEnvironment(extra) {
  return childEnvironment({ NODE_ENV: 'production', ...extra });
}

/** An address that a browser on this machine can open. @param {string} host @param {number} port */
export function urlOf(host, port) {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
