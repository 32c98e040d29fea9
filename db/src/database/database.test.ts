import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { openHistory } from '../history.ts';
import { defaultMigrations } from './database.ts';
import { HistoryError, type HistoryErrorKind } from './history-error.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-db-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refusal(path: string, options = {}): { kind: HistoryErrorKind; message: string } {
  try {
    openHistory(path, options).close();
  } catch (error) {
    if (error instanceof HistoryError) return { kind: error.kind, message: error.message };
    throw error;
  }
  throw new Error(`${path} was opened`);
}

test('a missing folder is created, and written data is there after reopening', () => {
  const path = join(folder, 'a/b/history.db');
  const history = openHistory(path);
  const now = 5;
  history.sessions.create({
    id: 's',
    label: 'l',
    source: 'sim',
    state: 'recording',
    origin: {},
    now,
  });
  history.close();
  const again = openHistory(path, { readonly: true });
  expect(again.sessions.list()).toMatchObject([{ id: 's', label: 'l', open: true }]);
  again.close();
});

const TEXT = 'this is no database, and somebody may want it back\n'.repeat(200);

/** The bytes of a history that was closed in order, with its second page overwritten. */
function damagedHistory(path: string): Buffer {
  openHistory(path).close();
  const bytes = readFileSync(path);
  bytes.fill('x', 1_000, 40_000);
  writeFileSync(path, bytes);
  return bytes;
}

test('a file that is not a database is refused with its path and left unchanged, whoever opens it', () => {
  for (const text of [TEXT, 'milk\n', '\u001f\u008b\u0008\u0000']) {
    const path = join(folder, 'notes.txt');
    writeFileSync(path, text);
    for (const options of [{}, { readonly: true }, { damaged: 'where-ours' }] as const) {
      const { kind, message } = refusal(path, options);
      expect(kind).toBe('foreign');
      expect(message).toContain(path);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  }
});

test('a damaged history is moved aside by its feed, never overwritten', () => {
  const path = join(folder, 'history.db');
  for (const name of [`${path}.damaged-1`, `${path}.damaged-2`]) {
    const bytes = damagedHistory(path);
    const history = openHistory(path, { damaged: 'where-ours' });
    expect(history.setAside).toBe(name);
    expect(readFileSync(name).equals(bytes)).toBe(true);
    expect(history.sessions.list()).toEqual([]);
    history.close();
  }
});

test('a history with a lost header is moved aside if it is recognisable as one', () => {
  const path = join(folder, 'history.db');
  writeFileSync(path, TEXT);
  writeFileSync(`${path}-wal`, '');
  expect(refusal(path).kind).toBe('corrupt');
  const beside = openHistory(path, { damaged: 'where-ours' });
  expect(beside.setAside).toBe(`${path}.damaged-1`);
  expect(existsSync(`${path}.damaged-1-wal`)).toBe(true);
  beside.close();
  writeFileSync(path, TEXT);
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  const own = openHistory(path, { damaged: 'always' });
  expect(own.setAside).toBe(`${path}.damaged-2`);
  expect(readFileSync(`${path}.damaged-2`, 'utf8')).toBe(TEXT);
  own.close();
});

test('only the feed moves a damaged history, and nobody a damaged database of another program', () => {
  const path = join(folder, 'history.db');
  const bytes = damagedHistory(path);
  for (const options of [{}, { readonly: true }])
    expect(refusal(path, options).kind).toBe('corrupt');
  expect(readFileSync(path).equals(bytes)).toBe(true);
  bytes.writeUInt32BE(0x1234, 68);
  writeFileSync(path, bytes);
  expect(refusal(path, { damaged: 'where-ours' }).kind).toBe('corrupt');
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('a database of another program is refused and left unchanged', () => {
  const path = join(folder, 'other.db');
  const other = new Database(path);
  other.exec('create table t (a); insert into t values (1)');
  other.close();
  const before = readFileSync(path);
  expect(refusal(path)).toMatchObject({ kind: 'foreign' });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('an older history is migrated with all of its data, and then refused by the older version', () => {
  const path = join(folder, 'history.db');
  const older = openHistory(path);
  const session = { label: 'l', source: 'sim', state: 'recording', origin: {}, now: 5 } as const;
  older.sessions.create({ id: 's', ...session });
  older.close();
  // The next version has one more migration.
  const next = join(folder, 'migrations');
  cpSync(defaultMigrations(), next, { recursive: true });
  writeFileSync(join(next, '0099_next.sql'), 'alter table session add note text;');
  const journalPath = join(next, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(journalPath, 'utf8')) as { entries: object[] };
  const when = 9_000_000_000_000;
  journal.entries.push({ idx: 99, version: '6', when, tag: '0099_next', breakpoints: true });
  writeFileSync(journalPath, JSON.stringify(journal));
  const migrated = openHistory(path, { migrationsFolder: next });
  expect(migrated.sessions.list()).toMatchObject([{ id: 's' }]);
  expect(migrated.connection.prepare('select note from session').pluck().get()).toBeNull();
  migrated.close();
  expect(refusal(path)).toMatchObject({ kind: 'newer' });
});

test('an empty file is not a history for a reader, and becomes one for a writer', () => {
  const path = join(folder, 'history.db');
  writeFileSync(path, '');
  expect(refusal(path, { readonly: true })).toMatchObject({ kind: 'missing' });
  openHistory(path).close();
  openHistory(path, { readonly: true }).close();
});

test('a history of a newer version is refused', () => {
  const path = join(folder, 'history.db');
  const history = openHistory(path);
  history.connection
    .prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)')
    .run('future', 9_999_999_999_999);
  history.close();
  expect(refusal(path)).toMatchObject({ kind: 'newer' });
  expect(refusal(path).message).toContain('newer version');
});

test.each<[string, () => string, object, HistoryErrorKind]>([
  ['a folder in place of the file', () => folder, {}, 'foreign'],
  [
    'a file in place of the folder',
    () => {
      writeFileSync(join(folder, 'f'), '');
      return join(folder, 'f/history.db');
    },
    {},
    'read-only',
  ],
  ['nothing to read', () => join(folder, 'none.db'), { readonly: true }, 'missing'],
  ['a memory that is read-only', () => ':memory:', { readonly: true }, 'missing'],
])('%s is a HistoryError', (_, path, options, kind) => {
  expect(refusal(path(), options).kind).toBe(kind);
});

// Root may write everywhere, so a read-only folder can be tested only as another user.
test.skipIf(process.getuid?.() === 0)('a read-only folder is a HistoryError', () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o500);
  expect(refusal(join(closed, 'history.db')).kind).toBe('read-only');
});

test('a full disk is a HistoryError, and existing data stays', () => {
  const path = join(folder, 'history.db');
  const history = openHistory(path);
  history.connection.pragma(
    `max_page_count = ${Number(history.connection.pragma('page_count', { simple: true })) + 1}`,
  );
  const { sessions } = history;
  const create = (n: number): string =>
    sessions.create({
      id: `s${n}`,
      label: 'x'.repeat(3_000),
      source: 'sim',
      state: 'recording',
      origin: {},
      now: n,
    });
  expect(() => {
    for (let n = 0; n < 50; n++) create(n);
  }).toThrow(/full/);
  expect(history.sessions.list().length).toBeLessThan(50);
  history.close();
});
