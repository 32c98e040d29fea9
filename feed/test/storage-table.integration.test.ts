/*
 * P34a: what can happen to a history file, while a feed runs and before a start. In every case: no answer is a 500, a
 * headline confirmed as stored is in the file at the path, the state says what is wrong, and it ends with the cause.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { HistoryLock, lockPath } from '@tapedeck/db/database/history-lock';
import { openHistory } from '@tapedeck/db/history';

import { pageOf, recordNight, spoil, StorageRig } from './test-storage.ts';

/** A thread that reopens the file takes a second, and ten on a busy machine. */
const WAIT = { timeout: 60_000, interval: 100 } as const;
const PATIENCE = { timeout: 180_000 } as const;

const made = mkdtempSync(join(tmpdir(), 'tapedeck-night-'));
/** A night recorded and closed normally. */
const NIGHT = join(made, 'night.db');
beforeAll(() => recordNight(NIGHT), 60_000);
afterAll(() => rmSync(made, { recursive: true, force: true }));

/** In another process: see `spoil`. */
function cut(path: string, bytes: number): void {
  execFileSync('truncate', ['-s', String(bytes), path]);
}

function newer(path: string): void {
  const history = openHistory(path);
  history.connection.exec(
    "insert into __drizzle_migrations (hash, created_at) values ('later', 99999999999999)",
  );
  history.close();
}

