/* H7: a history has one owner, which holds a lock that a kill releases. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openHistory } from '../history.ts';
import { HistoryError } from './history-error.ts';
import { HistoryLock, lockPath, ownerOf } from './history-lock.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-lock-'));
  path = join(folder, 'history.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that owns the history until it is killed. */
async function startOwner(): Promise<ReturnType<typeof spawn>> {
  const code = `import { HistoryLock } from ${JSON.stringify(new URL('./history-lock.ts', import.meta.url).href)};
    HistoryLock.take(process.argv[1], 1760000000000);
    console.log('held');
    setInterval(() => undefined, 1000);`;
  const args = ['--input-type=module-typescript', '--eval', code, path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

function refusal(): HistoryError {
  try {
    HistoryLock.take(path, 1).release();
  } catch (error) {
    if (error instanceof HistoryError) return error;
    throw error;
  }
  throw new Error('it was given twice');
}

test('H7: the second owner is refused with file, process and what to do, until a kill -9 lets the first one go', async () => {
  const child = await startOwner();
  const error = refusal();
  expect(error.kind).toBe('owned');
  expect(error.message).toBe(
    `history ${path} is in use by another feed: process ${child.pid} on ${hostname()}, since 2025-10-09T08:53:20.000Z. ` +
      `A history has one feed at a time: stop it (kill ${child.pid}), or give this one a file of its own (TAPEDECK_DB)`,
  );
  expect(ownerOf(path)).toEqual({ pid: child.pid, host: hostname(), since: 1_760_000_000_000 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(ownerOf(path)).toBeUndefined();
  HistoryLock.take(path, 1).release();
});

test('H7: the lock also holds within one process, and through any link to the file', () => {
  const first = openHistory(path, { owner: { now: 1 } });
  const link = join(folder, 'link.db');
  symlinkSync(path, link);
  expect(() => openHistory(link, { owner: { now: 2 } })).toThrow(/is in use by another feed/);
  // Readers and imports do not take the lock.
  openHistory(path).close();
  openHistory(path, { readonly: true }).close();
  expect(first.lock?.holds).toBe(true);
  first.close();
  openHistory(path, { owner: { now: 3 } }).close();
});

test('H7: an invalid lock file locks nothing, and a removed lock can be acquired again', () => {
  writeFileSync(lockPath(path), 'milk and bread\n'.repeat(400));
  expect(ownerOf(path)).toBeUndefined();
  const first = HistoryLock.take(path, 1);
  expect(first.holds).toBe(true);
  rmSync(lockPath(path));
  expect(first.holds).toBe(false);
  first.retake();
  expect(first.holds).toBe(true);
  rmSync(lockPath(path));
  const second = HistoryLock.take(path, 2);
  expect(() => first.retake()).toThrow(/is in use by another feed/);
  second.release();
  first.retake();
  first.release();
});

test('H7: an older file is not migrated while a feed uses it', async () => {
  const older = openHistory(path);
  older.connection.exec(
    'delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)',
  );
  older.close();
  const child = await startOwner();
  expect(() => openHistory(path)).toThrow(`a feed is using it (process ${child.pid})`);
  child.kill('SIGKILL');
  await once(child, 'exit');
});
