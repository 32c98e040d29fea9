/* Operational trouble is announced: each kind of status event comes from a real feed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';
import { ManualClock } from '@tapedeck/market/time/clock';
import type { StatusBody } from '@tapedeck/market/wire/event';

import { TestFeed } from './test-feed.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-status-'));
const path = join(folder, 'history.db');
const clock = new ManualClock();
let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_DB: path, TAPEDECK_SCENARIO: 'halt' }, clock);
}, 60_000);
afterAll(async () => {
  await feed.close();
  rmSync(folder, { recursive: true });
});

/** Every status event so far, oldest first, from the endpoint that polling pages use. */
async function told(kind: string): Promise<readonly StatusBody[]> {
  const { body } = await feed.get('/v1/status');
  return (body as { readonly events: readonly StatusBody[] }).events.filter(
    (event) => event.kind === kind,
  );
}

test('the start of the feed and the link to its venue', async () => {
  expect(await told('feed-start')).toMatchObject([{ severity: 'info', symbols: [] }]);
  expect(await told('venue-link')).toMatchObject([
    { severity: 'info', message: expect.stringContaining('scenario halt') as string },
  ]);
});

test('a halt, and the end of it, of one market', async () => {
  clock.advance(50_000);
  const symbols = ['BTC-USD@sim'];
  expect(await told('halt')).toMatchObject([{ severity: 'warning', symbols }]);
  expect(await told('market-halted')).toMatchObject([{ severity: 'warning', symbols }]);
  clock.advance(60_000);
  expect(await told('resume')).toMatchObject([{ severity: 'info', symbols }]);
  expect(await told('market-ok')).toMatchObject([{ severity: 'info', symbols }]);
});

test('maintenance: a venue restarts, and every book restarts', async () => {
  await feed.post('/v1/simulation', { scenario: 'exchange-restart' });
  clock.advance(62_000);
  expect((await told('maintenance')).at(-1)).toMatchObject({ severity: 'critical' });
  expect((await told('market-reset')).length).toBeGreaterThanOrEqual(9);
  clock.advance(5_000);
  expect((await told('resume')).at(-1)).toMatchObject({ message: 'sim is back after its restart' });
});

test('a market that falls silent is stale, and reported as critical', async () => {
  await feed.post('/v1/simulation', { scenario: 'stale' });
  clock.advance(40_000);
  expect(await told('market-stale')).toMatchObject([
    { severity: 'critical', symbols: ['BTC-USD@sim'] },
  ]);
  await feed.post('/v1/simulation', { scenario: 'normal' });
  clock.advance(2_000);
});

test('storage trouble, and its end', async () => {
  const blocker = openHistory(path);
  blocker.connection.exec('begin immediate');
  const until = async (severity: string): Promise<void> => {
    while ((await told('storage')).at(-1)?.severity !== severity) clock.advance(50);
  };
  await until('critical');
  expect((await told('storage')).at(-1)?.message).toContain('not recording');
  expect((await feed.get('/readyz')).status).toBe(503);
  blocker.connection.exec('rollback');
  blocker.close();
  await until('info');
});

test('P23a: an overload, the refusals meanwhile, and its end', async () => {
  const blocked = new Int32Array(new SharedArrayBuffer(4));
  for (let second = 0; second < 6; second++) {
    await pause(30);
    // Blocks this process's event loop; then it runs once, and the delay is measured.
    Atomics.wait(blocked, 0, 0, 1_150);
    await pause(30);
    clock.advance(1_000);
  }
  expect(await told('overload')).toMatchObject([
    { severity: 'critical', message: expect.stringContaining('event loop') as string },
  ]);
  expect((await feed.get('/v1/events')).status).toBe(503);
  while ((await told('overload')).length < 2) clock.advance(1_000);
  expect((await told('overload')).at(-1)).toMatchObject({ severity: 'info' });
});
