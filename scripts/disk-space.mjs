import { statfsSync } from 'node:fs';

import { Failure } from './failure.mjs';

/**
 * A clear word before a long step beats a failure half way.
 * @param {string} folder
 * @param {number} bytes
 * @param {string} why what needs them, ends in a verb: `the install needs`
 * @throws Failure when fewer are free
 */
export function requireDiskSpace(folder, bytes, why) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes)
    throw new Failure(
      `the disk is full: ${Math.floor(free / 1e6)} MB free in ${folder}, ${why} ${bytes / 1e6} MB`,
    );
}
