import { expect, test } from 'vitest';

import { hostNameOf, isServedHost, servedNames } from './host-name.ts';

const NAMES = servedNames('192.168.1.5', ['https://Desk.example', 'http://wall.example:3000']);

test.each([
  'localhost',
  'localhost:8080',
  'LOCALHOST:3000',
  'localhost.',
  'localhost.:3000',
  'desk.localhost:3000',
  '127.0.0.1:8080',
  '127.255.255.254',
  '[::1]',
  '[::1]:8080',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]:8080',
  '[::FFFF:7F00:1]',
  '192.168.1.5:8080',
  'desk.example',
  'DESK.EXAMPLE.:443',
  'wall.example:9',
])('P24b: Host "%s" is served', (host) => {
  expect(isServedHost(host, NAMES)).toBe(true);
});

test.each([
  '',
  'evil.example',
  'evil.example:3000',
  'evil.example.',
  'localhost.evil.example',
  'evil-localhost',
  'xlocalhost',
  '.localhost',
  '127.0.0.1.evil.example',
  '127.evil.example',
  '127.0.0.256',
  '127.1',
  '128.0.0.1',
  '0.0.0.0',
  '192.168.1.6',
  '[::2]',
  '[::ffff:10.0.0.1]',
  '[fe80::1]',
  '::1',
  'localhost:port',
  'localhost:8080:8080',
  'localhost, evil.example',
  'evil.example@localhost',
  'localhost/',
  'localhost\t',
  'desk.example.evil',
])('P24b: Host "%s" is not served', (host) => {
  expect(isServedHost(host, NAMES)).toBe(false);
});

test('a host name is normalised: lower case, no port, no trailing dot', () => {
  expect(hostNameOf('Desk.Example.:8080')).toBe('desk.example');
  expect(hostNameOf('[::1]:8080')).toBe('[::1]');
});

test('a listen address is an allowed name, IPv6 in brackets; a wildcard address allows no further name', () => {
  expect([...servedNames('fd00::7', [])]).toEqual(['[fd00::7]']);
  expect(isServedHost('192.168.1.5', servedNames('0.0.0.0', []))).toBe(false);
});
