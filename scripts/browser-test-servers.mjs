/* The one door from `web/e2e` to the scripts that start the servers; its types stand in the `.d.mts` beside it. */
export { freePort } from './port.mjs';
export { newWebKey, startFeed, startWeb, untilHealthy } from './server.mjs';
