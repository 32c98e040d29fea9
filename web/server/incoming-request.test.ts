import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import { expect, test } from 'vitest';

import { accessOf, hostRefusal, refusalOf } from './incoming-request.ts';

const LOCAL = accessOf({ TAPEDECK_ORIGINS: 'https://desk.example, http://wall.example:3000' });

function asked(...hosts: readonly string[]) {
  const rawHeaders = hosts.flatMap((host) => ['Host', host]);
  return { rawHeaders, headers: { host: hosts[0] } };
}

test.each([
  [['localhost:3000'], undefined],
  [['LOCALHOST.:3000'], undefined],
  [['desk.localhost'], undefined],
  [['127.0.0.1:9'], undefined],
  [['[::1]:3000'], undefined],
  [['desk.example'], undefined],
  [['wall.example'], undefined],
  [['evil.example:3000'], 403],
  [['localhost.evil.example'], 403],
  [['10.0.0.1'], 403],
  [['localhost', 'evil.example'], 403],
  [['evil.example', 'localhost'], 403],
  [[''], 400],
  [["a';script-src *"], 400],
])('P24b: the web answers Host %j with %s', (hosts, status) => {
  expect(hostRefusal(asked(...hosts), LOCAL)?.status).toBe(status);
});

test('P24b: a refusal names the host and what to set', () => {
  expect(hostRefusal(asked('evil.example:3000'), LOCAL)?.message).toMatch(
    /"evil\.example:3000".*TAPEDECK_ORIGINS.*TAPEDECK_TOKEN/,
  );
});

test('P24b: a target with its own host is judged by that, too', () => {
  // The target's host has replaced the header, which is still among the raw ones.
  const { rawHeaders } = asked('localhost');
  const request = { rawHeaders, headers: { host: 'evil.example' } };
  expect(hostRefusal(request, LOCAL)?.status).toBe(403);
});

test.each([
  [{ TAPEDECK_TOKEN: 'secret' }],
  [{ TAPEDECK_HOST: '0.0.0.0' }],
  [{ TAPEDECK_HOST: '::' }],
  [{ TAPEDECK_HOST: '10.0.0.5' }],
])('P24b: with a token (always set off loopback) any Host is served: %j', (env) => {
  expect(hostRefusal(asked('any.example'), accessOf(env))).toBeUndefined();
});

test.each([[{ TAPEDECK_HOST: 'localhost' }], [{ TAPEDECK_HOST: '::1' }], [{ TAPEDECK_TOKEN: '' }]])(
  'P24b: on loopback without a token it is not: %j',
  (env) => {
    expect(hostRefusal(asked('any.example'), accessOf(env))?.status).toBe(403);
  },
);

test('P24c: what a client claims is overwritten, or precedes what this server has seen', () => {
  const headers: IncomingHttpHeaders = {
    host: 'localhost:3000',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'gopher',
    'tapedeck-web-key': 'guessed',
    'content-security-policy': "script-src 'nonce-mine'",
    forwarded: 'for=203.0.113.9',
  };
  const rawHeaders = ['Host', 'localhost:3000'];
  const socket = { remoteAddress: '127.0.0.1' };
  expect(refusalOf({ headers, rawHeaders, socket } as IncomingMessage)).toBeUndefined();
  expect(headers).toEqual({
    host: 'localhost:3000',
    'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    'x-forwarded-host': 'localhost:3000',
    'x-forwarded-proto': 'http',
  });
});
