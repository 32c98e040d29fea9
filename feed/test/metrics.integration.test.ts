/* `/metrics` of a real feed changes when the real thing happens: the test reports nothing to the metrics itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';

import { openHistory } from '@tapedeck/db/history';
import { ManualClock } from '@tapedeck/market/time/clock';
import { JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

const SYMBOL = 'MINE@desk';
const OF = `{symbol="${SYMBOL}"}`;
const BOOK = `book:${SYMBOL}:200:raw`;
const TRADES = `trades:${SYMBOL}`;
const ANNOUNCED = { type: 'instrument', symbol: SYMBOL, tickSize: '0.01', lotSize: '1' };
const SNAPSHOT = { type: 'snapshot', symbol: SYMBOL, bids: [[999, 5]], asks: [[1_001, 5]] };

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-metrics-'));
const path = join(folder, 'history.db');
const clock = new ManualClock();
let feed: TestFeed;
let price = 900;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none', TAPEDECK_DB: path }, clock);
});
afterAll(async () => {
  await feed.close();
  rmSync(folder, { recursive: true });
});

const ingest = (...events: readonly object[]) => feed.post('/v1/ingest', { events });
const change = (delayMs = 0) => ({
  type: 'update',
  symbol: SYMBOL,
  eventTime: clock.now() - delayMs,
  bids: [[998, price++]],
});
const trade = () =>
  ({ type: 'trade', symbol: SYMBOL, priceTicks: 1_000, sizeLots: 1, aggressor: 'buy' }) as const;

/** A scrape, by series; a missing series is 0, as for Prometheus. */
async function scrape(): Promise<(series: string) => number> {
  const text = await (await fetch(`${feed.base}/metrics`)).text();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name = '', value] = /^tapedeck_(\S+) (\S+)$/.exec(line) ?? [];
    values.set(name, Number(value));
  }
  return (series) => values.get(series) ?? 0;
}

/** By how much each of these changes through an action. */
async function moves(
  series: readonly string[],
  done: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = await scrape();
  await done();
  const after = await scrape();
  return Object.fromEntries(series.map((name) => [name, after(name) - before(name)]));
}

/** Time passes in small steps, so that sockets are served in between. */
async function passes(ms: number, each: () => Promise<unknown> = async () => {}): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    clock.advance(250);
    await each();
    await pause(2);
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    clock.advance(50);
    await pause(5);
  }
}

test('book changes, trades, gaps by reason, checksum failures, crossed and stale books', async () => {
  await ingest(ANNOUNCED, SNAPSHOT);
  expect(
    await moves([`book_updates_total${OF}`, `trades_total${OF}`], () =>
      ingest(change(), change(), trade()),
    ),
  ).toEqual({ [`book_updates_total${OF}`]: 2, [`trades_total${OF}`]: 1 });

  const gap = (reason: string) => `gaps_total{symbol="${SYMBOL}",reason="${reason}"}`;
  const hole = () => ingest({ ...SNAPSHOT, sequence: 5 }, { ...change(), sequence: 9 });
  expect(await moves([gap('upstream-gap')], hole)).toEqual({ [gap('upstream-gap')]: 1 });

  const failures = `checksum_failures_total${OF}`;
  const failed = { type: 'state', symbol: SYMBOL, state: 'syncing', reason: 'checksum' };
  expect(await moves([failures, gap('checksum')], () => ingest(SNAPSHOT, failed))).toEqual({
    [failures]: 1,
    [gap('checksum')]: 1,
  });

  const crossing = { ...SNAPSHOT, bids: [[1_002, 5]] };
  const crossed = [`crossed_total${OF}`, `market_crossed${OF}`];
  expect(await moves(crossed, () => ingest(crossing))).toEqual({
    [`crossed_total${OF}`]: 1,
    [`market_crossed${OF}`]: 1,
  });

  await ingest(SNAPSHOT);
  const silent = ['stale_markets', `market_ok${OF}`, gap('upstream-silent')];
  expect(await moves(silent, async () => clock.advance(10_000))).toEqual({
    stale_markets: 1,
    [`market_ok${OF}`]: -1,
    [gap('upstream-silent')]: 1,
  });
  await ingest(change());
  clock.advance(1_000);
  expect((await scrape())('stale_markets')).toBe(0);
});

