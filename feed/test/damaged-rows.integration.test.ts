/*
 * P34a: rows that SQLite reads without an error but that nobody can have written. Each is a state of the feed,
 * whichever read meets it: no answer is a 500, and no start fails because of it.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

import { recordNight, StorageRig } from './test-storage.ts';

const WAIT = { timeout: 60_000, interval: 100 } as const;
const PATIENCE = { timeout: 120_000 } as const;

/** What is written into one row, and a read that meets it. */
const DAMAGE: readonly (readonly [column: string, value: string | number, read: string])[] = [
  ['headline.symbols', '["BTC-USD@s', '/v1/news?limit=500'],
  ['headline.symbols', '5', '/v1/news?session=one'],
  ['headline.symbols', '["BTC-USD@s', '/v1/news?limit=5&symbols=BTC-USD@sim'],
  ['status_event.symbols', '[oops', '/v1/events/since?id=before:3'],
  ['session.origin', '{"seed":', '/v1/sessions'],
  ['session.origin', 'null', '/v1/sessions/one'],
  ['session_symbol.last_time', -1, '/v1/sessions/one/silhouette'],
  ['session_symbol.first_time', 'oops', '/v1/sessions/one'],
  ['market_state.state', 'oops', '/v1/states?symbol=BTC-USD@sim&from=0'],
  ['market_state.reason', 'oops', '/v1/states?symbol=BTC-USD@sim&session=one'],
];

const made = mkdtempSync(join(tmpdir(), 'tapedeck-rows-'));
const NIGHT = join(made, 'night.db');
beforeAll(() => recordNight(NIGHT), 60_000);
afterAll(() => rmSync(made, { recursive: true, force: true }));

/** Puts a value into the newest row, and returns a function that restores it. */
function spoilRow(path: string, column: string, value: string | number): () => void {
  const [table = '', name = ''] = column.split('.');
  const put = (given: unknown): unknown => {
    const history = openHistory(path);
    const { connection } = history;
    const at = connection.prepare(`select max(rowid) from ${table}`).pluck().get();
    const before = connection.prepare(`select ${name} from ${table} where rowid = ?`).pluck();
    const was = before.get(at);
    connection.prepare(`update ${table} set ${name} = ? where rowid = ?`).run(given, at);
    history.close();
    return was;
  };
  const was = put(value);
  return () => void put(was);
}

test(
  'P34a: every read reports an impossible row with its place, and recording continues',
  PATIENCE,
  async () => {
    const rig = new StorageRig();
    copyFileSync(NIGHT, rig.path);
    await rig.start();
    const faults: string[] = [];
    for (const [column, value, read] of DAMAGE) {
      const mend = spoilRow(rig.path, column, value);
      const { status, body } = await rig.get(read);
      const told = JSON.stringify(body);
      // The log of a stream that cannot be resumed says so (P19).
      const isTold = status === 503 ? told.includes(' is damaged') : read.includes('since');
      if (!isTold) faults.push(`${column} ${value}, ${read}: ${status} ${told.slice(0, 300)}`);
      mend();
    }
    expect(faults).toEqual([]);
    expect((await rig.status()).history).toMatchObject({
      state: 'damaged',
      message: expect.stringMatching(
        /^cannot read history .*: headline 400 is damaged: /,
      ) as string,
    });
    await expect.poll(() => rig.headline(), WAIT).toBeDefined();
    await rig.close();
  },
);

test('P34a: a feed starts on a file with all of them, and records', PATIENCE, async () => {
  const rig = new StorageRig();
  copyFileSync(NIGHT, rig.path);
  for (const [column, value] of DAMAGE) spoilRow(rig.path, column, value);
  spoilRow(rig.path, 'session_symbol.messages', '{"segments":');
  await rig.start();
  expect(await rig.faults()).toEqual([]);
  await expect.poll(() => rig.headline(), WAIT).toBeDefined();
  expect(await rig.faults()).toEqual([]);
  await rig.close();
});
