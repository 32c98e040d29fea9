/* P18a: a candle closes by its market's clock, on the stream and over HTTP. */
import { expect, test } from 'vitest';

import { SYMBOL, TestConnection, TestMarket } from './test-market.ts';

const CANDLES = `candles:${SYMBOL}:1s`;
const SECOND_MS = 1_000;

function follow(market: TestMarket): TestConnection {
  const client = new TestConnection(market);
  client.say({ type: 'subscribe', channels: [CANDLES] });
  return client;
}

/** A market whose clock is at the start of a second. */
function atSecond(): TestMarket {
  const market = new TestMarket();
  market.clock.advance(SECOND_MS - (market.clock.now() % SECOND_MS));
  return market;
}

test('P18a: after one trade of a quiet market its candle is closed when its second is over, once', () => {
  const market = atSecond();
  const client = follow(market);
  client.heard();
  const openTime = market.clock.now();
  market.trade();
  market.clock.advance(900);
  expect(client.heardOf('candle')).toMatchObject([{ openTime, state: 'forming', trades: 1 }]);
  market.clock.advance(400);
  expect(client.heardOf('candle')).toMatchObject([{ openTime, state: 'closed', trades: 1 }]);
  market.clock.advance(60_000);
  expect(client.heardOf('candle')).toEqual([]);
  // The next one begins, and the closed one is not sent again.
  market.trade();
  market.clock.advance(200);
  expect(client.heardOf('candle')).toMatchObject([{ state: 'forming', sequence: 2 }]);
});

test('P18a: a late subscriber gets the newest candle as closed', () => {
  const market = atSecond();
  const openTime = market.clock.now();
  market.trade();
  market.clock.advance(20 * 60_000);
  expect(follow(market).heardOf('candle')).toMatchObject([{ openTime, state: 'closed' }]);
  market.trade();
  market.clock.advance(50);
  expect(follow(market).heardOf('candle')).toMatchObject([{ state: 'forming' }]);
});

test('P18: a candle not closed by the clock before the next trade is closed by that trade, once', () => {
  const market = atSecond();
  const client = follow(market);
  client.heard();
  const openTime = market.clock.now();
  market.clock.advance(990);
  market.trade();
  market.clock.advance(20);
  market.trade();
  market.clock.advance(500);
  const closed = client.heardOf('candle').filter(({ state }) => state === 'closed');
  expect(closed).toMatchObject([{ openTime, trades: 1 }]);
});

test.each([1, 2])(
  'P18a: a resubscribe at the end of the interval still gets the closed candle (%i subscribers)',
  (subscribers) => {
    const market = atSecond();
    const client = new TestConnection(market);
    const channels = client.follow(CANDLES);
    for (let i = 1; i < subscribers; i++) follow(market);
    const openTime = market.clock.now();
    market.trade();
    market.clock.advance(960);
    market.trade();
    market.clock.advance(30);
    market.trade();
    client.heard();
    // The last trade of the second waits for its flush, and the next second begins before that.
    market.clock.advance(15);
    market.trade();
    client.say({ type: 'resync', channels });
    market.clock.advance(500);
    const heard = client.heardOf('candle');
    expect(heard[0]).toMatchObject({ openTime, state: 'closed', trades: 3, sequence: 3 });
    expect(heard.at(-1)).toMatchObject({ openTime: openTime + SECOND_MS, sequence: 4 });
  },
);

/** A market whose own clock is right while the feed's is `offset` off. */
class RightMarket extends TestMarket {
  offset = 0;

  step(ms: number): void {
    this.clock.stepWall(ms);
    this.offset += ms;
  }

  override trade(): void {
    super.trade(1, this.clock.now() - this.offset);
  }
}

test.each([-600_000, 3_600_000, -7_200_000])(
  "P18a, H7: a candle closes by its market's clock, which a step of the feed's by %i ms does not move",
  (step) => {
    const market = new RightMarket();
    market.clock.advance(SECOND_MS - (market.clock.now() % SECOND_MS));
    const client = follow(market);
    client.heard();
    const openTime = market.clock.now();
    market.trade();
    market.clock.advance(200);
    market.step(step);
    for (let i = 0; i < 3; i++) {
      market.trade();
      market.clock.advance(200);
    }
    const forming = client.heardOf('candle');
    expect(new Set(forming.map(({ state }) => state))).toEqual(new Set(['forming']));
    expect(forming.at(-1)).toMatchObject({ openTime, trades: 4 });
    // Quiet from here on: only the clock can close it.
    market.clock.advance(450);
    expect(client.heardOf('candle')).toMatchObject([{ openTime, state: 'closed', trades: 4 }]);
    market.clock.advance(60_000);
    expect(client.heardOf('candle')).toEqual([]);
  },
);

test.each([-600_000, 3_600_000])(
  "P18a, H7: if a market's times step with the feed's by %i ms, its candles soon close as before",
  (step) => {
    const market = atSecond();
    const client = follow(market);
    const run = (seconds: number): void => {
      for (let i = 0; i < seconds * 10; i++) {
        market.trade();
        market.clock.advance(100);
      }
    };
    run(30);
    market.clock.stepWall(step);
    run(30);
    market.clock.stepWall(-step);
    run(30);
    market.clock.advance(SECOND_MS);
    client.heard();
    // Past the latest trade ever: before that every trade is a late one.
    market.clock.advance(3_700_000);
    market.clock.advance(SECOND_MS - (market.clock.now() % SECOND_MS));
    run(0.9);
    const states = client.heardOf('candle').map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['forming']));
    market.clock.advance(450);
    expect(client.heardOf('candle').at(-1)).toMatchObject({ state: 'closed' });
  },
);
