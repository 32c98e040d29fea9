/* H7: what a connection gets and when does not depend on the wall clock: that only timestamps what is sent. */
import { expect, test } from 'vitest';

import { SYMBOL, TestConnection, TestMarket } from './test-market.ts';

const STEPS = [-600_000, 3_600_000, -7_200_000];
const BOOK = `book:${SYMBOL}:10:100ms`;
const TRADES = `trades:${SYMBOL}`;

function follow(...channels: string[]): { market: TestMarket; client: TestConnection } {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.say({ type: 'subscribe', id: 1, channels });
  market.clock.advance(1_000);
  client.heard();
  return { market, client };
}

test.each(STEPS)('a busy book keeps its tier after a step by %i ms, with the new times', (step) => {
  const { market, client } = follow(BOOK);
  const run = (): number => {
    for (let i = 0; i < 100; i++) {
      market.update();
      market.clock.advance(20);
    }
    return client.heard().filter(({ type }) => type === 'book-delta').length;
  };
  const before = run();
  market.clock.stepWall(step);
  market.update();
  market.clock.advance(100);
  const [first] = client.heardOf('book-delta');
  expect(Math.abs((first?.sendTime ?? 0) - market.clock.now())).toBeLessThanOrEqual(100);
  expect(Math.abs(run() - before)).toBeLessThanOrEqual(1);
});

test.each(STEPS)('P20: heartbeats for quiet channels continue after a step by %i ms', (step) => {
  const { market, client } = follow(BOOK, TRADES);
  const heartbeats = (): number => {
    market.clock.advance(30_000);
    return client.heard().filter(({ type }) => type === 'heartbeat').length;
  };
  const before = heartbeats();
  market.clock.stepWall(step);
  expect(before).toBeGreaterThanOrEqual(2);
  expect(Math.abs(heartbeats() - before)).toBeLessThanOrEqual(1);
});

test.each(STEPS)(
  'P22: a client that acknowledges does not become slow after a step by %i ms',
  (step) => {
    const { market, client } = follow(BOOK);
    const run = (seconds: number, acknowledges: boolean): void => {
      for (let i = 0; i < seconds * 10; i++) {
        market.update();
        market.clock.advance(100);
        const sent = client.heardOf('book-delta').at(-1);
        if (acknowledges && i % 10 === 9 && sent !== undefined)
          client.say({ type: 'ack', at: sent.sendTime });
      }
    };
    run(5, true);
    market.clock.stepWall(step);
    run(60, true);
    expect([client.connection.level, client.closed]).toEqual([0, undefined]);
    // One that has stopped is detected as soon as ever.
    run(7, false);
    expect(client.connection.level).toBe(2);
  },
);

test.each(STEPS)(
  'P22: one that acknowledges only newer times is judged by its bytes after a step by %i ms',
  (step) => {
    const { market, client } = follow(BOOK);
    let acked = 0;
    const run = (seconds: number): void => {
      for (let i = 0; i < seconds * 10; i++) {
        market.update();
        market.clock.advance(100);
        const sent = client.heardOf('book-delta').at(-1);
        if (i % 10 !== 9 || sent === undefined || sent.sendTime <= acked) continue;
        acked = sent.sendTime;
        client.say({ type: 'ack', at: acked });
      }
    };
    run(5);
    market.clock.stepWall(step);
    client.say({ type: 'ack', at: acked });
    run(60);
    expect([client.connection.level, client.closed]).toEqual([0, undefined]);
  },
);

test.each(STEPS)(
  'P23: as many messages a second are accepted as before after a step by %i ms',
  (step) => {
    const { market, client } = follow(BOOK);
    const taken = (): number => {
      for (let i = 0; i < 60; i++) client.say({ type: 'ping', id: i });
      return client.heard().filter(({ type }) => type === 'pong').length;
    };
    market.clock.advance(10_000);
    expect(taken()).toBe(30);
    market.clock.stepWall(step);
    expect(taken()).toBe(0);
  },
);
