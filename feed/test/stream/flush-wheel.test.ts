/* When channels send: at once if quiet, together if busy. */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { SYMBOL, TestConnection, TestMarket } from './test-market.ts';

const BOOK = `book:${SYMBOL}:10:100ms`;
const TRADES = `trades:${SYMBOL}`;

test('a quiet book and a quiet tape send at once', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(BOOK, TRADES);
  market.clock.advance(333);
  market.update();
  market.trade();
  market.clock.advance(0);
  expect(client.heard().map(({ type }) => type)).toEqual(['book-delta', 'trades']);
});

test('P10, P17: busy channels share frames, at most one per wheel tick, and miss nothing', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(BOOK, `book:${SYMBOL}:25:100ms`, `book:${SYMBOL}:50:50ms`, TRADES);
  market.clock.advance(20);
  const frames = client.counters.frames;
  for (let i = 0; i < 1_000; i++) {
    market.update();
    market.trade();
    market.clock.advance(10);
  }
  // 10 s: 200 ticks, and the first ones, which were sent at once.
  expect(client.counters.frames - frames).toBeLessThanOrEqual(204);
  const heard = client.heard();
  const tens = heard.filter((message) => message.type === 'book-delta' && message.channel === 1);
  expect(tens.length).toBeGreaterThan(95);
  expect(tens.length).toBeLessThanOrEqual(102);
  const trades = heard.filter((message) => message.type === 'trades');
  expect(trades.flatMap((message) => message.trades)).toHaveLength(
    must(trades.at(-1), 'trades').sequence,
  );
});

test('P10a: raw sends every update by itself, and those of a busy book in one frame per tick', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(`book:${SYMBOL}:10:raw`);
  market.clock.advance(1_000);
  client.heard();
  const frames = client.counters.frames;
  for (let i = 0; i < 1_000; i++) {
    market.update();
    market.clock.advance(1);
  }
  market.clock.advance(25);
  const deltas = client.heardOf('book-delta');
  expect(deltas.map(({ merged }) => merged)).toEqual(deltas.map(() => 1));
  expect(deltas).toHaveLength(1_000);
  expect(client.counters.frames - frames).toBeLessThanOrEqual(42);
});

test('P10a: raw of a book with more than 100 followers sends every update, in a frame each 50 ms', () => {
  const market = new TestMarket();
  const clients = Array.from({ length: 101 }, () => new TestConnection(market));
  for (const each of clients) each.follow(`book:${SYMBOL}:10:raw`);
  const framesOfASecond = (): number => {
    market.clock.advance(1_000);
    const before = clients[0]?.counters.frames ?? 0;
    for (let i = 0; i < 1_000; i++) {
      market.update();
      market.clock.advance(1);
    }
    return (clients[0]?.counters.frames ?? 0) - before;
  };
  const crowded = framesOfASecond();
  expect(crowded).toBeGreaterThanOrEqual(19);
  expect(crowded).toBeLessThanOrEqual(22);
  market.clock.advance(50);
  const heard = clients[0]?.heardOf('book-delta') ?? [];
  expect(heard).toHaveLength(1_000);
  clients[100]?.connection.closed();
  expect(framesOfASecond()).toBeGreaterThanOrEqual(38);
});

test('P10a: a trade is sent at once with the change of a quiet book, and with the next flush of a busy one', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(BOOK, TRADES);
  market.clock.advance(1_000);
  client.heard();
  market.trade();
  market.update();
  market.clock.advance(0);
  expect(
    client
      .heard()
      .map(({ type }) => type)
      .toSorted(),
  ).toEqual(['book-delta', 'trades']);
  // Busy from here on; the tape itself has long been quiet.
  for (let i = 0; i < 50; i++) {
    market.update();
    market.clock.advance(10);
  }
  market.clock.advance(100);
  market.update();
  market.trade();
  client.heard();
  const frames = client.counters.frames;
  market.clock.advance(100);
  expect(
    client
      .heard()
      .map(({ type }) => type)
      .toSorted(),
  ).toEqual(['book-delta', 'trades']);
  expect(client.counters.frames - frames).toBe(1);
});

test('P17: trades that waited for a subscriber that left are not lost for the next', () => {
  const market = new TestMarket();
  const first = new TestConnection(market);
  first.follow(TRADES);
  market.trade();
  market.clock.advance(1);
  // Busy now: this trade waits for the wheel, and nobody is subscribed when it turns.
  market.trade();
  market.clock.advance(1);
  first.connection.closed();
  market.trade();
  const second = new TestConnection(market);
  second.say({ type: 'subscribe', channels: [TRADES] });
  market.trade();
  market.clock.advance(500);
  const [welcome, next] = second.heardOf('trades');
  expect(welcome).toMatchObject({ sequence: 3 });
  expect(welcome?.trades.map(([sequence]) => sequence)).toEqual([1, 2, 3]);
  expect(next).toMatchObject({ previous: 3, sequence: 4 });
});
