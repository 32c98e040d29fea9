/* P16, P28c: while a source calls its market stale, the recording of that time is stale, whatever data it has. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BookBody } from '@tapedeck/market/wire/http';

import { TestFeed } from './test-feed.ts';

let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none', TAPEDECK_RECORD: 'raw' });
});
afterAll(() => feed.close());

/** Each test has its own market. */
function market(symbol: string) {
  const push = async (...events: readonly object[]): Promise<number> => {
    const named = events.map((event) => ({ symbol, ...event }));
    expect((await feed.post('/v1/ingest', { events: named })).status).toBe(200);
    await pause(150);
    return Date.now();
  };
  const query = `symbol=${encodeURIComponent(symbol)}`;
  /** Polls until it is recorded that far. */
  const at = async (time: number) => {
    for (;;) {
      const { status, body } = await feed.get(`/v1/book?${query}&at=${time}`);
      if (status === 200) return (body as BookBody).state;
      await pause(50);
    }
  };
  return {
    push,
    at,
    /** Polls until the end of the hole is recorded: an open one is recorded some seconds ahead. */
    shown: async (time: number) => {
      while ((await at(time)) !== 'ok') await pause(50);
    },
    begin: () =>
      push({ type: 'instrument', tickSize: '0.01', lotSize: '1' }, snapshot(999), update(998)),
    live: async () => ((await feed.get(`/v1/book?${query}`)).body as BookBody).state,
  };
}
const snapshot = (bid: number) => ({ type: 'snapshot', bids: [[bid, 5]], asks: [[1_001, 5]] });
const update = (bid: number) => ({ type: 'update', bids: [[bid, 1]] });
const said = (state: string) => ({ type: 'state', state, reason: 'upstream-gap' });

test('a hole that only a state message ends remains a hole', async () => {
  const { push, begin, live, at, shown } = market('WORD@desk');
  await begin();
  const within = await push(said('stale'));
  await pause(150);
  const after = await push({ type: 'state', state: 'ok' });
  await push(update(997));
  expect(await live()).toBe('ok');
  await shown(after);
  expect(await at(within)).toBe('stale');
});

test('a change of a book whose source calls it stale does not make it ok', async () => {
  const { push, begin, live, at, shown } = market('CHANGE@desk');
  await begin();
  await push(said('stale'));
  const changed = await push(update(997));
  expect(await live()).toBe('stale');
  await push(update(996));
  await push(snapshot(990), { type: 'state', state: 'ok' });
  const after = await push(update(989));
  await push(update(988));
  await shown(after);
  expect(await at(changed)).toBe('stale');
});

test('P13: it continues in the sessions that another market’s change of grid begins', async () => {
  const { push, begin, at, shown } = market('STILL@desk');
  const other = market('STEPS@desk');
  await begin();
  await other.begin();
  await push(said('stale'));
  const within: number[] = [];
  for (const tickSize of ['0.1', '0.01', '0.1'])
    within.push(await other.push({ type: 'instrument', tickSize, lotSize: '1' }, snapshot(900)));
  await push(snapshot(990), { type: 'state', state: 'ok' });
  const after = await push(update(989));
  await other.push(update(901));
  await shown(after);
  for (const time of within) expect(await at(time)).toBe('stale');
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
