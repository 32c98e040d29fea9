import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Failure } from './failure.mjs';

/** The root of the project. Every command runs here, whatever folder it was called from. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Oldest Node for these scripts. The product runs on the pinned Node that the install provides. */
const OLDEST_FOR_SCRIPTS = [20, 0];
/** Oldest Node for the product, on platforms without a pinned Node: the first one with zstd, for recorded books. */
const OLDEST_FOR_PRODUCT = [22, 15];
/** The first Node 22 that runs `.ts` files without a flag. */
const FIRST_STRIPPING_TYPES = [22, 18];

/** @param {readonly number[]} oldest */
function ownIsAtLeast(oldest) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = oldest;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** @throws Failure if this Node is too old for these scripts. */
export function requireNode() {
  if (!ownIsAtLeast(OLDEST_FOR_SCRIPTS))
    throw new Failure(`Node ${process.versions.node} is too old: Tapedeck needs Node 20 or newer`);
}

/**
 * The Node that runs the product: the pinned one, or this one if the registry has none for the platform.
 * Call it after the install. @throws Failure if neither is usable.
 */
export function productNode() {
  const pinned = join(ROOT, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(pinned)) return pinned;
  if (ownIsAtLeast(OLDEST_FOR_PRODUCT)) return process.execPath;
  throw new Failure(
    `Node ${process.versions.node} is too old on ${process.platform}-${process.arch}: Tapedeck needs Node 22.15 or newer there`,
  );
}

/** Flags that let `productNode()` run TypeScript sources. */
export function typeStrippingFlags() {
  const stripsAlready = productNode() !== process.execPath || ownIsAtLeast(FIRST_STRIPPING_TYPES);
  return stripsAlready ? [] : ['--experimental-strip-types', '--no-warnings'];
}

/**
 * The environment of a child process: the product's Node and the installed tools are first on PATH. Variables that
 * npm sets for its children are removed, because pnpm and npx read them as settings. No colours, because output goes
 * to logs.
 * @param {NodeJS.ProcessEnv} extra
 */
export function childEnvironment(extra = {}) {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^npm_(config_loglevel|lifecycle_|package_)/i.test(name),
  );
  const path = [
    dirname(productNode()),
    join(ROOT, 'node_modules/.bin'),
    process.env['PATH'] ?? '',
  ].join(delimiter);
  return {
    ...Object.fromEntries(own),
    PATH: path,
    NEXT_TELEMETRY_DISABLED: '1',
    NO_COLOR: '1',
    ...extra,
  };
}
