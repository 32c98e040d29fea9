/*
 * P34a, the rest of the table: what other processes do to a history next to the feed, requests other than plain
 * reads, and a full disk (skipped where no file system may be mounted).
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

import { EXPORTS, pageOf, recordNight, spoil, StorageRig } from './test-storage.ts';

const WAIT = { timeout: 60_000, interval: 100 } as const;
const PATIENCE = { timeout: 180_000 } as const;
/** Room for a night and its WAL, and soon full. */
const DISK = 'size=24m';

const made = mkdtempSync(join(tmpdir(), 'tapedeck-beside-'));
const NIGHT = join(made, 'night.db');
const disk = join(made, 'disk');
const canMount = mounted();
beforeAll(() => recordNight(NIGHT), 60_000);

function mounted(): boolean {
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tapedeck', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

afterAll(() => {
  if (canMount) execFileSync('umount', ['-l', disk]);
  rmSync(made, { recursive: true, force: true });
});

test(
  'P34a: with pages of states and of books damaged while it runs, replays and exports are refused with a reason',
  PATIENCE,
  async () => {
    const rig = new StorageRig();
    copyFileSync(NIGHT, rig.path);
    const pages = ['market_state', 'segment', 'trade'].map((t) => pageOf(rig.path, t, 'middle'));
    await rig.start();
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    expect(await rig.faults([...EXPORTS])).toEqual([]);
    expect((await rig.replay()).status).toBe(201);
    for (const page of pages) spoil(rig.path, page);
    expect(await rig.faults()).toEqual([]);
    expect(await rig.faults(EXPORTS)).toEqual([]);
    expect([201, 410, 503]).toContain((await rig.replay()).status);
    expect((await rig.status()).history.state).toBe('damaged');
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    await rig.close();
  },
);

test(
  'P34a: a second feed on the file is refused naming the owner, and the first keeps recording',
  PATIENCE,
  async () => {
    const rig = new StorageRig();
    await rig.start();
    const second = new StorageRig(rig.folder);
    await expect(second.start()).rejects.toThrow(/is in use by another feed: process \d+/);
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    expect((await rig.status()).history.state).toBe('ok');
    await rig.close();
  },
);

test(
  'P34a: on a file that another writer has locked a feed starts, says so, and records when it is released',
  PATIENCE,
  async () => {
    const rig = new StorageRig();
    copyFileSync(NIGHT, rig.path);
    const other = openHistory(rig.path);
    other.connection.exec('begin immediate');
    await rig.start();
    await expect.poll(async () => (await rig.status()).history.state, WAIT).toBe('locked');
    expect(await rig.faults()).toEqual([]);
    other.connection.exec('rollback');
    other.close();
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    await expect.poll(async () => (await rig.status()).history.state, WAIT).toBe('ok');
    await rig.close();
  },
);

test.skipIf(!canMount)(
  'P34a: on a full disk the feed says so, confirms nothing as stored, and recovers when there is space',
  PATIENCE,
  async () => {
    const rig = new StorageRig(disk);
    copyFileSync(NIGHT, rig.path);
    await rig.start();
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    const filler = join(disk, 'filler');
    const block = Buffer.alloc(64 * 1_024, 7);
    expect(() => {
      for (;;) writeFileSync(filler, block, { flag: 'a' });
    }).toThrow('ENOSPC');
    const stored: string[] = [];
    await expect
      .poll(async () => {
        const title = await rig.headline();
        if (title !== undefined) stored.push(title);
        return (await rig.status()).history.state;
      }, WAIT)
      .toBe('full');
    expect((await rig.status()).history.message).toContain('the disk is full');
    expect(await rig.faults()).toEqual([]);
    rmSync(filler);
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    await expect.poll(async () => (await rig.status()).history.state, WAIT).toBe('ok');
    const titles = rig.titles();
    expect(stored.filter((title) => !titles.includes(title))).toEqual([]);
    await rig.stop();
  },
);