describe('while a feed runs', () => {
  const rig = new StorageRig();
  /** Titles that the feed has confirmed as stored since the start of this case. */
  let stored: string[] = [];
  beforeAll(async () => {
    copyFileSync(NIGHT, rig.path);
    await rig.start();
  }, 120_000);
  afterAll(() => rig.close());

  /** Until a headline is stored, and nothing is wrong. */
  async function recording(): Promise<void> {
    await expect
      .poll(async () => {
        const title = await rig.headline();
        if (title !== undefined) stored.push(title);
        return title !== undefined && (await rig.get('/readyz')).status === 200;
      }, WAIT)
      .toBe(true);
  }

  /** Until the feed reports the state and reason; meanwhile it accepts headlines and answers every read. */
  async function says(state: string, reason: RegExp): Promise<void> {
    await expect
      .poll(async () => {
        const title = await rig.headline();
        if (title !== undefined) stored.push(title);
        return (await rig.status()).history.state;
      }, WAIT)
      .toBe(state);
    const { status, body } = await rig.get('/readyz');
    expect({ status, reasons: (body as { reasons: unknown }).reasons }).toEqual({
      status: 503,
      reasons: [expect.stringMatching(reason) as string],
    });
    expect((await (await rig.get('/metrics')).body) as string).toMatch(/history_ok(\{.*\})? 0/);
    expect(await rig.faults()).toEqual([]);
  }

  function everyStoredTitleIsThere(): void {
    const titles = rig.titles();
    expect(stored.filter((title) => !titles.includes(title))).toEqual([]);
  }

  const away = join(rig.folder, 'away.db');
  const aside = (): readonly string[] =>
    readdirSync(rig.folder).filter((name) => /damaged-\d+$/.test(name));

  test('P34a: removed: it is reported, and a new file is created', PATIENCE, async () => {
    await recording();
    rmSync(rig.path);
    await expect.poll(() => existsSync(rig.path), WAIT).toBe(true);
    expect(await rig.faults()).toEqual([]);
    stored = [];
    await recording();
    everyStoredTitleIsThere();
    expect(rig.read((history) => history.sessions.get('one'))).toBeUndefined();
    const said = await rig.said();
    // Where the file is on this machine is only in the log.
    expect(said.at(-2)).toBe('history history.db was removed while it was in use');
    expect(said.at(-1)).toBe('the history is ok again: history.db was opened again');
    // Once each in an operator's log.
    expect(rig.lines.filter((line) => line.includes('was removed while'))).toHaveLength(1);
  });

  test('P34a: what went into a removed file is not confirmed as stored', PATIENCE, async () => {
    stored = [];
    const lost: string[] = [];
    rmSync(rig.path);
    while (!existsSync(rig.path)) {
      const title = await rig.headline();
      if (title !== undefined) lost.push(title);
    }
    expect(lost).toEqual([]);
    await recording();
  });

  test('P34a: replaced by another history: the feed continues in that one', PATIENCE, async () => {
    copyFileSync(NIGHT, away);
    renameSync(away, rig.path);
    await expect.poll(async () => (await rig.get('/v1/sessions/one')).status, WAIT).toBe(200);
    stored = [];
    await recording();
    everyStoredTitleIsThere();
    expect(await rig.faults()).toEqual([]);
    expect((await rig.said()).at(-2)).toContain('was replaced by another file');
    expect(rig.read((history) => history.sessions.list().length)).toBe(2);
  });

  test('P34a: its WAL removed: nothing is lost', PATIENCE, async () => {
    stored = [];
    await recording();
    rmSync(`${rig.path}-wal`);
    await expect.poll(async () => (await rig.said()).at(-2), WAIT).toContain('-wal, a part of');
    await recording();
    everyStoredTitleIsThere();
    expect(rig.read((history) => history.sessions.get('one')?.counts.segments)).toBeGreaterThan(0);
  });

  test.each([
    ['a folder', () => mkdirSync(rig.path), () => rmdirSync(rig.path), /it is a folder/],
    [
      'a file of another kind',
      () => writeFileSync(rig.path, 'milk and bread\n'),
      () => {
        expect(readFileSync(rig.path, 'utf8')).toBe('milk and bread\n');
        rmSync(rig.path);
      },
      /is not a history: it is not a SQLite database/,
    ],
    [
      'a history of a newer version',
      () => {
        copyFileSync(NIGHT, away);
        newer(away);
        renameSync(away, rig.path);
      },
      () => rmSync(rig.path),
      /was made by a newer version/,
    ],
  ])(
    'P34a: %s in its place is not touched, and the feed keeps serving',
    PATIENCE,
    async (_, put, take, reason) => {
      rmSync(rig.path);
      put();
      await says('unusable', reason);
      stored = [];
      expect(await rig.headline()).toBeUndefined();
      expect((await rig.get('/healthz')).status).toBe(200);
      expect((await rig.get('/v1/instruments')).status).toBe(200);
      expect((await rig.get('/v1/sessions')).status).toBe(503);
      take();
      await recording();
      everyStoredTitleIsThere();
    },
  );

  test(
    'P34a: made read-only: it is reported, while the open file can still be written',
    PATIENCE,
    async () => {
      stored = [];
      chmodSync(rig.path, 0o444);
      await says('read-only', /was made read-only/);
      expect(stored.length).toBeGreaterThan(0);
      chmodSync(rig.path, 0o644);
      await recording();
      everyStoredTitleIsThere();
    },
  );

  test(
    'P34a: locked by another writer: nothing is confirmed as stored until it is released',
    PATIENCE,
    async () => {
      stored = [];
      const other = openHistory(rig.path);
      other.connection.exec('begin immediate');
      await says('locked', /another process holds the lock/);
      expect(stored).toEqual([]);
      other.connection.exec('rollback');
      other.close();
      await recording();
      everyStoredTitleIsThere();
    },
  );

  test('P34a: a removed lock is taken again, and no second feed can start', PATIENCE, async () => {
    rmSync(lockPath(rig.path));
    await expect
      .poll(() => {
        if (!existsSync(lockPath(rig.path))) return 'no lock';
        try {
          HistoryLock.take(rig.path, 1).release();
          return 'free';
        } catch (error) {
          return String(error);
        }
      }, WAIT)
      .toMatch(/is in use by another feed/);
    await recording();
  });

  test(
    'P34a: a page that the recorder needs is damaged: set aside with everything readable, and recording resumes',
    PATIENCE,
    async () => {
      rmSync(rig.path);
      copyFileSync(NIGHT, away);
      renameSync(away, rig.path);
      await recording();
      stored = [];
      spoil(rig.path, pageOf(rig.path, 'headline', 'last'));
      await expect
        .poll(async () => {
          await rig.headline();
          return existsSync(`${rig.path}.damaged-1`);
        }, WAIT)
        .toBe(true);
      expect(await rig.faults()).toEqual([]);
      await recording();
      everyStoredTitleIsThere();
      expect((await rig.said()).at(-1)).toContain('the old one is history.db.damaged-1');
      const old = openHistory(`${rig.path}.damaged-1`, { readonly: true });
      expect(old.trades.page({ symbol: 'BTC-USD@sim', limit: 10 }).trades).toHaveLength(10);
      old.close();
    },
  );

  test('P34a: cut short: it is reported and set aside', PATIENCE, async () => {
    stored = [];
    const before = aside().length;
    cut(rig.path, 0);
    await expect
      .poll(async () => {
        await rig.headline();
        return aside().length > before;
      }, WAIT)
      .toBe(true);
    expect(await rig.faults()).toEqual([]);
    await recording();
    everyStoredTitleIsThere();
  });

  test(
    'P34a: a damaged page that only reads meet is reported, and recording continues in the file',
    PATIENCE,
    async () => {
      rmSync(rig.path);
      copyFileSync(NIGHT, away);
      renameSync(away, rig.path);
      await recording();
      const inode = statSync(rig.path).ino;
      stored = [];
      spoil(rig.path, pageOf(rig.path, 'trade', 'middle'));
      await expect
        .poll(async () => {
          await rig.faults();
          return (await rig.status()).history.state;
        }, WAIT)
        .toBe('damaged');
      expect(await rig.faults()).toEqual([]);
      await expect.poll(() => rig.headline(), WAIT).toBeDefined();
      expect(statSync(rig.path).ino).toBe(inode);
      // However often it was met.
      expect((await rig.status()).history.errors).toBeGreaterThan(1);
      expect(
        rig.lines.filter((line) => line.includes('the database is damaged')).length,
      ).toBeLessThan(8);
      const { reasons } = (await rig.get('/readyz')).body as {
        readonly reasons: readonly string[];
      };
      expect(reasons).toEqual([expect.stringMatching(/^history is damaged: cannot read history /)]);
    },
  );
});

