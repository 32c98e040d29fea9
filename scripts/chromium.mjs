import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { LOG_FOLDER } from './bounded-log.mjs';
import { runToEnd } from './child-group.mjs';
import { Failure } from './failure.mjs';
import { childEnvironment } from './node-runtime.mjs';

/** The headless shell first: without a browser's own windows a page takes a quarter less CPU. */
const USUAL_PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const APT_INSTALL = 'apt-get install -y --no-install-recommends';

/** The browser for the tests: `CHROMIUM_PATH`, an installed one, or one that Playwright has downloaded. */
export function findChromium() {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Failure(`CHROMIUM_PATH is not a file: ${named}`);
    return named;
  }
  return [...USUAL_PLACES, ...playwrightsOwn()].find((path) => existsSync(path));
}

function playwrightsOwn() {
  const cache = process.env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(homedir(), '.cache/ms-playwright');
  if (!existsSync(cache)) return [];
  return readdirSync(cache)
    .filter((name) => name.startsWith('chromium'))
    .flatMap((name) => [
      join(cache, name, 'chrome-linux/chrome'),
      join(cache, name, 'chrome-linux64/chrome'),
      join(cache, name, 'chrome-linux/headless_shell'),
    ]);
}

/**
 * Finds a Chromium, or installs Debian's if that is possible (as root, with apt-get).
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<{ path: string } | { missing: string }>}
 */
export async function provideChromium(progress) {
  const found = findChromium();
  if (found !== undefined) return { path: found };
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return {
      missing:
        'no Chromium was found, and only root can install one: install it, or set CHROMIUM_PATH',
    };
  try {
    await progress.step("installing Debian's Chromium", () =>
      runToEnd({
        name: 'the install of Chromium',
        command: 'sh',
        arguments: [
          '-c',
          `apt-get update && (${APT_INSTALL} chromium-headless-shell || ${APT_INSTALL} chromium)`,
        ],
        logFile: join(LOG_FOLDER, 'chromium.log'),
        env: childEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
      }),
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { missing: error.message };
  }
  const installed = findChromium();
  return installed === undefined
    ? { missing: "no Chromium was found after installing Debian's package" }
    : { path: installed };
}
