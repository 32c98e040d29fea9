import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Failure } from './failure.mjs';

/** The root of the project; every command runs from here, whatever folder it was called from. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** These scripts themselves run on it; the product runs on the pinned Node that the install brings. */
const OLDEST_FOR_SCRIPTS = [20, 0];
/** zstd of recorded books needs it, better-sqlite3 and vitest nearly; only where the registry has no pinned Node for the platform. */
const OLDEST_FOR_PRODUCT = [22, 15];
/** The first Node of line 22 that runs `.ts` files without a flag. */
const FIRST_STRIPPING_TYPES = [22, 18];

/** @param {readonly number[]} oldest */
function ownIsAtLeast(oldest) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = oldest;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** @throws Failure on a Node that cannot even run these scripts. */
export function requireNode() {
  if (!ownIsAtLeast(OLDEST_FOR_SCRIPTS))
    throw new Failure(`Node ${process.versions.node} is too old: Tapedeck needs Node 20 or newer`);
}

/**
 * The Node that runs the product: the pinned one, or this one where the registry has none for the platform.
 * Call it after the install. @throws Failure where neither will do.
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
 * The environment of a child: the product's Node and the installed tools come first on PATH; names that only npm
 * gives its children are left out, since pnpm and npx read them as settings. No colours: what is written goes to logs.
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
