/* A feed killed with -9 during an import: the import ends too, and the next feed finds nothing of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/number/assert';
import { sessionsSchema } from '@tapedeck/market/wire/http';
import { type ImportBody, importSchema } from '@tapedeck/market/wire/import';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const WAIT = { interval: 20, timeout: 40_000 };
let folder: string;
let db: string;
let running: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-killed-'));
  db = join(folder, 'history.db');
});

afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) {
    running.kill('SIGKILL');
    await once(running, 'exit');
  }
  rmSync(folder, { recursive: true });
});

async function start(): Promise<{ readonly child: ChildProcess; readonly base: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, TAPEDECK_PORT: '0', TAPEDECK_DB: db, TAPEDECK_SOURCE: 'none' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running = child;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { listening?: { port: number } };
    if (said.listening !== undefined)
      return { child, base: `http://127.0.0.1:${said.listening.port}` };
  }
  throw new Error('the feed has not started');
}

/** Incomplete sessions in the file. */
function half(): number {
  const history = openHistory(db, { readonly: true });
  const rows = history.connection.prepare("select 1 from session where state = 'importing'").all();
  history.close();
  return rows.length;
}

test('H5: a feed killed during an import leaves no partial session, no file and no process', async () => {
  const first = await start();
  const rows = Array.from(
    { length: 700_000 },
    (_, i) =>
      `${i + 1},${(9 + (i % 77) / 100).toFixed(2)},0.5,4.5,${1_700_000_000_000 + i * 7},true,true`,
  );
  const response = await fetch(`${first.base}/v1/imports?symbol=TESTCOIN@binance&name=long.csv`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: rows.join('\n'),
  });
  const { id } = importSchema.parse(await response.json());
  await vi.waitFor(async () => {
    const job: ImportBody = importSchema.parse(
      await (await fetch(`${first.base}/v1/imports/${id}`)).json(),
    );
    expect(job.state).toBe('importing');
    expect(job.events).toBeGreaterThan(0);
    expect(half()).toBe(1);
  }, WAIT);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  expect(readdirSync(`${db}.uploads`)).toEqual([id]);
  const second = await start();
  expect(existsSync(`${db}.uploads`)).toBe(false);
  await vi.waitFor(() => expect(half()).toBe(0), WAIT);
  const { sessions } = sessionsSchema.parse(
    await (await fetch(`${second.base}/v1/sessions`)).json(),
  );
  expect(sessions).toEqual([]);
  second.child.kill('SIGTERM');
  const [code] = (await once(second.child, 'exit')) as [number | null];
  expect(must(code, 'a status')).toBe(0);
}, 90_000);