test('deliveries, frames, bytes, channels, connections by transport, resyncs by reason, self-audits', async () => {
  await ingest(SNAPSHOT);
  const client = await TestClient.open(feed.stream);
  const out = ['deliveries_total', 'frames_total', 'sent_bytes_total'];
  const moved = await moves([...out, 'channels'], async () => {
    client.send({ type: 'subscribe', channels: [BOOK, TRADES] });
    await client.next(isType('book-snapshot'));
    await client.next(isType('trades'));
    await ingest(change());
    clock.advance(50);
    await client.next(isType('book-delta'));
  });
  expect(moved['channels']).toBe(2);
  // At least `subscribed`, two full values and a change, in two frames.
  expect(moved['deliveries_total']).toBeGreaterThanOrEqual(4);
  expect(moved['frames_total']).toBeGreaterThanOrEqual(2);
  expect(moved['sent_bytes_total']).toBeGreaterThan(400);

  const resyncs = `resyncs_total{symbol="${SYMBOL}",reason="digest"}`;
  expect(
    await moves([resyncs], async () => {
      client.send({ type: 'resync', channels: [1], reason: 'digest' });
      await client.next(isType('book-snapshot'));
    }),
  ).toEqual({ [resyncs]: 1 });

  const ways = [
    'connections',
    'connections_by_transport{transport="sse"}',
    'event_stream_connections',
  ];
  const leaves = new AbortController();
  const opened = async () => {
    for (const way of ['/v1/stream/sse?channels=' + encodeURIComponent(TRADES), '/v1/events'])
      await fetch(feed.base + way, { signal: leaves.signal });
  };
  expect(Object.values(await moves(ways, opened))).toEqual([1, 1, 1]);
  leaves.abort();
  await until(async () => (await scrape())('event_stream_connections') === 0);

  const audits = await moves(['audits_total', 'audit_mismatches_total'], () =>
    passes(66_000, () => ingest(change())),
  );
  expect(audits['audits_total']).toBeGreaterThanOrEqual(1);
  expect(audits['audit_mismatches_total']).toBe(0);
  await client.close();
});

test('P22: connections by level, what a slow one does not get, and that it is closed', async () => {
  await ingest(SNAPSHOT);
  const client = await TestClient.open(feed.stream);
  client.send({ type: 'subscribe', channels: [BOOK, TRADES] });
  const { sendTime } = await client.next(isType('book-snapshot'));
  client.send({ type: 'ack', at: sendTime });
  client.send({ type: 'ping', id: 1 });
  await client.next(isType('pong'));
  const levels = async () => {
    const value = await scrape();
    return ['0', '1', '2'].map((level) => value(`connections_by_level{level="${level}"}`));
  };
  expect(await levels()).toEqual([1, 0, 0]);
  const spared = [
    'books_skipped_total',
    'trades_counted_total',
    'slowed_total',
    'slow_closed_total',
  ];
  const moved = await moves(spared, async () => {
    // It keeps reading, and no longer acknowledges.
    await passes(3_000, () => ingest(change(), trade()));
    expect(await levels()).toEqual([0, 1, 0]);
    await passes(4_000, () => ingest(change(), trade()));
    expect(await levels()).toEqual([0, 0, 1]);
    await passes(10_000, () => ingest(change(), trade()));
    expect(await client.closed).toMatchObject({ code: 4_008 });
  });
  expect(moved['books_skipped_total']).toBeGreaterThan(5);
  expect(moved['trades_counted_total']).toBeGreaterThan(5);
  expect(moved['slowed_total']).toBe(1);
  expect(moved['slow_closed_total']).toBe(1);
});

test('what a client that reads nothing has not taken is buffered bytes', async () => {
  await ingest(SNAPSHOT);
  const socket = new WebSocket(feed.stream, JSON_SUBPROTOCOL);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'subscribe', channels: [BOOK] }));
  await new Promise((resolve) => socket.once('message', resolve));
  socket.pause();
  const side = (from: number, step: number) =>
    Array.from({ length: 200 }, (_, i) => [from + i * step, 1_000_000 + price]);
  // More than the system buffers for it on both sides.
  for (let batch = 0; batch < 60 && (await scrape())('buffered_bytes') === 0; batch++) {
    price++;
    const whole = { ...SNAPSHOT, bids: side(999, -1), asks: side(1_001, 1) };
    await ingest(...Array.from({ length: 100 }, () => whole));
    clock.advance(25);
  }
  expect((await scrape())('buffered_bytes')).toBeGreaterThan(0);
  socket.terminate();
  await until(async () => (await scrape())('connections') === 0);
  expect((await scrape())('buffered_bytes')).toBe(0);
});

