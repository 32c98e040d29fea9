/*
 * P35: whatever bytes reach the pages' port, and however they break off, the web keeps running, every socket is
 * answered or closed in time, and no descriptor is leaked. The built web in a process of its own, raw TCP, from a
 * seed that a failure prints.
 */
import { fileURLToPath } from 'node:url';

import { expect } from '@playwright/test';

import { Random } from '@tapedeck/market/number/random';
import { crowd, descriptorsOf, knock, knockOf } from '@tapedeck/net/test-knock';
import {
  type ServerProcess,
  SHORT_DEADLINES,
  startServerProcess,
} from '@tapedeck/net/test-server-process';

import { test } from './servers.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const CASES = 250;
const AT_ONCE = 16;
const PATIENCE_MS = 15_000;
const PATHS = [
  '/',
  '/status',
  '/config.json',
  '/healthz',
  '/v1/status',
  '/v1/stream',
  '/v1/events',
  '/v1/ingest',
  '/v1/imports',
  '/_next/static/none.js',
  '/%ff%00',
];
const FILE = fileURLToPath(new URL('../server/test-web-process.ts', import.meta.url));

let web: ServerProcess;

test.beforeAll(async ({ servers }) => {
  const { port } = new URL(servers.feedUrl);
  const env = { NODE_ENV: 'production', TAPEDECK_PORT: port, TAPEDECK_WEB_KEY: servers.webKey };
  web = await startServerProcess({ file: FILE, env });
  for (const path of PATHS) await statusOf(path);
});

test.afterAll(() => web.stop());

async function statusOf(path: string, { port } = web): Promise<number> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal });
  await response.body?.cancel();
  return response.status;
}

/** The status line of the response to these bytes. */
async function answerTo(text: string): Promise<string> {
  const heard: string[] = [];
  const outcome = await knock(
    web.port,
    { name: 'one', pieces: [text], ending: 'stay' },
    PATIENCE_MS,
    (bytes) => heard.push(bytes),
  );
  return outcome === 'answered' ? (heard.join('').split('\r\n')[0] ?? '') : outcome;
}

const HOST = 'Host: 127.0.0.1\r\n';
const H2C =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAA\r\n';

test('P35: odd requests to the pages’ port get the right response, and none is a 500', async () => {
  expect(await answerTo(`TRACE / HTTP/1.1\r\n${HOST}\r\n`)).toContain(' 405 ');
  expect(await answerTo(`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`)).toContain(' 204 ');
  expect(await answerTo(`CONNECT a.example:443 HTTP/1.1\r\n${HOST}\r\n`)).toContain(' 405 ');
  for (const path of ['/', '/v1/status'])
    expect(
      await answerTo(`GET ${path} HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nbody`),
    ).toContain(' 400 ');
  for (const path of ['/status', '/v1/status'])
    expect(await answerTo(`GET ${path} HTTP/1.1\r\n${HOST}${H2C}\r\n`)).toContain(' 200 ');
  const own = `http://127.0.0.1:${web.port}/healthz`;
  expect(await answerTo(`GET ${own} HTTP/1.1\r\n${HOST}\r\n`)).toContain(' 200 ');
});

test(`P35: ${CASES} bad peers stop nothing, never hang and leak no descriptor`, async () => {
  const seed = `SEED=${SEED}`;
  const random = new Random(SEED);
  const before = descriptorsOf(web.pid);
  const hung: string[] = [];
  let left = CASES;
  const peer = async (): Promise<void> => {
    while (left-- > 0) {
      const each = knockOf(() => random.next(), PATHS);
      const outcome = await knock(web.port, each, PATIENCE_MS);
      if (outcome === 'hung')
        hung.push(`${each.name} ${each.ending} ${JSON.stringify(each.pieces)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, peer));
  expect(hung, seed).toEqual([]);
  expect(web.ended(), seed).toBeUndefined();
  await expect
    .poll(() => descriptorsOf(web.pid), { timeout: 20_000, message: seed })
    .toBeLessThanOrEqual(before);
  expect(await statusOf('/')).toBe(200);
});

test('P35a: 300 silent peers with 256 descriptors neither stop the web nor keep others out', async ({
  servers,
}) => {
  const { port } = new URL(servers.feedUrl);
  const small = await startServerProcess({
    file: FILE,
    env: { NODE_ENV: 'production', TAPEDECK_PORT: port, TAPEDECK_WEB_KEY: servers.webKey },
    deadlines: { ...SHORT_DEADLINES, headersMs: 120_000, idleMs: 120_000 },
    descriptors: 256,
  });
  const leave = await crowd(small.port, 300);
  try {
    for (const path of ['/', '/status', '/healthz', '/v1/status'])
      expect(await statusOf(path, small), path).toBe(200);
    const figures = await (await fetch(`http://127.0.0.1:${small.port}/web/metrics`)).text();
    expect(figures).toMatch(/tapedeck_web_refusals_total\{reason="descriptors"\} [1-9]\d\d/);
    expect(descriptorsOf(small.pid)).toBeLessThan(200);
    expect(small.ended()).toBeUndefined();
  } finally {
    leave();
    await small.stop();
  }
});
