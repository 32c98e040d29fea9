/* P22 with a clock and a socket that the test owns: what a slow connection gets, level by level. */
import { expect, test } from 'vitest';

import { BookMirror } from '@tapedeck/market/book/book-mirror';
import { must } from '@tapedeck/market/number/assert';

import { SYMBOL, TestConnection, TestMarket } from './test-market.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;
const BOOK = `book:${SYMBOL}:10:100ms`;
const TRADES = `trades:${SYMBOL}`;

test('P22: level 1 skips book flushes, and the latest view is sent when it drains', () => {
  const market = new TestMarket();
  const slow = new TestConnection(market);
  const mirror = new BookMirror();
  slow.follow(BOOK);
  slow.bufferedAmount = 256 * KIB;
  // The turn that detects it still sends; the ones after it do not.
  market.update();
  market.clock.advance(200);
  slow.heard();
  for (let i = 0; i < 20; i++) {
    market.update();
    market.clock.advance(100);
  }
  expect(slow.connection.level).toBe(1);
  expect(slow.heardOf('book-delta')).toEqual([]);
  expect(slow.counters.skipped).toBeGreaterThan(0);
  slow.bufferedAmount = 0;
  market.clock.advance(1_000);
  const [snapshot, ...others] = slow.heardOf('book-snapshot');
  expect(others).toEqual([]);
  expect(mirror.applySnapshot(must(snapshot, 'the owed snapshot'))).toBe('applied');
  expect(mirror.book.sequence).toBe(market.market.book.sequence);
  // The chain continues from there.
  market.update();
  market.clock.advance(200);
  const [delta] = slow.heardOf('book-delta');
  expect(mirror.applyDelta(must(delta, 'a delta'))).toBe('applied');
});

test('P22: what is owed is not a loss: a heartbeat leaves that channel out', () => {
  const market = new TestMarket();
  const slow = new TestConnection(market);
  const [book, trades] = slow.follow(BOOK, TRADES);
  slow.bufferedAmount = 256 * KIB;
  market.trade();
  market.clock.advance(100);
  market.update();
  market.clock.advance(16_000);
  const heartbeats = slow.heardOf('heartbeat');
  expect(heartbeats.length).toBeGreaterThan(0);
  expect(Object.keys(must(heartbeats.at(-1), 'heartbeat').last)).toEqual([String(trades)]);
  expect(book).toBeDefined();
});

test('P22, P22a: level 2 says so, books come once a second, trades are counted', () => {
  const market = new TestMarket();
  const slow = new TestConnection(market);
  const [, trades] = slow.follow(BOOK, TRADES);
  slow.bufferedAmount = MIB;
  market.trade();
  market.clock.advance(100);
  expect(slow.heard()).toEqual([{ type: 'tier', to: '1s', reason: 'slow' }]);
  slow.bufferedAmount = 0;
  // The trade that found the client this far behind is the first one counted.
  const start = market.market.tradeSequence - 1;
  for (let i = 0; i < 50; i++) {
    market.update();
    market.trade(3);
    market.clock.advance(100);
  }
  const heard = slow.heard();
  expect(heard.filter(({ type }) => type === 'book-delta')).toEqual([]);
  expect(heard.filter(({ type }) => type === 'book-snapshot')).toHaveLength(5);
  const counts = heard.filter((message) => message.type === 'trades');
  expect(counts).toHaveLength(5);
  let at = start;
  for (const { channel, previous, sequence, lost, trades: sent } of counts) {
    expect({ channel, previous, sent }).toEqual({ channel: trades, previous: at, sent: [] });
    expect(lost).toBe(sequence - previous);
    at = sequence;
  }
  // 10 s clean: back one level, the chain of trades without a hole.
  market.clock.advance(6_000);
  market.trade();
  market.clock.advance(100);
  const after = slow.heard();
  expect(after.filter(({ type }) => type === 'tier')).toEqual([
    { type: 'tier', to: 'requested', reason: 'requested' },
  ]);
  const rest = after.filter((message) => message.type === 'trades');
  for (const { previous, sequence } of rest) {
    expect(previous).toBe(at);
    at = sequence;
  }
  expect(at).toBe(market.market.tradeSequence);
  expect(rest.at(-1)?.trades).toHaveLength(1);
  expect(slow.connection.level).toBe(1);
  market.clock.advance(10_000);
  expect(slow.connection.level).toBe(0);
});

test('P17: the count of an epoch is sent before the reset that ends it', () => {
  const market = new TestMarket();
  const slow = new TestConnection(market);
  slow.follow(TRADES);
  slow.bufferedAmount = MIB;
  market.trade();
  market.clock.advance(100);
  market.trade(5);
  market.clock.advance(50);
  market.grid('2');
  market.trade(2);
  market.clock.advance(1_000);
  const said = slow.heard().filter(({ type }) => type === 'trades' || type === 'reset');
  expect(said).toMatchObject([
    { type: 'trades', previous: 0, sequence: 6, trades: [], lost: 6 },
    { type: 'reset', reason: 'tick-size' },
    { type: 'trades', life: 'e1', previous: 0, sequence: 2, trades: [], lost: 2 },
  ]);
});

