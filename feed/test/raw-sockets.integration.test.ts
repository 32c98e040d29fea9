/*
 * P35: whatever bytes arrive and however they break off, the feed survives, every socket is answered or closed in
 * time, and no descriptor leaks. A real process, raw TCP, from a printed seed.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { descriptorsOf, knock, knockOf } from '@tapedeck/net/test-knock';
import { type ServerProcess, startServerProcess } from '@tapedeck/net/test-server-process';

import { until } from './test-until.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const CASES = 400;
const AT_ONCE = 24;
/** Longer than every deadline of the test, with a margin for a busy machine. */
const PATIENCE_MS = 8_000;
const PATHS = [
  '/healthz',
  '/v1/status',
  '/v1/stream',
  '/v1/events',
  '/v1/ingest',
  '/v1/imports',
  '/v1/stream/sse?channels=ticker:BTC-USD@sim',
  '/metrics',
  '/nothing',
  '/%ff%00',
];

let feed: ServerProcess;

beforeAll(async () => {
  feed = await startServerProcess({
    file: new URL('./test-feed-process.ts', import.meta.url).pathname,
    env: { TAPEDECK_DB: ':memory:', TAPEDECK_PORT: '0', TAPEDECK_SCENARIO: 'quiet' },
  });
});

afterAll(() => feed.stop());

test('P35: an upgrade to h2c is served as HTTP/1.1, and a reset after it breaks nothing', async () => {
  const upgrade =
    'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\n' +
    'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n';
  const response = await fetch(`http://127.0.0.1:${feed.port}/healthz`);
  expect(response.status).toBe(200);
  expect(
    await knock(feed.port, { name: 'h2c', pieces: [upgrade], ending: 'stay' }, PATIENCE_MS),
  ).toBe('answered');
  for (let i = 0; i < 20; i++)
    await knock(feed.port, { name: 'h2c', pieces: [upgrade], ending: 'reset' }, PATIENCE_MS);
  expect((await fetch(`http://127.0.0.1:${feed.port}/healthz`)).status).toBe(200);
  expect(feed.ended()).toBeUndefined();
});

test(`P35: ${CASES} bad peers break nothing, hang nowhere and leak no descriptor (SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  const before = descriptorsOf(feed.pid);
  const hung: string[] = [];
  let left = CASES;
  const peer = async (): Promise<void> => {
    while (left-- > 0) {
      const each = knockOf(() => random.next(), PATHS);
      const outcome = await knock(feed.port, each, PATIENCE_MS);
      if (outcome === 'hung')
        hung.push(`${each.name} ${each.ending} ${JSON.stringify(each.pieces)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, peer));
  expect(hung).toEqual([]);
  expect(feed.ended()).toBeUndefined();
  await until(() => descriptorsOf(feed.pid) <= before, 'descriptors as before');
  expect((await fetch(`http://127.0.0.1:${feed.port}/healthz`)).status).toBe(200);
  expect(feed.said()).not.toMatch(/"level":(50|60)/);
});

test('P35: a malformed chunk is its sender’s fault: 400, counted, and no error in the log', async () => {
  const body =
    'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n';
  const pieces = [`POST /v1/ingest HTTP/1.1\r\nHost: 127.0.0.1\r\n${body}`];
  const brokenOff = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${feed.port}/metrics`)).text();
    return Number(/tapedeck_refusals_total\{reason="broken-off"\} (\d+)/.exec(text)?.[1]);
  };
  const before = await brokenOff();
  expect(await knock(feed.port, { name: 'chunk', pieces, ending: 'stay' }, PATIENCE_MS)).toBe(
    'answered',
  );
  await until(async () => (await brokenOff()) === before + 1, 'it is counted');
  expect(feed.said()).not.toMatch(/"level":(50|60)/);
});
