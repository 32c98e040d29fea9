import { statfsSync } from 'node:fs';

import { Failure } from './failure.mjs';

/**
 * Fails with a clear message before a long step, rather than in the middle of it.
 * @param {string} folder
 * @param {number} bytes
 * @param {string} why what needs the space, ending in a verb: `the install needs`
 * @throws Failure if less is free
 */
export function requireDiskSpace(folder, bytes, why) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes)
    throw new Failure(
      `the disk is full: ${Math.floor(free / 1e6)} MB free in ${folder}, ${why} ${bytes / 1e6} MB`,
    );
}
