import { expect, test } from 'vitest';

import { type History, openHistory } from '@tapedeck/db/history';
import { ManualClock } from '@tapedeck/market/time/clock';

import { simulatorWithHistory } from './backfilled-history.ts';
import type { ScenarioName } from './simulator/scenario.ts';

function firstStart(scenario: ScenarioName): History {
  const history = openHistory(':memory:');
  const clock = new ManualClock(1_760_000_000_000);
  simulatorWithHistory(history, { seed: 7, scenario, speed: 1, clock }).close();
  return history;
}

/** Scenarios whose faults fall into the generated minutes; each costs seconds. */
const SCENARIOS = ['normal', 'tick-size-change', 'exchange-restart', 'gap'] as const;

test.each(SCENARIOS)(
  'a first start under %s has books, candles and news',
  (scenario) => {
    const history = firstStart(scenario);
    const sessions = history.sessions.list();
    expect(sessions.length).toBeGreaterThan(0);
    expect(sessions.every((session) => session.source === 'sim' && !session.open)).toBe(true);
    for (const symbol of ['BTC-USD@sim', 'ACME@sim']) {
      const candles = history.candles.range({ symbol, interval: '1h', limit: 100 });
      // A market whose grid has changed keeps only the candles of its newest grid.
      if (scenario !== 'tick-size-change') expect(candles.length).toBeGreaterThanOrEqual(24);
      expect(candles.length).toBeGreaterThan(0);
    }
    expect(history.events.headlines({ limit: 100 }).items.length).toBeGreaterThan(10);
    history.close();
  },
  30_000,
);

test('a second start continues from the last prices and generates no history', () => {
  const history = firstStart('normal');
  const before = history.sessions.list().length;
  const last = history.candles.range({ symbol: 'BTC-USD@sim', interval: '1m', limit: 1 })[0];
  const clock = new ManualClock(1_760_000_600_000);
  const simulator = simulatorWithHistory(history, { seed: 7, scenario: 'normal', speed: 1, clock });
  const prices: number[] = [];
  simulator.advanceTo(clock.now() + 60_000, (event) => {
    if (event.type === 'trade' && event.symbol === 'BTC-USD@sim') prices.push(event.priceTicks);
  });
  simulator.close();
  expect(history.sessions.list()).toHaveLength(before);
  expect(Math.abs((prices[0] ?? 0) - (last?.close ?? 0))).toBeLessThan(200);
  history.close();
});
