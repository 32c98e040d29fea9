/*
 * A feed whose history cannot be created or written says where and why in one line, and exits with status 1. Small
 * in-memory file systems, mounted for the test; skipped where that is not allowed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

import { OutputFile } from '../src/export/output-file.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'tapedeck-unwritable-'));
let folder = '';
let isMounted = false;

const canMount = mount(root, 'size=1m');
if (canMount) execFileSync('umount', ['-l', root]);
let count = 0;
beforeEach(() => {
  folder = join(root, `t${count++}`);
  mkdirSync(folder);
});
afterEach(() => {
  if (isMounted) execFileSync('umount', ['-l', folder]);
  isMounted = false;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function mount(at: string, options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tapedeck', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The output of a feed that cannot start. */
function startOn(path: string): {
  readonly status: number | null;
  readonly lines: readonly string[];
} {
  const env = { ...process.env, TAPEDECK_DB: path, TAPEDECK_PORT: '0' };
  const options = { env, encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' } as const;
  const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN], options);
  expect(stdout).toBe('');
  return { status, lines: stderr.trimEnd().split('\n') };
}

// Full while creating tables, while adding markets, while writing their candles and headlines.
test.skipIf(!canMount).each(['300k', '1m', '6m'])(
  'on a disk that is full after %s the feed says so',
  { timeout: 30_000 },
  (size) => {
    isMounted = mount(folder, `size=${size}`);
    const path = join(folder, 'new', 'history.db');
    const { status, lines } = startOn(path);
    expect({ status, lines: lines.length }).toEqual({ status: 1, lines: 1 });
    expect(lines[0]).toContain(path);
    expect(lines[0]).toMatch(/^cannot (open|write) .*: the disk is full/);
  },
);

test.skipIf(!canMount)('on a read-only file system the feed says so', { timeout: 30_000 }, () => {
  isMounted = mount(folder, 'size=1m,ro');
  for (const path of [join(folder, 'history.db'), join(folder, 'new', 'history.db')]) {
    const { status, lines } = startOn(path);
    expect({ status, lines: lines.length }).toEqual({ status: 1, lines: 1 });
    expect(lines[0]).toContain(path);
    expect(lines[0]).toMatch(/the file system is read-only/);
  }
});

test('if no folder can be created the feed says so, and does not hang', { timeout: 60_000 }, () => {
  writeFileSync(join(folder, 'file'), 'x');
  for (const path of ['/proc/none/history.db', join(folder, 'file', 'history.db')]) {
    const { status, lines } = startOn(path);
    expect({ status, lines: lines.length }).toEqual({ status: 1, lines: 1 });
    expect(lines[0]).toMatch(/^cannot create the folder of history .*history\.db: /);
    expect(lines[0]).toContain(path);
  }
});

test('a history of a newer version is refused and not changed', { timeout: 30_000 }, () => {
  const path = join(folder, 'history.db');
  const history = openHistory(path);
  history.connection.exec(
    "insert into __drizzle_migrations (hash, created_at) values ('later', 99999999999999)",
  );
  history.close();
  expect(startOn(path)).toEqual({
    status: 1,
    lines: [
      `${path} was made by a newer version of Tapedeck; this one would damage it: upgrade, or use another file`,
    ],
  });
});

test.skipIf(!canMount)('an export of which the disk takes only half is not an export', () => {
  isMounted = mount(folder, 'size=300k');
  writeFileSync(join(folder, 'other'), 'x'.repeat(200_000));
  const path = join(folder, 'session.ndjson');
  const file = new OutputFile(path);
  // One write, of which the disk takes as much as it can.
  file.write('x'.repeat(200_000));
  expect(() => file.finish()).toThrow(/^cannot write .*session\.ndjson: the disk is full/);
  file.abort();
  expect(existsSync(path)).toBe(false);
});
