/* P19a: `stored` of a headline is true. Real processes, killed with -9 at the response. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { newsSchema } from '@tapedeck/market/wire/http';

import { TestFeed } from './test-feed.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const WAIT = { interval: 1, timeout: 60_000 };
type Stored = { readonly id: string; readonly duplicate: boolean; readonly stored: boolean };

let folder: string;
let feed: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-stored-'));
});
afterEach(async () => {
  await kill();
  rmSync(folder, { recursive: true });
});

async function start(source: string): Promise<string> {
  feed = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { TAPEDECK_PORT: '0', TAPEDECK_DB: join(folder, 'history.db'), TAPEDECK_SOURCE: source },
  });
  for await (const line of createInterface({ input: must(feed.stdout, 'stdout') })) {
    const told = JSON.parse(line) as { listening?: { port: number } };
    if (told.listening !== undefined) return `http://127.0.0.1:${told.listening.port}`;
  }
  throw new Error('the feed ended before it listened');
}

async function kill(): Promise<void> {
  const dead = feed;
  feed = undefined;
  if (dead === undefined) return;
  dead.kill('SIGKILL');
  await once(dead, 'exit');
}

async function push(base: string, title: string): Promise<Stored> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ id: title, title });
  const answer = await fetch(`${base}/v1/news`, { method: 'POST', headers, body });
  return (await answer.json()) as Stored;
}

test.each(['none', 'sim'])(
  'P19a: a stored headline is there after kill -9 at the response, source %s',
  async (source) => {
    const told: string[] = [];
    for (let life = 0; life < 2; life++) {
      const base = await start(source);
      const position = (await (await fetch(`${base}/v1/events/since`)).json()) as { next: string };
      // The last one is answered last: the kill follows at once.
      for (const title of [`one of ${life}`, `two of ${life}`]) {
        // A disk busy for five seconds answers false, and the test asks again.
        await expect.poll(() => push(base, title), WAIT).toMatchObject({ stored: true });
        told.unshift(title);
      }
      await kill();
      const after = await start(source);
      const news = newsSchema.parse(await (await fetch(`${after}/v1/news?limit=500`)).json());
      const titles = news.headlines.map(({ title }) => title);
      expect(titles.filter((title) => told.includes(title))).toEqual(told);
      const path = `/v1/events/since?id=${position.next}&topics=news&limit=500`;
      const { events } = (await (await fetch(after + path)).json()) as {
        readonly events: readonly { readonly data: { readonly title: string } }[];
      };
      const resumed = events.map(({ data }) => data.title);
      for (const title of told.slice(0, 2)) expect(resumed).toContain(title);
      await kill();
    }
  },
  120_000,
);

test('P19a: only what the history has is confirmed as stored', async () => {
  const running = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
  const post = async (title: string): Promise<unknown> =>
    (await running.post('/v1/news', { id: 'reused', title })).body;
  await expect.poll(() => post('first'), WAIT).toMatchObject({ id: 'reused', stored: true });
  // The id belongs to another title: this one is not stored.
  expect(await post('second')).toEqual({ id: 'reused', duplicate: true, stored: false });
  // After this many the feed has forgotten the id, its history has not.
  const events = Array.from({ length: 1_001 }, (_, i) => ({ type: 'headline', title: `${i}` }));
  expect((await running.post('/v1/ingest', { events })).status).toBe(200);
  expect(await post('third')).toEqual({ id: 'reused', duplicate: false, stored: false });
  await running.close();
});
