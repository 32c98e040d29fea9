/* P20 and P23 for one connection; the test owns the clock. */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { SYMBOL, TestConnection, TestMarket } from '../../../test/stream/test-market.ts';
import { BREACHES, LIMITS, PATIENCE } from '../frame/limits.ts';

const BOOK = `book:${SYMBOL}:10:100ms`;
const TRADES = `trades:${SYMBOL}`;
const TICKER = `ticker:${SYMBOL}`;

test('P20: a connection without channels gets a heartbeat after 15 s of idleness', () => {
  const market = new TestMarket();
  const client = new TestConnection(market, { firstSubscribeMs: 60_000 });
  client.heard();
  market.clock.advance(14_999);
  expect(client.heard()).toEqual([]);
  market.clock.advance(1);
  expect(client.heard()).toEqual([
    { type: 'heartbeat', now: market.clock.now(), last: {}, digests: {}, heard: {} },
  ]);
});

test('P20, P20a: a quiet market is proved quiet by the last sequence and digest of each channel', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.say({ type: 'subscribe', channels: [BOOK, TRADES] });
  const heard = client.heard();
  const snapshot = must(
    heard.find((message) => message.type === 'book-snapshot'),
    'snapshot',
  );
  market.trade(3);
  market.clock.advance(1_000);
  const [trades] = client.heardOf('trades');
  market.clock.advance(2_000);
  const heartbeat = must(client.heardOf('heartbeat').at(-1), 'heartbeat');
  expect(heartbeat.last).toEqual({
    [snapshot.channel]: snapshot.sequence,
    [must(trades, 'trades').channel]: 3,
  });
  expect(heartbeat.digests).toEqual({ [snapshot.channel]: snapshot.digest });
});

test('P20a: a busy connection gets a heartbeat about its silent channel every 2 s', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  const [book] = client.follow(BOOK, TRADES);
  for (let i = 0; i < 100; i++) {
    market.update();
    market.clock.advance(100);
  }
  const heartbeats = client.heardOf('heartbeat');
  expect(heartbeats).toHaveLength(5);
  expect(heartbeats[0]?.last[String(book)]).toBeGreaterThan(0);
});

test('P20b: a heartbeat says when a silent channel’s source was last heard, and nothing once the source pauses unusually long', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  const [, tape] = client.follow(BOOK, TRADES);
  const heard = (): (number | undefined)[] =>
    client.heardOf('heartbeat').map((message) => message.heard?.[String(tape)]);
  for (let i = 0; i < 100; i++) {
    market.update();
    market.clock.advance(100);
  }
  // No trade for ten seconds, but book updates: the tape is proved quiet.
  const proofs = heard();
  expect(proofs.length).toBeGreaterThan(3);
  for (const ms of proofs) expect(ms).toBeLessThanOrEqual(100);
  // The source is silent: the link is alive but proves nothing of the market, long before the market turns stale.
  market.clock.advance(4_500);
  const silent = heard();
  expect(silent.length).toBeGreaterThan(1);
  expect(silent.filter((ms) => ms !== undefined && ms > 1_000)).toEqual([]);
  expect(silent.at(-1)).toBe(undefined);
});

test('P20b: a slow market whose source confirms it counts as heard, a halted one does not', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  const [book] = client.follow(BOOK);
  for (let i = 0; i < 60; i++) {
    market.clock.advance(3_000);
    market.engine.heard(market.market);
  }
  client.heard();
  market.clock.advance(3_000);
  const [heartbeat] = client.heardOf('heartbeat');
  expect(heartbeat?.heard?.[String(book)]).toBeGreaterThan(0);
  market.engine.setState(market.market, 'halted', 'halt');
  client.heard();
  market.clock.advance(3_000);
  expect(client.heardOf('heartbeat').at(-1)).toMatchObject({ heard: {} });
});

test('P20: a channel without a value has sequence 0', () => {
  const market = new TestMarket();
  market.grid('2');
  const client = new TestConnection(market);
  client.say({ type: 'subscribe', id: 4, channels: [BOOK] });
  expect(client.heardOf('error')).toMatchObject([{ id: 4, code: 120, temporary: true }]);
  market.clock.advance(3_000);
  const [heartbeat] = client.heardOf('heartbeat');
  expect(Object.values(must(heartbeat, 'heartbeat').last)).toEqual([0]);
  market.book([[9, 1]], [[11, 1]]);
  market.clock.advance(0);
  expect(client.heardOf('book-snapshot')).toHaveLength(1);
});

