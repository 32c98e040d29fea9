/*
 * P13b: an operator removes a pushed market of a real feed: it is announced, and nothing takes its last book for a
 * live one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BookBody } from '@tapedeck/market/wire/http';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

const SYMBOL = 'MINE/USD@desk';
const QUERY = `symbol=${encodeURIComponent(SYMBOL)}`;
const ANNOUNCED = { type: 'instrument', symbol: SYMBOL, tickSize: '0.01', lotSize: '1' };
const BOOK = { type: 'snapshot', symbol: SYMBOL, bids: [[999, 5]], asks: [[1_001, 5]] };
const OTHER = 'STAYS@desk';

let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
  await ingest({ ...ANNOUNCED, symbol: OTHER }, { ...BOOK, symbol: OTHER });
});
afterAll(() => feed.close());

const ingest = (...events: readonly object[]) => feed.post('/v1/ingest', { events });
const remove = (query = QUERY, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${feed.base}/v1/ingest?${query}`, { method: 'DELETE', headers });
const symbols = async (): Promise<readonly string[]> => {
  const { symbols: all } = (await feed.get('/v1/status')).body as {
    readonly symbols: readonly { readonly symbol: string }[];
  };
  return all.map(({ symbol }) => symbol);
};

test('P13b: followers keep the last book as halted, and follow the market when it returns', async () => {
  await ingest(ANNOUNCED, BOOK, {
    type: 'trade',
    symbol: SYMBOL,
    priceTicks: 1_001,
    sizeLots: 2,
    aggressor: 'buy',
  });
  const client = await TestClient.open(feed.stream);
  const channels = [`book:${SYMBOL}:10:raw`, `trades:${SYMBOL}`, `ticker:${SYMBOL}`];
  client.send({ type: 'subscribe', channels });
  const { epoch } = await client.next(isType('book-snapshot'));
  await client.next(isType('ticker'));
  expect((await remove()).status).toBe(204);
  const told = new Set<number>();
  while (told.size < channels.length) {
    const state = await client.next(isType('channel-state'));
    expect(state).toMatchObject({ state: 'halted', reason: 'delisted' });
    told.add(state.channel);
  }
  await ingest(ANNOUNCED, { ...BOOK, bids: [[998, 1]] });
  expect(await client.next(isType('reset'))).toMatchObject({ reason: 'restart' });
  const again = await client.next(isType('book-snapshot'));
  expect(again).toMatchObject({ bids: [[998, 1]] });
  expect(again.epoch).not.toBe(epoch);
  expect(await client.next(isType('channel-state'))).toMatchObject({ state: 'ok' });
  await client.close();
});

test('a removed market is found only in its recordings', async () => {
  await ingest(ANNOUNCED, BOOK);
  expect(await symbols()).toEqual([OTHER, SYMBOL]);
  const ok = `tapedeck_market_ok{symbol="${SYMBOL}"}`;
  const metrics = async () => (await fetch(`${feed.base}/metrics`)).text();
  expect(await metrics()).toContain(`${ok} 1`);
  await feed.post('/v1/alerts', { symbol: SYMBOL, kind: 'crosses', priceTicks: 1_000 });
  await remove();
  expect(await symbols()).toEqual([OTHER]);
  expect(await metrics()).not.toContain(ok);
  expect((await feed.get('/readyz')).status).toBe(200);
  expect(await feed.get(`/v1/book?${QUERY}`)).toMatchObject({ status: 404 });
  expect(await feed.get('/v1/tickers')).toMatchObject({
    body: { tickers: [{ instrument: { symbol: OTHER } }] },
  });
  const late = await TestClient.open(feed.stream);
  late.send({ type: 'subscribe', channels: [`book:${SYMBOL}:200:1s`] });
  expect(await late.next(isType('error'))).toMatchObject({ code: 102 });
  await late.close();
  const { events } = (await feed.get('/v1/status')).body as {
    readonly events: readonly { readonly message: string }[];
  };
  expect(events.map(({ message }) => message)).toContain(
    `${SYMBOL} was removed: nobody pushes it any more`,
  );
  expect((await feed.get('/v1/alerts')).body).toMatchObject({
    rules: [{ state: 'no-data' }],
    log: [
      { message: expect.stringContaining('no data, the alert at 10.00') as string },
      { message: expect.stringContaining('alert made') as string },
    ],
  });
});

test('P28c: the time without it is a hole in the recording, in which its last book is stale', async () => {
  await ingest(ANNOUNCED, BOOK);
  await remove();
  await pause(60);
  const within = Date.now();
  await pause(60);
  await ingest(ANNOUNCED, BOOK);
  const query = `/v1/book?${QUERY}&at=${within}`;
  for (;;) {
    const { status, body } = await feed.get(query);
    if (status === 200 && (body as BookBody).state === 'stale') break;
    await pause(50);
  }
});

test('P28c: while it is missing its last book is stale at every moment since', async () => {
  await ingest(ANNOUNCED, BOOK);
  const had = Date.now();
  await remove();
  await pause(20);
  const query = (at: number) => feed.get(`/v1/book?${QUERY}&at=${at}`);
  const stateAt = async (at: number) => ((await query(at)).body as Partial<BookBody>).state;
  while ((await stateAt(had + 10)) !== 'stale') await pause(50);
  for (let i = 0; i < 15; i++) {
    await ingest({ type: 'update', symbol: OTHER, bids: [[900 - i, 1]] });
    await pause(100);
    const now = Date.now();
    // A time that is not recorded yet has no answer.
    await expect.poll(() => stateAt(now)).toBeDefined();
    expect(await stateAt(now)).toBe('stale');
  }
  await ingest(ANNOUNCED, BOOK);
});

test('P28c: a hole still open when the feed stops lasts until the end of its session', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-removed-'));
  const settings = { TAPEDECK_SOURCE: 'none', TAPEDECK_DB: join(folder, 'history.db') };
  const first = await TestFeed.start(settings);
  const push = (...events: readonly object[]) => first.post('/v1/ingest', { events });
  await push(ANNOUNCED, BOOK, { ...ANNOUNCED, symbol: OTHER }, { ...BOOK, symbol: OTHER });
  await fetch(`${first.base}/v1/ingest?${QUERY}`, { method: 'DELETE' });
  await pause(60);
  await push({ type: 'update', symbol: OTHER, bids: [[998, 1]] });
  // The recorder's thread takes seconds to start on a busy machine; a stop waits less than that.
  await expect
    .poll(async () => (await first.get('/v1/sessions')).body)
    .toMatchObject({
      sessions: [{ symbols: expect.arrayContaining([OTHER]) as string[] }],
    });
  await first.close();
  const second = await TestFeed.start(settings);
  expect((await second.get('/v1/sessions')).body).toMatchObject({
    sessions: [{ gaps: [{ symbol: SYMBOL, reason: 'delisted' }] }],
  });
  await second.close();
  rmSync(folder, { recursive: true });
});

test.each([
  ['', 400, 'symbol'],
  ['symbol=NO%40desk', 404, 'symbol: nobody pushes "NO@desk"'],
  [`${QUERY}&now=1`, 400, 'now: unknown query field'],
])('DELETE /v1/ingest?%s is refused with %i naming %s', async (query, status, named) => {
  const answer = await remove(query);
  expect(answer.status).toBe(status);
  const { error } = (await answer.json()) as { readonly error: { readonly message: string } };
  expect(error.message).toContain(named);
});

test('P24a: only an operator may remove, and only pushed markets', async () => {
  expect((await remove(QUERY, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(403);
  expect(await symbols()).toContain(SYMBOL);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
