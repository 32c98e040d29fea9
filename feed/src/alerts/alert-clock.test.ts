/* H7: how long a condition held is measured on a clock that does not step; only the label of an alert is wall time. */
import { expect, test } from 'vitest';

import { Desk, LEVEL } from './test-alert-engine.ts';

const STEPS = [-600_000, 3_600_000, -7_200_000];

test.each(STEPS)('forMs is that long, whatever the wall clock does meanwhile (%i ms)', (step) => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: LEVEL, forMs: 5_000 });
  desk.trades(LEVEL + 1);
  desk.clock.advance(1_000);
  desk.clock.stepWall(step);
  desk.clock.advance(3_500);
  expect([desk.state(id), desk.said()]).toEqual(['pending', []]);
  desk.clock.advance(1_000);
  const [event] = desk.events;
  expect(event?.state).toBe('firing');
  expect(event?.time).toBeGreaterThan(desk.clock.now() - 1_500);
  expect(event?.time).toBeLessThanOrEqual(desk.clock.now());
});

test.each(STEPS)('the age of a feed is that of its silence (%i ms)', (step) => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'feed-age', ageMs: 5_000 });
  for (let second = 0; second < 5; second++) {
    desk.trades(LEVEL);
    desk.clock.advance(900);
  }
  desk.clock.stepWall(step);
  desk.clock.advance(3_000);
  expect([desk.state(id), desk.said()]).toEqual(['normal', []]);
  desk.clock.advance(2_500);
  expect(desk.state(id)).toBe('firing');
});

test.each(STEPS)(
  'a rule is quiet for ten seconds after its word, and speaks then (%i ms)',
  (step) => {
    const desk = new Desk();
    desk.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
    desk.trades(LEVEL);
    expect(desk.said()).toHaveLength(1);
    desk.trades(LEVEL - 1);
    desk.clock.advance(1_500);
    expect(desk.said()).toHaveLength(1);
    desk.clock.stepWall(step);
    desk.trades(LEVEL);
    desk.clock.advance(7_000);
    expect(desk.said()).toHaveLength(0);
    desk.clock.advance(2_000);
    expect(desk.said()).toHaveLength(1);
  },
);
