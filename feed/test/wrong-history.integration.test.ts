/*
 * A feed and the file it is given: a mistyped path does not damage a file, a damaged history does not keep a feed
 * from starting.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

import { TestFeed } from './test-feed.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-wrong-'));
  path = join(folder, 'history.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a feed refuses a file that is not a database, with its path and status 2, and does not change it', () => {
  writeFileSync(path, 'milk and bread\n');
  const env = { ...process.env, TAPEDECK_DB: path, TAPEDECK_PORT: '0' };
  const { status, stderr } = spawnSync(process.execPath, [MAIN], { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `${path} is not a history: it is not a SQLite database. It was left unchanged\n`,
  });
  expect(readFileSync(path, 'utf8')).toBe('milk and bread\n');
  expect(readdirSync(folder)).toEqual(['history.db']);
});

test('a feed whose history is damaged sets it aside and starts with another one', async () => {
  openHistory(path).close();
  const bytes = readFileSync(path).fill('x', 1_000, 40_000);
  writeFileSync(path, bytes);
  const feed = await TestFeed.start({ TAPEDECK_DB: path, TAPEDECK_SOURCE: 'none' });
  expect((await feed.get('/v1/sessions')).status).toBe(200);
  await feed.close();
  expect(readFileSync(`${path}.damaged-1`).equals(bytes)).toBe(true);
  expect(existsSync(path)).toBe(true);
});
