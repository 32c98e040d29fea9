import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { killAll, stopAll } from './child-group.mjs';
import { requireDiskSpace } from './disk-space.mjs';
import { Failure, refusedWrite, runCommand } from './failure.mjs';
import { ROOT, requireNode } from './node-runtime.mjs';
import { freePort, requireFreePort } from './port.mjs';
import { createProgress } from './progress.mjs';
import { failureOf, newWebKey, startFeed, startWeb, untilHealthy } from './server.mjs';
import { readSettings } from './settings.mjs';
import { build, buildName, install } from './setup.mjs';
import { untilToldToStop } from './stop-signal.mjs';

const USAGE = `Usage: npm start [-- --verbose]
  Installs and builds what is needed, starts feed and web, and prints the address.
  --verbose   shows the output of the servers, which is in data/logs in any case
  Settings are TAPEDECK_* variables: see docs/protocol.md, section 11.`;

/** A first start generates a day of candles and some minutes of books. */
const HISTORY_BYTES = 50_000_000;

async function main() {
  const flags = process.argv.slice(2);
  const wrong = flags.find((flag) => !['--verbose', '--help', '-h'].includes(flag));
  if (wrong !== undefined) throw new Failure(`unknown option ${wrong}\n${USAGE}`);
  if (flags.some((flag) => flag !== '--verbose')) {
    console.log(USAGE);
    return 0;
  }
  requireNode();
  const settings = readSettings(process.env);
  const progress = createProgress();
  const told = untilToldToStop();
  const served = serve(settings, progress, flags.includes('--verbose'));
  // After a stop signal the servers end, which is not a failure.
  served.catch(() => {});
  try {
    const reason = await Promise.race([told, served]);
    progress.say(`tapedeck: ${reason}, stopping …`);
  } finally {
    await stopAll();
  }
  progress.say('tapedeck: stopped');
  return 0;
}

/**
 * Sets up, starts both servers and watches them. Never resolves: it rejects when anything fails.
 * @param {import('./settings.mjs').Settings} settings
 * @param {import('./progress.mjs').Progress} progress
 * @param {boolean} verbose
 * @returns {Promise<never>}
 */
async function serve({ host, port, webPort, db }, progress, verbose) {
  // Check first what would make the long steps useless.
  requireRoomForHistory(db);
  await requireFreePort(host, port, 'TAPEDECK_PORT');
  await requireFreePort(host, webPort, 'TAPEDECK_WEB_PORT');
  await install(progress);
  await build(progress);

  const resolvedWebPort = webPort === 0 ? await freePort(host) : webPort;
  /** @param {string} name */
  const onLine = (name) =>
    verbose ? { onLine: (/** @type {string} */ line) => progress.say(`${name}: ${line}`) } : {};
  // Proves to the feed that requests forwarded for others come from its own web (P24c).
  const webKey = process.env['TAPEDECK_WEB_KEY'] || newWebKey();
  const { feed, web } = await progress.step('starting feed and web', async () => {
    const feed = await startFeed({
      host,
      port,
      // The feed allows the pages of this web, whose port it must know.
      env: {
        TAPEDECK_WEB_PORT: String(resolvedWebPort),
        TAPEDECK_BUILD: buildName(),
        TAPEDECK_WEB_KEY: webKey,
      },
      ...onLine('feed'),
    });
    const web = await startWeb({
      host,
      port: resolvedWebPort,
      env: { TAPEDECK_PORT: String(feed.port), TAPEDECK_WEB_KEY: webKey },
      ...onLine('web'),
    });
    await Promise.all([untilHealthy(feed, '/healthz'), untilHealthy(web, '/')]);
    return { feed, web };
  });
  const everywhere = host === '0.0.0.0' || host === '::' ? ', listening on every interface' : '';
  progress.say(
    `\nTapedeck is live at ${web.url} (feed ${feed.url}${everywhere})\nCtrl-C stops it.`,
  );
  return Promise.race([failureOf(feed.group), failureOf(web.group)]);
}

/** @param {string} db a path, or `:memory:` */
function requireRoomForHistory(db) {
  if (db === ':memory:') return;
  const folder = dirname(resolve(ROOT, db));
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw refusedWrite(error, folder);
  }
  requireDiskSpace(folder, HISTORY_BYTES, 'the history of a first start needs');
}

/**
 * Not `recursive`, because on file systems without new folders (/proc) Node's call never returns.
 * @param {string} folder
 */
function makeFolder(folder) {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

process.on('exit', killAll);
await runCommand(main);
// A build or a poll that is still running must not keep the process alive.
process.exit();