test('P23: without a subscribe within 10 s the connection is closed with 4502', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.say({ type: 'ping', id: 1 });
  market.clock.advance(9_999);
  expect(client.closed).toBeUndefined();
  market.clock.advance(1);
  expect(client.closed?.code).toBe(4502);
});

test('P23: a client that subscribed in time may leave all channels later', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  const ids = client.follow(TICKER);
  client.say({ type: 'unsubscribe', channels: ids });
  market.clock.advance(60_000);
  expect(client.closed).toBeUndefined();
});

test('P23: a burst of 30 messages is fine, the next ones are error 111, then it closes with 4512', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.heard();
  for (let i = 0; i < LIMITS.burst; i++) client.say({ type: 'ping', id: i });
  expect(client.heardOf('pong')).toHaveLength(LIMITS.burst);
  for (let i = 0; i < PATIENCE; i++) client.say({ type: 'ping', id: i });
  const errors = client.heardOf('error');
  expect(errors).toHaveLength(PATIENCE);
  expect(errors[0]).toMatchObject({ code: 111, temporary: true });
  expect(client.closed).toBeUndefined();
  client.say({ type: 'ping' });
  expect(client.closed?.code).toBe(4512);
});

test('P23: ten messages a second are always allowed', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(TICKER);
  client.heard();
  for (let i = 0; i < 600; i++) {
    client.say({ type: 'ping', id: i });
    market.clock.advance(100);
  }
  expect(client.heardOf('error')).toEqual([]);
});

test('P23: one offence per second is forgiven', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(TICKER);
  for (let i = 0; i < PATIENCE * 3; i++) {
    client.connection.receive('garbage');
    market.clock.advance(1_000);
  }
  expect(client.closed).toBeUndefined();
});

test.each([
  ['garbage', '{"type":', PATIENCE, 107, 4501],
  ['too large a frame', 'x'.repeat(LIMITS.frameBytes + 1), BREACHES, 107, 4501],
])('P23: %s is an error at first, and a close if it continues', (_, frame, times, code, close) => {
  const market = new TestMarket();
  const client = new TestConnection(market, { messagesPerSecond: 1_000, burst: 1_000 });
  client.heard();
  for (let i = 0; i < times; i++) client.connection.receive(frame);
  expect(client.heardOf('error').map((error) => error.code)).toEqual(
    Array.from({ length: times }, () => code),
  );
  expect(client.closed).toBeUndefined();
  client.connection.receive(frame);
  expect(client.closed?.code).toBe(close);
});

test('P23: one channel too many is error 106, and 4505 if it continues', () => {
  const market = new TestMarket();
  const client = new TestConnection(market, { channels: 2 });
  client.say({ type: 'subscribe', id: 1, channels: [BOOK, TRADES, TICKER] });
  const heard = client.heard();
  expect(heard.find((message) => message.type === 'error')).toMatchObject({ id: 1, code: 106 });
  expect(heard.find((message) => message.type === 'subscribed')?.channels).toHaveLength(2);
  for (let i = 0; i < BREACHES; i++) {
    client.say({ type: 'subscribe', channels: [TICKER] });
    market.clock.advance(100);
  }
  expect(client.closed?.code).toBe(4505);
});

test('P23: the excess of one frame is one error, with its count, and a close only if it continues', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.heard();
  const ping = JSON.stringify({ type: 'ping' });
  client.connection.receive(Array.from({ length: 100 }, () => ping).join('\n'));
  expect(client.heardOf('pong')).toHaveLength(LIMITS.burst);
  expect(client.closed).toBeUndefined();
  for (let i = 1; i < PATIENCE; i++) client.connection.receive(`${ping}\n${ping}`);
  expect(client.closed).toBeUndefined();
  client.connection.receive(ping);
  expect(client.closed?.code).toBe(4512);
});

test('P23: the error of an overfull frame says how many were not read', () => {
  const market = new TestMarket();
  const client = new TestConnection(market, { burst: 1, messagesPerSecond: 1 });
  client.connection.receive('x\n'.repeat(500));
  expect(client.heardOf('error')).toMatchObject([
    { code: 107 },
    { code: 111, message: 'more than 1 messages a second: 499 of this frame were not read' },
  ]);
});

test('P4: a line nested deeper than the stack is an error for that line, and the next one is read', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.heard();
  const deep = `{"type":${'['.repeat(7_000)}${']'.repeat(7_000)}}`;
  client.connection.receive(`{"type":"ping","id":1}\n${deep}\n{"type":"ping","id":2}`);
  expect(client.heard()).toMatchObject([
    { type: 'pong', id: 1 },
    { type: 'error', code: 107, message: expect.stringContaining('type: [[[') as string },
    { type: 'pong', id: 2 },
  ]);
});
