import { Failure } from './failure.mjs';

/**
 * All settings (docs/protocol.md, section 11). The feed reads and checks their values. Here only the names are
 * checked, before anything is installed or built, and the few settings that both servers share are read.
 */
export const SETTING_NAMES = [
  'TAPEDECK_HOST',
  'TAPEDECK_PORT',
  'TAPEDECK_WEB_PORT',
  'TAPEDECK_DB',
  'TAPEDECK_SOURCE',
  'TAPEDECK_VENUE_ENDPOINTS',
  'TAPEDECK_VENUE_PROXY',
  'TAPEDECK_SEED',
  'TAPEDECK_SCENARIO',
  'TAPEDECK_SIM_SPEED',
  'TAPEDECK_RAW',
  'TAPEDECK_RAW_RETENTION',
  'TAPEDECK_NEWS',
  'TAPEDECK_NEWS_WORDS',
  'TAPEDECK_NEWS_EVERY',
  'TAPEDECK_RECORD',
  'TAPEDECK_RETENTION',
  'TAPEDECK_TOKEN',
  'TAPEDECK_ORIGINS',
  'TAPEDECK_WEB_KEY',
  'TAPEDECK_TRUSTED_PROXIES',
  'TAPEDECK_CHAOS',
  'TAPEDECK_FEED_URL',
  'TAPEDECK_ROLE',
];

/** Used by tests, and set by the start script. */
export const OTHER_NAMES = ['TAPEDECK_FIXTURES', 'TAPEDECK_BUILD'];

/** @typedef {{ host: string, port: number, webPort: number, db: string }} Settings */

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Settings}
 * @throws Failure naming the variable and its value
 */
export function readSettings(env) {
  const known = new Set([...SETTING_NAMES, ...OTHER_NAMES]);
  for (const name of Object.keys(env)) {
    if (name.startsWith('TAPEDECK_') && !known.has(name))
      throw new Failure(
        `${name} is not a setting of Tapedeck: check its spelling; known are ${SETTING_NAMES.join(', ')}`,
      );
  }
  const settings = {
    host: env['TAPEDECK_HOST'] || '127.0.0.1',
    port: readPort(env, 'TAPEDECK_PORT', 8080),
    webPort: readPort(env, 'TAPEDECK_WEB_PORT', 3000),
    db: env['TAPEDECK_DB'] || 'data/tapedeck.db',
  };
  if (settings.port === settings.webPort && settings.port !== 0)
    throw new Failure(
      `TAPEDECK_PORT and TAPEDECK_WEB_PORT are both ${settings.port}: feed and web need different ports`,
    );
  return settings;
}

/** @param {NodeJS.ProcessEnv} env @param {string} name @param {number} fallback */
function readPort(env, name, fallback) {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Failure(`${name} must be a port from 0 to 65535, got "${text}"`);
  return port;
}
