/* P21, P22 and the overload guard over real sockets; only the clock is the test's. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';

import { must } from '@tapedeck/market/number/assert';
import type { Level } from '@tapedeck/market/number/level';

import { TestClient } from '../../../test/stream/test-client.ts';
import { SYMBOL } from '../../../test/stream/test-market.ts';
import { serving, type TestServer } from '../../../test/stream/test-server.ts';
import { until } from '../../../test/test-until.ts';
import { MAX_PAYLOAD_BYTES } from '../frame/limits.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** A masked, unsolicited pong, for a client that reads nothing and yet sends. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A WebSocket client that never reads after its handshake, and so never answers a ping. */
async function deafClient(server: TestServer, channels: readonly string[]): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await once(socket, 'data');
  socket.pause();
  const text = Buffer.from(JSON.stringify({ type: 'subscribe', channels }));
  // A masked text frame with a zero mask.
  socket.write(
    Buffer.concat([
      Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0]),
      text,
    ]),
  );
  await until(
    () => [...server.gateway.connections].some(({ channelCount }) => channelCount > 0),
    'the subscription',
  );
  return socket;
}

test('P22: a client that does not read costs bounded memory, and does not affect another', async () => {
  const [market, server] = await serving({ firstSubscribeMs: 1e9 });
  const deaf = await deafClient(server, [`book:${SYMBOL}:200:raw`, `trades:${SYMBOL}`]);
  const slow = must([...server.gateway.connections][0], 'connection');
  const client = await TestClient.open(server.url);
  client.send({ type: 'subscribe', channels: [`trades:${SYMBOL}`] });
  await client.next((message) => message.type === 'trades');
  let largest = 0;
  let size = 1;
  // Full books, because they fill the kernel's buffers fastest.
  const side = (sign: 1 | -1): Level[] =>
    Array.from({ length: 200 }, (_, i) => [100_000 + sign * (i + 1), 1e12 + size++]);
  const levels = new Set<number>();
  for (let i = 0; slow.level < 2 && i < 20_000; i++) {
    market.book(side(-1), side(1));
    market.trade(50);
    market.clock.advance(50);
    largest = Math.max(largest, slow.bufferedBytes);
    levels.add(slow.level);
    if (i % 8 === 0) {
      deaf.write(PONG);
      await setImmediate();
    }
    if (slow.level >= 1) {
      // Books are skipped from here on: only trades keep filling the buffers.
      market.trade(2_000);
    }
  }
  expect([...levels]).toEqual(expect.arrayContaining([0, 1]));
  expect(slow.level).toBe(2);
  expect(largest).toBeLessThan(2 * 1_024 * 1_024);
  // Counted trades and one snapshot a second, which is not sent while it is this far behind: the buffer stays the
  // same.
  const before = slow.bufferedBytes;
  for (let i = 0; i < 200; i++) {
    market.book(side(-1), side(1));
    market.trade(500);
    market.clock.advance(50);
    deaf.write(PONG);
    await setImmediate();
  }
  expect(slow.bufferedBytes - before).toBeLessThan(64 * 1_024);
  // The other client has every trade.
  let sequence = 0;
  while (sequence < market.market.tradeSequence) {
    const message = await client.next((each) => each.type === 'trades');
    if (message.type !== 'trades') continue;
    expect(message.lost).toBeUndefined();
    if (sequence > 0) expect(message.previous).toBe(sequence);
    sequence = message.sequence;
  }
  deaf.destroy();
  await until(() => server.gateway.connections.size === 1, 'the deaf client is forgotten');
  await client.close();
}, 60_000);

test('P22: a client that neither reads nor acknowledges is closed with 4008 within 20 s', async () => {
  const [market, server] = await serving({ firstSubscribeMs: 1e9 });
  const deaf = await deafClient(server, [`trades:${SYMBOL}`]);
  const stuck = must([...server.gateway.connections][0], 'connection');
  const reader = new WebSocket(server.url);
  await once(reader, 'open');
  let heard = 0;
  reader.on('message', () => heard++);
  reader.send(JSON.stringify({ type: 'subscribe', channels: [`trades:${SYMBOL}`] }));
  await until(() => server.gateway.connections.size === 2, 'the reader');
  // Until the kernel takes no more: only then can a server know that nobody reads.
  while (stuck.bufferedBytes === 0) {
    market.trade(5_000);
    market.clock.advance(50);
    await setImmediate();
  }
  const since = market.clock.now();
  // Few bytes: far below the limit by bufferedAmount alone.
  while (stuck.level < 3 && market.clock.now() - since < 60_000) {
    market.trade();
    market.clock.advance(250);
    await setImmediate();
  }
  expect(stuck.bufferedBytes).toBeLessThan(1_024 * 1_024);
  expect(market.clock.now() - since).toBeLessThanOrEqual(20_000);
  expect(server.gateway.counters.slowClosed).toBe(1);
  // The client that reads and never acknowledges is still connected, and up to date.
  const before = heard;
  for (let i = 0; i < 240; i++) {
    market.trade();
    market.clock.advance(250);
    await setImmediate();
  }
  await until(() => server.gateway.connections.size === 1, 'the deaf client is gone');
  await until(() => heard > before + 200, 'the reader goes on');
  expect([...server.gateway.connections][0]?.level).toBe(0);
  deaf.destroy();
  reader.terminate();
}, 60_000);

