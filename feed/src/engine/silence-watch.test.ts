import { expect, test } from 'vitest';

import { TestMarket } from '../stream/test-market.ts';
import { SilenceWatch } from './silence-watch.ts';

function watched(): TestMarket {
  const market = new TestMarket();
  new SilenceWatch(market.engine, market.clock);
  return market;
}

function busy(market: TestMarket, seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    market.clock.advance(1_000);
    market.update();
  }
}

test('P16: a busy market that falls silent is stale, and ok with its next event', () => {
  const market = watched();
  busy(market, 20);
  market.clock.advance(4_500);
  expect(market.market.state).toBe('ok');
  market.clock.advance(1_500);
  expect(market.market).toMatchObject({ state: 'stale', reason: 'upstream-silent' });
  busy(market, 1);
  market.clock.advance(500);
  expect(market.market.state).toBe('ok');
});

test('a market that is used to pauses is given more time', () => {
  const market = watched();
  for (let i = 0; i < 10; i++) {
    market.clock.advance(4_000);
    market.update();
  }
  market.clock.advance(12_000);
  expect(market.market.state).toBe('ok');
  market.clock.advance(6_000);
  expect(market.market.state).toBe('stale');
});

test('P16: a halt does not teach the watch to wait: silence after it is found as soon as before', () => {
  const market = watched();
  busy(market, 20);
  market.engine.setState(market.market, 'halted', 'halt');
  market.clock.advance(60_000);
  market.engine.setState(market.market, 'ok', 'halt');
  busy(market, 20);
  market.clock.advance(6_000);
  expect(market.market.state).toBe('stale');
});
