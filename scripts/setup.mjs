import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { LOG_FOLDER } from './bounded-log.mjs';
import { runToEnd } from './child-group.mjs';
import { requireDiskSpace } from './disk-space.mjs';
import { ROOT, childEnvironment, productNode, requireNode } from './node-runtime.mjs';
import { hashOf, isStamped, readStamp, whileLocked, writeStamp } from './stamp.mjs';

/** This version runs on Node 20; without one, each machine would install with a different version. */
const PNPM = 'pnpm@12.21.0';
/** `node_modules` takes 870 MB. */
const INSTALL_BYTES = 1_000_000_000;
const BUILD_BYTES = 200_000_000;
const PACKAGES = ['market', 'db', 'net', 'feed', 'web'];
const MANIFESTS = [
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'package.json',
  ...PACKAGES.map((name) => `${name}/package.json`),
];

/**
 * Installs the packages exactly as in the lockfile. If that was done already, it does not use the network.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function install(progress) {
  requireNode();
  const hash = hashOf(MANIFESTS, `${PNPM} ${process.platform}-${process.arch}`);
  const isDone = () =>
    isStamped('install', hash) &&
    ['.', ...PACKAGES].every((name) => existsSync(join(ROOT, name, 'node_modules')));
  if (isDone()) return;
  await whileLocked(progress.say, async () => {
    if (isDone()) return;
    requireDiskSpace(ROOT, INSTALL_BYTES, 'the install needs');
    await progress.step('installing packages', () =>
      runToEnd({
        name: 'the install',
        command: 'npx',
        // --prefer-offline: otherwise a cached npx waits over a minute if there is no network.
        arguments: [
          '--prefer-offline',
          '-y',
          PNPM,
          'install',
          '--frozen-lockfile',
          '--prefer-offline',
        ],
        logFile: join(LOG_FOLDER, 'install.log'),
        // CI: pnpm must not ask questions.
        env: { ...withoutNpmNames(), CI: 'true', npm_config_loglevel: 'error' },
      }),
    );
    writeStamp('install', hash);
  });
}

/** npx and pnpm would read variables that npm sets for its own run as settings. */
function withoutNpmNames() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle_|package_)/i.test(name)),
  );
}

const COMMON_SOURCES = [
  'pnpm-lock.yaml',
  'tsconfig.base.json',
  'market/src',
  'market/package.json',
  'net/src',
  'net/package.json',
];

/** @type {Record<'feed' | 'web', { sources: string[], made: string, arguments: string[], cwd: string }>} */
const BUILDS = {
  feed: {
    sources: [
      ...COMMON_SOURCES,
      'db/src',
      'db/package.json',
      'feed',
      'scripts/feed.rolldown.config.mjs',
    ],
    made: 'feed/dist/main.mjs',
    arguments: ['node_modules/rolldown/bin/cli.mjs', '-c', 'scripts/feed.rolldown.config.mjs'],
    cwd: ROOT,
  },
  web: {
    sources: [...COMMON_SOURCES, 'web'],
    made: 'web/.next/BUILD_ID',
    arguments: ['node_modules/next/dist/bin/next', 'build'],
    cwd: join(ROOT, 'web'),
  },
};

/**
 * Builds the feed's bundle and the web's pages, each only if its sources have changed. Call it after `install`.
 * @param {import('./progress.mjs').Progress} progress
 * @param {readonly ('feed' | 'web')[]} names
 */
export async function build(progress, names = ['feed', 'web']) {
  const hashes = { feed: '', web: '' };
  const stale = () =>
    names.filter((name) => {
      const { sources, made } = BUILDS[name];
      hashes[name] = hashOf(sources, productNode());
      return !isStamped(name, hashes[name]) || !existsSync(join(ROOT, made));
    });
  if (stale().length === 0) return;
  await whileLocked(progress.say, async () => {
    const wanted = stale();
    if (wanted.length === 0) return;
    requireDiskSpace(ROOT, BUILD_BYTES, 'the build needs');
    await progress.step(`building ${wanted.join(' and ')}`, () =>
      Promise.all(
        wanted.map(async (name) => {
          await runToEnd({
            name: `the build of the ${name}`,
            command: productNode(),
            arguments: BUILDS[name].arguments,
            cwd: BUILDS[name].cwd,
            logFile: join(LOG_FOLDER, `build-${name}.log`),
            env: buildEnvironment(),
          });
          writeStamp(name, hashes[name]);
        }),
      ),
    );
  });
}

/** Name of the current build: pages of another build reload. */
export function buildName() {
  return readStamp('web').slice(0, 8) || 'dev';
}

/** Settings are read when the servers start, so no build may contain one. */
function buildEnvironment() {
  const env = childEnvironment({ NODE_ENV: 'production' });
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TAPEDECK_')));
}
