/*
 * P35a: with 256 descriptors and 300 peers that connect and send nothing, the feed survives, serves active clients,
 * records, and counts the connections it closed. The real process under `ulimit -n`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { statusSchema } from '@tapedeck/market/wire/http';
import { crowd, descriptorsOf } from '@tapedeck/net/test-knock';
import { type ServerProcess, startServerProcess } from '@tapedeck/net/test-server-process';

import { until } from './test-until.ts';

const DESCRIPTORS = 256;
const PEERS = 300;
/** They stay connected for more than one sample of the status board. */
const SAMPLES = 3;

let folder: string;
let feed: ServerProcess;
let leave = (): void => undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-descriptors-'));
  feed = await startServerProcess({
    file: new URL('../src/main.ts', import.meta.url).pathname,
    env: { TAPEDECK_DB: join(folder, 'history.db'), TAPEDECK_PORT: '0' },
    descriptors: DESCRIPTORS,
  });
});

afterAll(async () => {
  leave();
  await feed.stop();
  rmSync(folder, { recursive: true });
});

const get = (path: string) => fetch(`http://127.0.0.1:${feed.port}${path}`);
const status = async () => statusSchema.parse(await (await get('/v1/status')).json());

test('P35a: 300 silent peers with 256 descriptors stop nothing and block nobody', async () => {
  const samplesBefore = (await status()).series['memoryMb']?.length ?? 0;
  leave = await crowd(feed.port, PEERS);
  const samples = async () => (await status()).series['memoryMb']?.length ?? 0;
  await until(async () => (await samples()) >= samplesBefore + SAMPLES, 'timers run on');
  const crowded = await status();
  expect(crowded.connections.refused ?? 0).toBeGreaterThan(PEERS - DESCRIPTORS);
  expect(crowded.memoryBytes).toBeGreaterThan(0);
  expect(await (await get('/metrics')).text()).toMatch(
    /tapedeck_refusals_total\{reason="descriptors"\} [1-9]/,
  );
  expect(descriptorsOf(feed.pid)).toBeLessThan(DESCRIPTORS - 40);
  const writtenAt = async () => (await status()).recorder.lastWriteAt ?? 0;
  const before = crowded.recorder.lastWriteAt ?? 0;
  // A first session begins with the candles of a day: on a busy machine that takes a while.
  const goesOn = async () => expect(await writtenAt()).toBeGreaterThan(before);
  await vi.waitFor(goesOn, { timeout: 60_000, interval: 100 });
  expect(feed.ended()).toBeUndefined();
});
