/* P19 end to end: a feed is stopped and restarted on the same history, and its listener continues. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { createParser } from 'eventsource-parser';
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { readConfig } from '../config/config.ts';
import { type RunningFeed, startFeed } from '../feed.ts';
import { createLog } from '../machine/log.ts';
import { SystemClock } from '../machine/system-clock.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A feed in its own process, which can be killed. */
async function startChild(
  db: string,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, TAPEDECK_PORT: '0', TAPEDECK_DB: db, TAPEDECK_SOURCE: 'sim' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: must(child.stdout, 'its output') })) {
    const said = JSON.parse(line) as { readonly listening?: { readonly port: number } };
    if (said.listening !== undefined) return { child, port: said.listening.port };
  }
  throw new Error('the feed did not start');
}

type Seen = { readonly id: string | undefined; readonly event: string | undefined; data: string };

/** Events after `lastEventId` until one matches. */
async function read(
  feed: RunningFeed,
  lastEventId: string,
  isLast: (event: Seen) => boolean,
): Promise<Seen[]> {
  const abort = new AbortController();
  const response = await fetch(`http://127.0.0.1:${feed.port}/v1/events?topics=status,session`, {
    headers: lastEventId === '' ? {} : { 'last-event-id': lastEventId },
    signal: abort.signal,
  });
  const seen: Seen[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => seen.push({ id, event, data }),
  });
  for await (const chunk of response.body ?? []) {
    parser.feed(Buffer.from(chunk as Uint8Array).toString());
    if (seen.some(isLast)) break;
  }
  abort.abort();
  return seen;
}

test('P19: a listener continues across a restart, with events for the stop and the start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-restart-'));
  const start = (): Promise<RunningFeed> =>
    startFeed(
      readConfig({ TAPEDECK_PORT: '0', TAPEDECK_DB: join(folder, 'history.db') }),
      new SystemClock(),
      createLog('silent'),
    );
  const before = await start();
  const [sync] = await read(before, '', () => true);
  // The recorder's session begins a moment after the feed.
  const oldEpoch = sync?.id?.split(':')[0];
  const first = await read(before, `${oldEpoch}:0`, ({ data }) => data.includes('"started"'));
  const heard = first.at(-1)?.id ?? '';
  await before.close();
  const after = await start();
  const seen = await read(after, heard, ({ data }) => data.includes('"feed-start"'));
  await after.close();
  rmSync(folder, { recursive: true });
  expect(first[0]?.event).toBe('sync');
  expect(seen[0]?.event).toBe('sync');
  expect(JSON.parse(seen[0]?.data ?? '')).toMatchObject({ resume: 'full', from: heard, lost: 0 });
  const ended = seen.find(({ data }) => data.includes('"ended"'));
  expect(ended?.event).toBe('session');
  expect(ended?.id?.split(':')[0]).toBe(oldEpoch);
  const started = seen.find(({ data }) => data.includes('"feed-start"'));
  expect(started?.id?.split(':')[0]).not.toBe(oldEpoch);
  // Each once, in order.
  const ids = seen.slice(1).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
}, 60_000);

test('P19a: a confirmed headline survives a kill, and after a kill a resume is never full', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-killed-'));
  const db = join(folder, 'history.db');
  const { child, port } = await startChild(db);
  const since = async (at: number, id: string) => {
    const answer = await fetch(`http://127.0.0.1:${at}/v1/events/since?id=${id}&limit=500`);
    return (await answer.json()) as {
      readonly sync: { readonly resume: string; readonly lost: number };
      readonly events: readonly { readonly id: string; readonly data: { readonly id?: string } }[];
      readonly next: string;
    };
  };
  // On a busy machine the recorder opens its session some time after the feed.
  await expect
    .poll(
      async () => {
        const status = await fetch(`http://127.0.0.1:${port}/v1/status`);
        return ((await status.json()) as { recorder: { session: string | null } }).recorder.session;
      },
      { timeout: 20_000 },
    )
    .not.toBeNull();
  const { epoch } = (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as {
    readonly epoch: string;
  };
  const posted = await fetch(`http://127.0.0.1:${port}/v1/news`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'kept', title: 'kept' }),
  });
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const after = await startFeed(
    readConfig({ TAPEDECK_PORT: '0', TAPEDECK_DB: db }),
    new SystemClock(),
    createLog('silent'),
  );
  const all = await since(after.port, `${epoch}:0`);
  const beyond = await since(after.port, `${epoch}:5000`);
  await after.close();
  rmSync(folder, { recursive: true });
  expect(posted.status).toBe(201);
  expect(await posted.json()).toEqual({ id: 'kept', duplicate: false, stored: true });
  expect(all.sync).toMatchObject({ resume: 'partial', lost: 0 });
  const kept = all.events.find(({ data }) => data.id === 'kept');
  expect(kept?.id.split(':')[0]).toBe(epoch);
  expect(beyond.sync).toMatchObject({ resume: 'partial' });
}, 60_000);
