/* P15, H6: an imported book that is crossed or locked is flagged, in answers and in a replay. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { auditSession, holds } from '@tapedeck/db/check/session-audit';
import { openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';
import type { BookBody, StatesBody } from '@tapedeck/market/wire/http';

import { importRecordings } from '../../src/import/session/recording-import.ts';
import { TestFeed } from '../test-feed.ts';

const SYMBOL = 'BTC-USDT@okx';
const T = 1_783_786_800_000;
const HEAD = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount';

type Change = readonly [at: number, side: 'bid' | 'ask', price: number, size: number];
/** Crossed from 2 s to 4 s, locked from 20 s to 21 s and from 40 s on; at 6 s for no time at all. */
const CHANGES: readonly Change[] = [
  [0, 'bid', 99, 1],
  [0, 'ask', 101, 1],
  [1_000, 'bid', 98, 2],
  [2_000, 'bid', 102, 1],
  [3_000, 'bid', 97, 2],
  [4_000, 'bid', 102, 0],
  [6_000, 'ask', 99, 1],
  [6_000, 'ask', 99, 0],
  [20_000, 'bid', 101, 1],
  [21_000, 'bid', 101, 0],
  [40_000, 'ask', 99, 2],
  [50_000, 'bid', 90, 1],
];

let folder: string;
let feed: TestFeed;
let session: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-crossed-'));
  const lines = CHANGES.map(([at, side, price, size]) => {
    const time = `${T + at}000`;
    return `okex,BTC-USDT,${time},${time},${at === 0},${side},${price},${size}`;
  });
  const file = join(folder, 'book.csv');
  writeFileSync(file, [HEAD, ...lines, ''].join('\n'));
  const path = join(folder, 'history.db');
  const history = openHistory(path);
  const clock = new ManualClock();
  const [imported] = await importRecordings({ history, clock, files: [file] });
  ({ session } = must(imported, 'a session'));
  const [audit] = auditSession(history, session);
  expect(audit).toMatchObject({ states: { ok: 5, failed: 0 }, problems: [] });
  expect(holds(must(audit, 'a market'))).toBe(true);
  history.close();
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none', TAPEDECK_DB: path });
});
afterAll(async () => {
  await feed.close();
  rmSync(folder, { recursive: true });
});

test('P28e: the periods in which it was crossed are returned, without the one of no length', async () => {
  const { body } = await feed.get(`/v1/states?symbol=${SYMBOL}&session=${session}`);
  const crossed = { state: 'ok', reason: 'crossed', crossed: true };
  expect((body as StatesBody).states).toMatchObject([
    { from: T + 2_000, to: T + 4_000, ...crossed },
    { from: T + 20_000, to: T + 21_000, ...crossed },
    { from: T + 40_000, ...crossed },
  ]);
});

test.each([
  [1_500, {}],
  [3_500, { reason: 'crossed', since: T + 2_000 }],
  [10_000, {}],
  [20_500, { reason: 'crossed', since: T + 20_000 }],
  [45_000, { reason: 'crossed', since: T + 40_000 }],
])(
  'P15: a replay after a seek to %i ms says whether it is crossed, and since when',
  async (at, told) => {
    const { body } = await feed.post('/v1/replays', { session, at: T + at });
    const { id } = body as { readonly id: string };
    const answer = await feed.get(`/v1/book?symbol=${SYMBOL}&replay=${id}`);
    const { state, reason, since } = answer.body as BookBody;
    expect({ state, ...(reason && { reason }), ...(since && { since }) }).toEqual({
      state: 'ok',
      ...told,
    });
  },
);
