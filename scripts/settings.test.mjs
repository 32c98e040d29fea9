import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ROOT } from './node-runtime.mjs';
import { freePort, requireFreePort } from './port.mjs';
import { OTHER_NAMES, readSettings, SETTING_NAMES } from './settings.mjs';

test('without settings the defaults of the protocol apply', () => {
  expect(readSettings({ PATH: '/bin' })).toEqual({
    host: '127.0.0.1',
    port: 8080,
    webPort: 3000,
    db: 'data/tapedeck.db',
  });
});

/** The names in a text. @param {string} text @param {RegExp} name */
function namesIn(text, name) {
  return new Set([...text.matchAll(name)].map(([, found]) => found));
}

// The scripts run before anything is installed and cannot import the feed's list: theirs is a copy, checked here.
test('scripts, feed and protocol know the same settings', () => {
  const config = readFileSync(join(ROOT, 'feed/src/config/config.ts'), 'utf8');
  expect(namesIn(config, /'(TAPEDECK_[A-Z_]+)'/g)).toEqual(
    new Set([...SETTING_NAMES, ...OTHER_NAMES]),
  );
  const protocol = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8');
  const [, started = ''] = protocol.split('\n## 11. ');
  const told = namesIn(started.split('\n## ')[0] ?? '', /`(TAPEDECK_[A-Z_]+)/g);
  expect(told).toEqual(new Set([...SETTING_NAMES, 'TAPEDECK_BUILD']));
});

/** @type {[NodeJS.ProcessEnv, RegExp][]} */
const REFUSED = [
  [{ TAPEDECK_PROT: '1' }, /^TAPEDECK_PROT is not a setting/],
  [{ TAPEDECK_PORT: 'http' }, /^TAPEDECK_PORT must be a port from 0 to 65535, got "http"$/],
  [{ TAPEDECK_WEB_PORT: '65536' }, /^TAPEDECK_WEB_PORT must be .* got "65536"$/],
  [{ TAPEDECK_PORT: '-1' }, /^TAPEDECK_PORT must be .* got "-1"$/],
  [{ TAPEDECK_PORT: '3000' }, /are both 3000/],
];

test.each(REFUSED)('%o is refused', (env, message) => {
  expect(() => readSettings(env)).toThrow(message);
});

test('both ports may be 0', () => {
  expect(readSettings({ TAPEDECK_PORT: '0', TAPEDECK_WEB_PORT: '0' })).toMatchObject({ port: 0 });
});

test('a taken port is refused with the name of its setting, a free one is accepted', async () => {
  const port = await freePort('127.0.0.1');
  await requireFreePort('127.0.0.1', port, 'TAPEDECK_PORT');
  const server = createServer();
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  await expect(requireFreePort('127.0.0.1', port, 'TAPEDECK_PORT')).rejects.toThrow(
    new RegExp(`^port ${port} of 127.0.0.1 is taken: .* TAPEDECK_PORT `),
  );
  server.close();
});