test('P22: one that acknowledges and then stops is closed with 4008 after 15 s', async () => {
  const [market, server] = await serving();
  const client = await TestClient.open(server.url);
  client.send({ type: 'subscribe', channels: [`trades:${SYMBOL}`] });
  await client.next((message) => message.type === 'trades');
  client.send({ type: 'ack', at: market.clock.now() });
  client.send({ type: 'ping', id: 1 });
  await client.next((message) => message.type === 'pong');
  market.clock.advance(10);
  market.trade();
  market.clock.advance(6_000);
  expect(await client.next((message) => message.type === 'tier')).toMatchObject({ to: '1s' });
  market.clock.advance(10_000);
  expect(await client.closed).toMatchObject({ code: 4008 });
});

test('P21a: a client that reads nothing is closed within 20 s, even if the kernel buffers everything', async () => {
  const [market, server] = await serving({ firstSubscribeMs: 1e9 });
  await deafClient(server, [`trades:${SYMBOL}`]);
  const silent = new WebSocket(server.url);
  await once(silent, 'open');
  let pings = 0;
  silent.on('ping', () => pings++);
  silent.send(JSON.stringify({ type: 'subscribe', channels: [`trades:${SYMBOL}`] }));
  const start = market.clock.now();
  let goneAfterMs: number | undefined;
  for (let i = 0; i < 240; i++) {
    market.trade();
    market.clock.advance(250);
    // Pings and pongs take turns of the event loop.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    if (server.gateway.connections.size === 1) goneAfterMs ??= market.clock.now() - start;
  }
  expect(goneAfterMs).toBeLessThanOrEqual(20_000);
  expect(server.gateway.connections.size).toBe(1);
  // A client that reads and sends nothing answers each ping.
  expect(pings).toBeGreaterThan(6);
  silent.terminate();
}, 60_000);

test('P21: a client that answers no ping and sends no byte is closed by the next one', async () => {
  const [market, server] = await serving({ firstSubscribeMs: 1e9 });
  await deafClient(server, [`trades:${SYMBOL}`]);
  const client = new WebSocket(server.url);
  await once(client, 'open');
  const pinged = once(client, 'ping');
  market.clock.advance(30_000);
  await pinged;
  expect(server.gateway.connections.size).toBe(2);
  // The pong of the live client must arrive before the next ping.
  client.send('{"type":"ping","id":1}');
  for (let text = ''; !text.includes('"pong"');) {
    const [data] = (await once(client, 'message')) as [Buffer];
    text = data.toString();
  }
  market.clock.advance(30_000);
  await until(() => server.gateway.connections.size === 1, 'the deaf client is gone');
  client.terminate();
});

test('P21: an event loop late by more than 5 s excuses all clients once', async () => {
  const [market, server] = await serving({ firstSubscribeMs: 1e9 });
  await deafClient(server, [`trades:${SYMBOL}`]);
  market.clock.advance(30_000);
  // A stall: the timer fires 6 s late.
  server.skewMs = 6_000;
  market.clock.advance(30_000);
  for (let i = 0; i < 20; i++) await setImmediate();
  expect(server.gateway.connections.size).toBe(1);
  market.clock.advance(30_000);
  await until(() => server.gateway.connections.size === 0, 'the deaf client is gone');
});

test('P23a: an overloaded feed refuses new clients with error 120 and 4013, and keeps the others', async () => {
  const [, server] = await serving();
  const old = await TestClient.open(server.url);
  server.overload = 'overload: too many bytes, try later';
  const refused = await TestClient.open(server.url);
  expect(await refused.next((message) => message.type === 'error')).toMatchObject({
    code: 120,
    temporary: true,
    message: 'overload: too many bytes, try later',
  });
  expect(await refused.closed).toMatchObject({ code: 4013 });
  old.send({ type: 'ping', id: 7 });
  expect(await old.next((message) => message.type === 'pong')).toMatchObject({ id: 7 });
  await old.close();
});

test('P23: a far too large frame is closed with 1009, and does not affect another connection', async () => {
  const [, server] = await serving();
  const [one, other] = [await TestClient.open(server.url), await TestClient.open(server.url)];
  one.sendText('x'.repeat(MAX_PAYLOAD_BYTES + 1));
  expect(await one.closed).toMatchObject({ code: 1009 });
  other.send({ type: 'ping', id: 7 });
  expect(await other.next((message) => message.type === 'pong')).toMatchObject({ id: 7 });
  await other.close();
});

test('a bug while handling a message ends that connection with 4010, and no other', async () => {
  const [, server] = await serving();
  const [one, other] = [await TestClient.open(server.url), await TestClient.open(server.url)];
  server.bug = new Error('a bug');
  one.send({ type: 'ack', at: 1 });
  expect(await one.closed).toEqual({ code: 4010, reason: 'internal error' });
  expect(server.errors).toEqual([server.bug]);
  other.send({ type: 'ping', id: 7 });
  expect(await other.next((message) => message.type === 'pong')).toMatchObject({ id: 7 });
  await other.close();
});

test.each([
  ['?x=1', 'x: unknown query field'],
  ['?replay=a&replay=b', 'replay: given twice'],
])(
  'an unknown or superfluous field of the address is refused: /v1/stream%s',
  async (query, message) => {
    const [, server] = await serving();
    const refused = await TestClient.open(server.url + query);
    expect(await refused.next(() => true)).toMatchObject({ type: 'error', code: 107, message });
    expect(await refused.closed).toEqual({ code: 4501, reason: message });
  },
);