describe('before a start', () => {
  /** Starts a feed on a damaged copy of the night; the answer of every read, and whether the recorder can write. */
  async function started(harm: (path: string) => void): Promise<StorageRig> {
    const rig = new StorageRig();
    copyFileSync(NIGHT, rig.path);
    harm(rig.path);
    await rig.start();
    expect(await rig.faults()).toEqual([]);
    return rig;
  }

  test.each([
    ...['segment', 'trade', 'candle', 'headline', 'status_event', 'sqlite_autoindex_instrument_1'],
    ...['session', 'session_symbol', 'instrument', 'epoch', 'gap', 'alert_rule'],
  ])(
    'P34a: with a damaged page of %s a feed starts, and no read is a 500',
    PATIENCE,
    async (table) => {
      const rig = await started((path) => spoil(path, pageOf(path, table, 'middle')));
      await rig.close();
    },
  );

  test.each<[string, (path: string) => void]>([
    ['removed', (path) => rmSync(path)],
    ['empty', (path) => writeFileSync(path, '')],
    ['cut in half', (path) => cut(path, Math.floor(statSync(path).size / 2))],
    ['without the end of its last page', (path) => cut(path, statSync(path).size - 100)],
    [
      'with a damaged page that the recorder needs',
      (path) => spoil(path, pageOf(path, 'headline', 'last')),
    ],
    [
      'with nothing left of its first page, next to the lock of the previous feed',
      (path) => {
        spoil(path, [1, 16_384]);
        writeFileSync(lockPath(path), '');
      },
    ],
    [
      'with a WAL of garbage',
      (path) => writeFileSync(`${path}-wal`, 'milk and bread\n'.repeat(5_000)),
    ],
    [
      'with a lock of garbage',
      (path) => writeFileSync(lockPath(path), 'milk and bread\n'.repeat(5_000)),
    ],
  ])('P34a: %s: a feed starts, and records', PATIENCE, async (_, harm) => {
    const rig = await started(harm);
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    expect(rig.titles().some((title) => title.startsWith('Pushed'))).toBe(true);
    await rig.close();
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['a folder', (path) => mkdirSync(path), /it is a folder, not a file/],
    ['a file of another kind', (path) => writeFileSync(path, 'milk\n'), /is not a SQLite database/],
    ['a newer history', (path) => (copyFileSync(NIGHT, path), newer(path)), /by a newer version/],
  ])('P34a: %s in its place is refused, and not changed', PATIENCE, async (_, put, reason) => {
    const rig = new StorageRig();
    put(rig.path);
    const before = readdirSync(rig.folder);
    await expect(rig.start()).rejects.toThrow(reason);
    expect(readdirSync(rig.folder)).toEqual(before);
    await rig.close();
  });
});