test.each([
  [4 * MIB + 1, undefined],
  [0, 15_001],
])('P22: %s bytes or %s ms behind close with 4008', (bytes, lagMs) => {
  const market = new TestMarket();
  const slow = new TestConnection(market);
  slow.follow(BOOK, TRADES);
  slow.bufferedAmount = bytes;
  if (lagMs !== undefined) slow.say({ type: 'ack', at: market.clock.now() });
  market.clock.advance(1);
  market.trade();
  market.clock.advance((lagMs ?? 0) + 1_000);
  expect(slow.closed?.code).toBe(4008);
  expect(slow.counters.slowClosed).toBe(1);
  expect(slow.terminated).toBe(false);
  market.clock.advance(2_000);
  expect(slow.terminated).toBe(true);
});

test('P22: ack lag alone lowers the level, and an ack restores it', () => {
  const market = new TestMarket();
  const slow = new TestConnection(market);
  slow.follow(BOOK, TRADES);
  slow.say({ type: 'ack', at: market.clock.now() });
  market.clock.advance(60_000);
  // Silence is no lag.
  expect(slow.connection.level).toBe(0);
  market.trade();
  const sent = market.clock.now();
  market.clock.advance(2_500);
  expect(slow.connection.level).toBe(1);
  slow.heard();
  market.clock.advance(3_500);
  expect(slow.connection.level).toBe(2);
  const [tier] = slow.heardOf('tier');
  expect(tier).toMatchObject({ to: '1s', reason: 'slow' });
  expect(tier?.lagMs).toBeGreaterThanOrEqual(5_000);
  slow.say({ type: 'ack', at: sent });
  market.clock.advance(22_000);
  expect(slow.connection.level).toBe(0);
});

test('P22: a client that never acknowledges is judged by its buffer alone', () => {
  const market = new TestMarket();
  const silent = new TestConnection(market);
  silent.follow(BOOK, TRADES);
  for (let i = 0; i < 600; i++) {
    market.update();
    market.trade();
    market.clock.advance(100);
  }
  expect(silent.connection.level).toBe(0);
});

test('P22: a client that leaves a channel need not acknowledge what was in transit on it', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  const [book] = client.follow(BOOK, `ticker:${SYMBOL}`);
  client.say({ type: 'ack', at: market.clock.now() });
  market.clock.advance(200);
  market.update();
  market.clock.advance(10);
  client.say({ type: 'unsubscribe', channels: [must(book, 'book')] });
  market.clock.advance(30_000);
  expect(client.connection.level).toBe(0);
});

test('P22: a slow client does not affect another', () => {
  const market = new TestMarket();
  const slow = new TestConnection(market);
  const normal = new TestConnection(market);
  slow.follow(BOOK, TRADES);
  normal.follow(BOOK, TRADES);
  slow.bufferedAmount = 2 * MIB;
  const mirror = new BookMirror();
  normal.say({ type: 'resync', channels: [1] });
  for (const each of normal.heardOf('book-snapshot')) mirror.applySnapshot(each);
  for (let i = 0; i < 100; i++) {
    market.update();
    market.trade();
    market.clock.advance(100);
    for (const message of normal.heard()) {
      if (message.type === 'book-delta') expect(mirror.applyDelta(message)).toBe('applied');
      if (message.type === 'book-snapshot') mirror.applySnapshot(message);
    }
  }
  market.clock.advance(200);
  for (const message of normal.heard())
    if (message.type === 'book-delta') expect(mirror.applyDelta(message)).toBe('applied');
  expect(mirror.book.sequence).toBe(market.market.book.sequence);
  expect(normal.connection.level).toBe(0);
});

test('P22: a stall of this process is not lag of its clients', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(BOOK, TRADES);
  client.say({ type: 'ack', at: market.clock.now() - 1 });
  market.trade();
  market.clock.advance(100);
  market.clock.stall(7_000);
  market.trade();
  market.clock.advance(100);
  expect(client.connection.level).toBe(0);
  expect(client.heardOf('tier')).toEqual([]);
});

test('P22: what was held while this process was stopped is not lag when it continues', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(`book:${SYMBOL}:10:raw`);
  for (let i = 0; i < 101; i++) {
    market.update();
    market.clock.advance(1);
  }
  client.say({ type: 'ack', at: market.clock.now() });
  market.update();
  market.clock.stall(20_000);
  market.clock.advance(1_500);
  expect(client.connection.level).toBe(0);
  expect(client.closed).toBeUndefined();
  expect(client.heardOf('tier')).toEqual([]);
});

test('P22: waiting bytes that are not taken are lag by their age; any byte taken ends it', () => {
  const market = new TestMarket();
  const [stuck, slow] = [new TestConnection(market), new TestConnection(market)];
  for (const client of [stuck, slow]) client.follow(TRADES);
  market.trade();
  stuck.bufferedAmount = 100;
  slow.bufferedAmount = 100_000;
  const levels: number[] = [];
  for (let second = 1; second <= 17; second++) {
    // More than is sent in a second: nothing was taken.
    stuck.bufferedAmount += 1_000;
    slow.bufferedAmount--;
    market.clock.advance(1_000);
    levels.push(stuck.connection.level);
  }
  // From 2 s on, from 5 s on, over 15 s.
  expect(levels.slice(0, 7)).toEqual([0, 0, 1, 1, 1, 2, 2]);
  expect(levels.indexOf(3)).toBe(16);
  expect(stuck.closed?.code).toBe(4008);
  expect(slow.connection.level).toBe(0);
});
