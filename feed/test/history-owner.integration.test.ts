/*
 * P34: a history has one feed. Real processes on one file: the second names the owner, and a kill leaves no stale
 * lock.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

import { TestFeed } from './test-feed.ts';

/** No market of its own: the session begins with the first headline. */
const SETTINGS = { TAPEDECK_SOURCE: 'none' } as const;
const HEADLINE = { id: 'n1', title: 'It begins', source: 'desk', symbols: [] };
const WAIT = { timeout: 40_000 } as const;
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let folder = '';
let path = '';
let environment: NodeJS.ProcessEnv = {};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-owner-'));
  path = join(folder, 'history.db');
  environment = { ...process.env, ...SETTINGS, TAPEDECK_DB: path, TAPEDECK_PORT: '0' };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function openSessions(): readonly string[] {
  const history = openHistory(path, { readonly: true });
  const open = history.sessions.list().filter((session) => session.open);
  history.close();
  return open.map(({ id }) => id);
}

/** A feed that records. */
async function startChild(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const { listening } = JSON.parse(String(said)) as { listening: { host: string; port: number } };
  await fetch(`http://${listening.host}:${listening.port}/v1/news`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(HEADLINE),
  });
  return child;
}

test(
  'P34: a second feed on one history is refused naming the first, whose session continues',
  { timeout: 120_000 },
  async () => {
    const first = await TestFeed.start({ ...SETTINGS, TAPEDECK_DB: path });
    await first.post('/v1/news', HEADLINE);
    await expect.poll(openSessions, WAIT).toHaveLength(1);
    const session = openSessions();
    const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN], {
      env: environment,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^history \S+ is in use by another feed: process \d+ on /);
    expect(stderr).toContain(path);
    expect(stderr).toContain(`process ${process.pid} `);
    expect(stderr).toContain(`stop it (kill ${process.pid}), or give this one a file of its own`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(openSessions()).toEqual(session);
    expect((await first.get('/readyz')).status).toBe(200);
    await first.close();
  },
);

test(
  'P34: a feed that was killed leaves its history to the next one',
  { timeout: 120_000 },
  async () => {
    const killed = await startChild();
    await expect.poll(openSessions, WAIT).toHaveLength(1);
    const [session] = openSessions();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const next = await TestFeed.start({ ...SETTINGS, TAPEDECK_DB: path });
    await expect.poll(openSessions, WAIT).not.toContain(session);
    expect((await next.get(`/v1/sessions/${session}`)).body).toMatchObject({ open: false });
    await next.close();
  },
);
