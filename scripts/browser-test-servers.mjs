/* All that `web/e2e` may import from the scripts that start the servers; the types are in the `.d.mts` file. */
export { freePort } from './port.mjs';
export { newWebKey, startFeed, startWeb, untilHealthy } from './server.mjs';