test('lag is split: venue to feed, feed to socket, socket to acknowledgement', async () => {
  await ingest(SNAPSHOT);
  const client = await TestClient.open(feed.stream);
  client.send({ type: 'subscribe', channels: [`book:${SYMBOL}:10:1s`] });
  await client.next(isType('book-snapshot'));
  const before = await scrape();
  const sum = (stage: string) => `lag_seconds_sum{stage="${stage}"}`;
  const count = (stage: string) => `lag_seconds_count{stage="${stage}"}`;
  // Each of the venue's changes is 200 ms old when it comes; the tier delays them by up to a second.
  for (let second = 0; second < 8; second++) {
    await ingest(...Array.from({ length: 8 }, () => change(200)));
    await passes(1_250);
    const delta = await client.next(isType('book-delta'));
    clock.advance(100);
    client.send({ type: 'ack', at: delta.sendTime });
    client.send({ type: 'ping', id: second });
    await client.next(isType('pong'));
  }
  const after = await scrape();
  const mean = (stage: string) =>
    (after(sum(stage)) - before(sum(stage))) / (after(count(stage)) - before(count(stage)));
  expect(mean('venue')).toBeCloseTo(0.2, 2);
  expect(mean('feed')).toBeGreaterThan(0.2);
  expect(mean('feed')).toBeLessThanOrEqual(1.05);
  // The frame was sent within the 1,250 ms that passed, and is acknowledged 100 ms after them.
  expect(mean('client')).toBeGreaterThanOrEqual(0.1);
  expect(mean('client')).toBeLessThan(1.4);
  for (const stage of ['venue', 'feed', 'client'])
    for (const quantile of ['0.5', '0.95', '0.99'])
      expect(
        after(`recent_lag_seconds{quantile="${quantile}",stage="${stage}"}`),
      ).toBeGreaterThanOrEqual(0);
  expect(after('recent_lag_seconds{quantile="0.95",stage="venue"}')).toBeGreaterThan(0.1);
  await client.close();
});

test('H3: the recorder’s queue grows and is not ok while the disk refuses, and is empty afterwards', async () => {
  await ingest(SNAPSHOT, trade());
  await until(async () => (await scrape())('recorder_last_write_timestamp_seconds') > 0);
  const blocker = openHistory(path);
  blocker.connection.exec('begin immediate');
  await until(async () => {
    await ingest(change(), trade());
    const value = await scrape();
    return value('recorder_ok') === 0 && value('recorder_queue_batches') > 3;
  });
  expect((await scrape())('recorder_dropped_total')).toBe(0);
  // Its memory is bounded: what does not fit is not recorded, and counted.
  const side = (from: number, step: number) =>
    Array.from({ length: 5_000 }, (_, i) => [from + i * step, 1_000 + price]);
  for (let push = 0; push < 60 && (await scrape())('recorder_dropped_total') === 0; push++) {
    price++;
    const whole = { ...SNAPSHOT, bids: side(999, -1), asks: side(1_001, 1) };
    await ingest(whole, whole, whole, whole, whole, whole);
    clock.advance(100);
  }
  expect((await scrape())('recorder_dropped_total')).toBeGreaterThan(0);
  blocker.connection.exec('rollback');
  blocker.close();
  await until(async () => {
    const value = await scrape();
    return value('recorder_ok') === 1 && value('recorder_queue_batches') <= 1;
  });
});

test('a blocked event loop is seen', async () => {
  const blocked = new Int32Array(new SharedArrayBuffer(4));
  await pause(30);
  Atomics.wait(blocked, 0, 0, 400);
  await pause(30);
  clock.advance(1_000);
  const value = await scrape();
  expect(value('event_loop_delay_seconds{quantile="0.99"}')).toBeGreaterThan(0.2);
  expect(value('event_loop_delay_seconds{quantile="0.5"}')).toBeLessThan(0.2);
});

test('open replays, and those that play', async () => {
  await ingest(SNAPSHOT, change());
  clock.advance(5_000);
  await ingest(change());
  await until(async () => {
    const { sessions } = (await feed.get('/v1/sessions')).body as {
      readonly sessions: readonly {
        readonly id: string;
        readonly from: number;
        readonly to: number;
      }[];
    };
    return (sessions[0]?.to ?? 0) > (sessions[0]?.from ?? 0) + 5_000;
  });
  const { sessions } = (await feed.get('/v1/sessions')).body as {
    readonly sessions: readonly { readonly id: string }[];
  };
  const made = await feed.post('/v1/replays', { session: sessions[0]?.id });
  const { id } = made.body as { readonly id: string };
  const client = await TestClient.open(`${feed.stream}?replay=${id}`);
  expect(
    await moves(['replays', 'replays_playing'], async () => {
      client.send({ type: 'subscribe', channels: [BOOK] });
      client.send({ type: 'replay', command: 'play' });
      await client.next(
        (message) => message.type === 'replay-state' && message.state === 'playing',
      );
    }),
  ).toEqual({ replays: 0, replays_playing: 1 });
  expect((await scrape())('replays')).toBe(1);
  await client.close();
});
