/* P31: market data over server-sent events, with real sockets; only the clock is the test's. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { afterEach, expect, test } from 'vitest';

import { BookMirror } from '@tapedeck/market/book/book-mirror';
import { must } from '@tapedeck/market/number/assert';
import type { Level } from '@tapedeck/market/number/level';

import { isType, TestClient } from '../../../test/stream/test-client.ts';
import { SYMBOL } from '../../../test/stream/test-market.ts';
import { PAGE_ORIGIN, serving, type TestServer } from '../../../test/stream/test-server.ts';
import { SseTestClient } from '../../../test/stream/test-sse-client.ts';
import { until } from '../../../test/test-until.ts';
import { PATIENCE } from '../frame/limits.ts';

const BOOK = `book:${SYMBOL}:10:raw`;
const TRADES = `trades:${SYMBOL}`;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function open(server: TestServer, query = ''): Promise<SseTestClient> {
  const client = await SseTestClient.open(server.base, query);
  closers.push(() => client.leave());
  return client;
}

test('P31: an event is a frame, the first is hello with a key, and nothing may buffer the stream', async () => {
  const [, server] = await serving();
  const client = await open(server, `?channels=${BOOK},${TRADES}`);
  const { headers } = client.response;
  expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(headers.get('x-accel-buffering')).toBe('no');
  expect(headers.get('content-encoding')).toBeNull();
  const hello = await client.next(isType('hello'));
  expect(hello).toMatchObject({ version: 1, mode: 'live' });
  expect(hello.key).toMatch(/^[\w-]{24}$/);
  expect(client.retry).toBeGreaterThanOrEqual(2_500);
  expect(client.retry).toBeLessThanOrEqual(4_500);
  const { channels } = await client.next(isType('subscribed'));
  expect(channels.map(({ name }) => name)).toEqual([BOOK, TRADES]);
  expect(await client.next(isType('book-snapshot'))).toMatchObject({ bids: [[999, 5]] });
  // P4: subscribed, snapshot and trades were one frame of several lines.
  expect(client.frames.some((frame) => frame.split('\n').length >= 3)).toBe(true);
});

test('P31: nothing may buffer the stream of a cross-origin page either', async () => {
  const [, server] = await serving();
  const origin = PAGE_ORIGIN;
  const client = await SseTestClient.open(server.base, '', { origin });
  closers.push(() => client.leave());
  const { headers } = client.response;
  expect(headers.get('access-control-allow-origin')).toBe(origin);
  expect(headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(headers.get('x-accel-buffering')).toBe('no');
});

test('P31a: a cross-origin page may send its key, and poll with its tags', async () => {
  const [, server] = await serving();
  const answer = await fetch(`${server.base}/v1/stream/sse/c1`, {
    method: 'OPTIONS',
    headers: {
      origin: PAGE_ORIGIN,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,if-none-match,stream-key',
    },
  });
  const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase().split(',');
  expect(allowed).toEqual(expect.arrayContaining(['content-type', 'if-none-match', 'stream-key']));
  expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE_ORIGIN);
});

test('P9, P14a: the deltas chain and their digests match, as over a WebSocket', async () => {
  const [market, server] = await serving();
  const client = await open(server, `?channels=${BOOK}`);
  const mirror = new BookMirror();
  expect(mirror.applySnapshot(await client.next(isType('book-snapshot')))).toBe('applied');
  for (let i = 0; i < 50; i++) {
    market.update([[990 - (i % 7), i + 1]]);
    market.clock.advance(25);
    expect(mirror.applyDelta(await client.next(isType('book-delta')))).toBe('applied');
  }
  expect(mirror.book.sequence).toBe(market.market.book.sequence);
});

test('P31a: subscribe, resync, ping and unsubscribe are sent as requests, with the key from hello', async () => {
  const [, server] = await serving();
  const client = await open(server);
  expect(await client.send({ type: 'subscribe', id: 1, channels: [BOOK] })).toBe(204);
  const { channels } = await client.next(isType('subscribed'));
  const channel = must(channels[0], 'channel').channel;
  await client.next(isType('book-snapshot'));
  await client.send({ type: 'resync', id: 2, channels: [channel] }, { type: 'ping', id: 3 });
  await client.next(isType('book-snapshot'));
  expect(await client.next(isType('pong'))).toMatchObject({ id: 3 });
  await client.send({ type: 'unsubscribe', id: 4, channels: [channel] });
  expect(await client.next(isType('unsubscribed'))).toMatchObject({ id: 4, channels: [channel] });
  expect(server.gateway.lobby.resyncsOf(SYMBOL)).toBe(1);
});

test('P31a: a wrong key, a foreign stream and a closed one are the same 404', async () => {
  const [, server] = await serving();
  const [one, other] = [await open(server), await open(server)];
  await one.next(isType('hello'));
  await other.next(isType('hello'));
  const ping = '{"type":"ping","id":1}';
  const { connection, key } = one.hello;
  expect(await one.sendAs(connection, 'x'.repeat(24), ping)).toBe(404);
  expect(await one.sendAs(connection, '', ping)).toBe(404);
  expect(await one.sendAs(other.hello.connection, key ?? '', ping)).toBe(404);
  expect(await one.sendAs('c999', key ?? '', ping)).toBe(404);
  expect(await one.sendAs(connection, key ?? '', ping)).toBe(204);
});

test('P23: the limits are those of a WebSocket: errors come on the stream, a flood ends it with 4512', async () => {
  const [, server] = await serving();
  const client = await open(server);
  await client.send({ type: 'subscribe', id: 1, channels: [TRADES] });
  await client.sendAs(client.hello.connection, client.hello.key ?? '', '{"type":"nonsense"}');
  expect(await client.next(isType('error'))).toMatchObject({ code: 107 });
  const flood = Array.from({ length: 100 }, (_, id) => ({ type: 'ping', id }) as const);
  await client.send(...flood);
  expect(await client.next(isType('error'))).toMatchObject({ code: 111, temporary: true });
  for (let i = 0; i < PATIENCE; i++) await client.send({ type: 'ping', id: i });
  expect(await client.closed).toMatchObject({ code: 4512 });
  expect(server.sse.count).toBe(0);
});

test('P17: trades resume by since in the query, full and partial', async () => {
  const [market, server] = await serving();
  market.trade(10);
  market.clock.advance(100);
  const { epoch } = market.market;
  const full = await open(server, `?channels=${TRADES},${BOOK}&since=${TRADES}=${epoch}:4`);
  expect((await full.next(isType('subscribed'))).channels[0]).toMatchObject({ resume: 'full' });
  const { previous, trades } = await full.next(isType('trades'));
  expect([previous, trades.map(([sequence]) => sequence)]).toEqual([4, [5, 6, 7, 8, 9, 10]]);
  market.trade(3_000);
  market.clock.advance(100);
  const partial = await open(server, `?channels=${TRADES}&since=${TRADES}=${epoch}:4`);
  expect((await partial.next(isType('subscribed'))).channels[0]).toMatchObject({
    resume: 'partial',
    lost: 3_010 - 4 - 2_000,
  });
  const other = await open(server, `?channels=${TRADES}&since=${TRADES}=elsewhere:4`);
  expect((await other.next(isType('subscribed'))).channels[0]).toMatchObject({ resume: 'none' });
});

test.each([
  ['?channels=', 400, /channels: \\"\\" names no channel/],
  ['?channels=book:X-Y@test:11:raw', 400, /depth \\"11\\" is not one of/],
  ['?channels=trades:X-Y', 400, /symbol \\"X-Y\\" is not NAME@venue/],
  [`?channels=${TRADES},${TRADES}`, 400, /named twice/],
  ['?channels=trades:NO@test', 404, /unknown symbol NO@test/],
  [`?channels=${TRADES}&since=x`, 400, /since: \\"x\\" is not CHANNEL=EPOCH:SEQUENCE/],
  [`?channels=${TRADES}&since=${TRADES}=e0:-1`, 400, /since: .*e0:-1/],
  [`?channels=${TRADES}&since=${BOOK}=e0:1`, 400, /since: book:.* is not one of the channels/],
  [`?channels=${TRADES}&depth=5`, 400, /depth: unknown query field/],
  [`?channels=${TRADES}&replay=none`, 404, /unknown replay none/],
  [
    `?channels=${Array.from({ length: 129 }, (_, i) => `trades:S${i}@x`).join(',')}`,
    429,
    /129 are over the limit of 128/,
  ],
])('bad input is refused before the stream starts: %.60s', async (query, status, message) => {
  const [, server] = await serving();
  const response = await fetch(`${server.base}/v1/stream/sse${query}`);
  expect(response.status).toBe(status);
  expect(await response.text()).toMatch(message);
});

test('P23: streams and WebSockets of one address are counted together', async () => {
  const [, server] = await serving({}, 3);
  const socket = await TestClient.open(server.url);
  const [one] = [await open(server), await open(server)];
  await until(() => server.gateway.connections.size === 3, 'all three are in');
  await expect(open(server)).rejects.toThrow(/429 .*more than 3 connections/);
  one.leave();
  await until(() => server.gateway.connections.size === 2, 'the place is free again');
  await open(server);
  expect((await (await TestClient.open(server.url)).closed).code).toBe(4504);
  await socket.close();
});

test('P24: a foreign origin gets 403, P23a: an overloaded feed answers 503', async () => {
  const [, server] = await serving();
  await expect(
    SseTestClient.open(server.base, '', { origin: 'http://evil.example' }),
  ).rejects.toThrow(/403 .*evil/);
  server.overload = 'overload: too many bytes, try later';
  await expect(open(server)).rejects.toThrow(/503 .*too many bytes/);
});

test('P20: an idle stream carries a heartbeat each 15 s', async () => {
  const [market, server] = await serving({ firstSubscribeMs: 1e9 });
  const client = await open(server);
  await client.next(isType('hello'));
  for (let i = 0; i < 3; i++) {
    market.clock.advance(15_000);
    await client.next(isType('heartbeat'));
  }
});

test('P22: one that acknowledges and then stops is closed with 4008 after 15 s', async () => {
  const [market, server] = await serving();
  const client = await open(server, `?channels=${TRADES}`);
  await client.next(isType('trades'));
  await client.send({ type: 'ack', at: market.clock.now() });
  market.clock.advance(10);
  market.trade();
  market.clock.advance(6_000);
  expect(await client.next(isType('tier'))).toMatchObject({ to: '1s' });
  market.clock.advance(10_000);
  expect(await client.closed).toMatchObject({ code: 4008 });
});

/** A client that sends its request and never reads. */
async function deafClient(server: TestServer, query: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET /v1/stream/sse${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  return socket;
}

test('P22: a stalled reader costs bounded memory, is closed after 10 s, and does not affect another', async () => {
  const [market, server] = await serving();
  await deafClient(server, `?channels=book:${SYMBOL}:200:raw,${TRADES}`);
  const slow = must([...server.gateway.connections][0], 'connection');
  const client = await open(server, `?channels=${TRADES}`);
  await client.next(isType('trades'));
  let size = 1;
  const side = (sign: 1 | -1): Level[] =>
    Array.from({ length: 200 }, (_, i) => [100_000 + sign * (i + 1), 1e12 + size++]);
  let largest = 0;
  for (let i = 0; slow.level < 2 && i < 20_000; i++) {
    market.book(side(-1), side(1));
    market.trade(200);
    market.clock.advance(1);
    largest = Math.max(largest, slow.bufferedBytes);
    await setImmediate();
  }
  expect(slow.level).toBe(2);
  expect(largest).toBeLessThan(2 * 1_024 * 1_024);
  // The bytes must reach the kernel, so that only one hanging write remains.
  for (let i = 0; i < 50; i++) await setImmediate();
  market.clock.advance(10_000);
  await until(() => server.sse.count === 1, 'the stalled stream is gone');
  expect(server.gateway.connections.size).toBe(1);
  let sequence = 0;
  while (sequence < market.market.tradeSequence) {
    const message = await client.next(isType('trades'));
    expect(message.lost).toBeUndefined();
    if (sequence > 0) expect(message.previous).toBe(sequence);
    sequence = message.sequence;
  }
}, 60_000);

test('a thousand streams that open and close leave nothing behind', async () => {
  const [, server] = await serving({}, 100);
  for (let round = 0; round < 20; round++) {
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => SseTestClient.open(server.base, `?channels=${BOOK}`)),
    );
    for (const client of clients) client.leave();
    await until(() => server.sse.count === 0, 'all streams are gone');
  }
  expect(server.gateway.connections.size).toBe(0);
}, 60_000);

test('a stopping feed closes its streams with 4001', async () => {
  const [, server] = await serving();
  const client = await open(server, `?channels=${TRADES}`);
  await client.next(isType('trades'));
  server.gateway.close();
  expect(await client.closed).toMatchObject({ code: 4001, reason: 'feed is stopping' });
});
