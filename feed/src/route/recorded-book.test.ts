/* P28c: what GET /v1/book returns in a damaged period, and what the command line reports. */

import { afterAll, beforeAll, expect, test } from 'vitest';

import { noteDamage } from '@tapedeck/db/check/damaged-stretches';
import type { History } from '@tapedeck/db/history';
import { RandomMarket } from '@tapedeck/db/test/random-market';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, recordStep, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import { bookSchema } from '@tapedeck/market/wire/http';

import { ApiError } from '../answer/api-error.ts';
import { MarketEngine } from '../engine/market-engine.ts';
import { ReplayRooms } from '../replay/replay-rooms.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { marketRoutes } from './market-routes.ts';

let disk: TestHistory;
let history: History;
let hole: { readonly from: number; readonly to: number };

beforeAll(() => {
  disk = new TestHistory();
  history = disk.history;
  const writer = beginRecording(history);
  const market = new RandomMarket({ random: new Random(8), startTime: START, meanStepMs: 200 });
  for (let i = 0; i < 1_000; i++) {
    const step = market.next();
    if (step.type !== 'trade') recordStep(writer, step);
  }
  writer.close(START);
  const segments = [...history.books.segmentsFrom('one', SYMBOL, 0)];
  const hit = must(segments[6], 'a segment');
  history.connection
    .prepare('update segment set deltas = substr(deltas, 1, 9) where id = ?')
    .run(hit.id);
  // A keyframe rebuilt from a damaged segment is lost with it: the hole lasts until the next full keyframe.
  hole = must(history.books.at(SYMBOL, hit.startTime + 1, 'one')?.gap, 'a hole');
  expect(hole.from).toBe(hit.startTime);
  expect(segments.map(({ startTime }) => startTime)).toContain(hole.to);
});

afterAll(() => {
  disk.close();
});

test('P28c: in a damaged period the last book is returned, and it is not ok', async () => {
  const clock = new ManualClock(START + 1e9);
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  const ids = new ChannelIds();
  const rooms = new ReplayRooms({ history, clock, ids, newId: () => 'r', workNow: () => 0 });
  const routes = marketRoutes({
    engine,
    history,
    rooms,
    clock,
    workNow: () => 0,
    archive: () => undefined,
  });
  const bookAt = async (at: number) => {
    const response = await routes.request(`/v1/book?symbol=${SYMBOL}&at=${at}&session=one`);
    expect(response.status).toBe(200);
    return bookSchema.parse(await response.json());
  };
  expect((await bookAt(hole.from)).state).toBe('ok');
  const within = await bookAt(Math.floor((hole.from + hole.to) / 2));
  expect(within.state).toBe('stale');
  expect(within.eventTime).toBeLessThanOrEqual(hole.from);
  expect((await bookAt(hole.to)).state).toBe('stale');
  expect((await bookAt(hole.to + 1)).state).toBe('ok');
  // Recorded as a gap it is the same answer, and the session lists it too.
  expect(noteDamage(history.path)).toBe(1);
  expect(history.sessions.get('one')?.gaps).toEqual([
    { symbol: SYMBOL, from: hole.from, to: hole.to, reason: 'damaged' },
  ]);
  expect((await bookAt(hole.to)).state).toBe('stale');
  expect((await bookAt(hole.to + 1)).state).toBe('ok');
  rooms.close();
});

test('P28b, P28c: a named session answers only for itself: outside its range it is a 404 that says so', async () => {
  const clock = new ManualClock(START + 1e9);
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  const ids = new ChannelIds();
  const rooms = new ReplayRooms({ history, clock, ids, newId: () => 'r', workNow: () => 0 });
  const routes = marketRoutes({
    engine,
    history,
    rooms,
    clock,
    workNow: () => 0,
    archive: () => undefined,
  });
  routes.onError((error, c) => {
    if (error instanceof ApiError) return c.json(error.body, error.status);
    throw error;
  });
  const { from, to } = must(history.sessions.get('one'), 'the session');
  // A hole before its range is recorded in it but is not its own: without `session` the previous book is returned,
  // stale.
  history.sessions.addGap('one', {
    symbol: SYMBOL,
    from: from - 60_000,
    to: from,
    reason: 'restart',
  });
  for (const [at, where] of [
    [from - 30_000, 'is before'],
    [from, 'is before'],
    [to + 2, 'is after'],
  ] as const) {
    const response = await routes.request(`/v1/book?symbol=${SYMBOL}&at=${at}&session=one`);
    expect(response.status).toBe(404);
    const range = `${at} ${where} session one, ${from} to ${to}`;
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining(range) },
    });
  }
  rooms.close();
});
