import { createServer } from 'node:net';

import { Failure } from './failure.mjs';

/**
 * A free port of `host`. If another process takes it before it is used, the server that uses it reports that.
 * @param {string} host
 */
export async function freePort(host) {
  return listenOnce(host, 0);
}

/**
 * @param {string} host
 * @param {number} port 0 is always free
 * @param {string} variable the setting to name
 * @throws Failure if the port cannot be used
 */
export async function requireFreePort(host, port, variable) {
  if (port === 0) return;
  try {
    await listenOnce(host, port);
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === 'EADDRINUSE')
      throw new Failure(
        `port ${port} of ${host} is taken: stop the program that uses it, or set ${variable} to another port (0 picks a free one)`,
        { cause: error },
      );
    if (code === 'EACCES')
      throw new Failure(`no permission to listen on port ${port} of ${host} (${variable})`, {
        cause: error,
      });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      throw new Failure(`${host} is not an address of this machine (TAPEDECK_HOST)`, {
        cause: error,
      });
    throw error;
  }
}

/** @param {string} host @param {number} port @returns {Promise<number>} */
function listenOnce(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
