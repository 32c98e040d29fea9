/*
 * H7: how long a condition holds is measured on a clock that does not step; only an alert's timestamp is wall time.
 */
import { expect, test } from 'vitest';

import { TestAlertEngine, LEVEL } from './test-alert-engine.ts';

const STEPS = [-600_000, 3_600_000, -7_200_000];

test.each(STEPS)('forMs is measured correctly, whatever the wall clock does (%i ms)', (step) => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL, forMs: 5_000 });
  alerts.trades(LEVEL + 1);
  alerts.clock.advance(1_000);
  alerts.clock.stepWall(step);
  alerts.clock.advance(3_500);
  expect([alerts.state(id), alerts.said()]).toEqual(['pending', []]);
  alerts.clock.advance(1_000);
  const [event] = alerts.events;
  expect(event?.state).toBe('firing');
  expect(event?.time).toBeGreaterThan(alerts.clock.now() - 1_500);
  expect(event?.time).toBeLessThanOrEqual(alerts.clock.now());
});

test.each(STEPS)('the age of a feed is the length of its silence (%i ms)', (step) => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'feed-age', ageMs: 5_000 });
  for (let second = 0; second < 5; second++) {
    alerts.trades(LEVEL);
    alerts.clock.advance(900);
  }
  alerts.clock.stepWall(step);
  alerts.clock.advance(3_000);
  expect([alerts.state(id), alerts.said()]).toEqual(['normal', []]);
  alerts.clock.advance(2_500);
  expect(alerts.state(id)).toBe('firing');
});

test.each(STEPS)(
  'a rule is quiet for ten seconds after its message, and reports then (%i ms)',
  (step) => {
    const alerts = new TestAlertEngine();
    alerts.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
    alerts.trades(LEVEL);
    expect(alerts.said()).toHaveLength(1);
    alerts.trades(LEVEL - 1);
    alerts.clock.advance(1_500);
    expect(alerts.said()).toHaveLength(1);
    alerts.clock.stepWall(step);
    alerts.trades(LEVEL);
    alerts.clock.advance(7_000);
    expect(alerts.said()).toHaveLength(0);
    alerts.clock.advance(2_000);
    expect(alerts.said()).toHaveLength(1);
  },
);
