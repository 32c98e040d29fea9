/*
 * H7: market time is wall time as long as the wall clock can be trusted, and otherwise continues by itself: it never
 * goes back, never stops, and returns to the wall clock when that is right again.
 */
import { expect, test } from 'vitest';

import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { ManualClock } from '@tapedeck/market/time/clock';

import { MAX_CATCH_UP_MS, Simulator } from './simulator.ts';

const FROM = Date.UTC(2026, 0, 5, 14, 0);
const SYMBOL = 'SOL-USD@sim';
const HOUR = 3_600_000;

class Running {
  readonly clock = new ManualClock(FROM);
  readonly events: MarketEvent[] = [];
  readonly market = new Simulator({
    seed: 7,
    scenario: 'normal',
    speed: 1,
    clock: this.clock,
    from: FROM,
    symbols: [SYMBOL],
  });

  start(): this {
    this.market.start((event) => this.events.push(event));
    return this;
  }

  /** Event times of books and trades since the last call. */
  times(): readonly number[] {
    const times = this.events.flatMap((event) =>
      event.type === 'update' || event.type === 'trade' ? [event.eventTime] : [],
    );
    this.events.length = 0;
    return times;
  }

  get behindMs(): number {
    return this.clock.now() - this.market.marketTime;
  }

  warnings(): number {
    return this.events.filter((event) => event.type === 'status' && event.severity === 'warning')
      .length;
  }
}

test('the delay of a busy start is caught up with, and is not a permanent lag', () => {
  const running = new Running();
  running.market.advanceTo(running.clock.now(), () => {});
  running.clock.stall(700);
  running.start();
  running.clock.advance(40);
  expect(running.behindMs).toBeLessThanOrEqual(20);
  expect(running.warnings()).toBe(0);
});

test.each([10, 200, MAX_CATCH_UP_MS - 100])(
  'a wall clock set forward by %i ms leaves no lag',
  (stepMs) => {
    const running = new Running().start();
    running.clock.advance(1_000);
    running.clock.stepWall(stepMs);
    running.clock.advance(40);
    expect(running.behindMs).toBeLessThanOrEqual(20);
    expect(running.warnings()).toBe(0);
  },
);

test.each([-600_000, -2 * HOUR])(
  'H7: a wall clock set back by %i ms neither stops the market nor sets its time back',
  (stepMs) => {
    const running = new Running().start();
    running.clock.advance(5_000);
    const before = running.times();
    const last = Math.max(...before);
    running.clock.stepWall(stepMs);
    running.clock.advance(5_000);
    const after = running.times();
    expect(after.length).toBeGreaterThan(before.length / 3);
    expect(Math.min(...after)).toBeGreaterThanOrEqual(last);
    expect(Math.max(...after)).toBeGreaterThan(last + 4_000);
    expect(Math.max(...after)).toBeLessThanOrEqual(FROM + 10_000);
    // The mistake is corrected: nothing is missing, nothing comes twice.
    running.clock.stepWall(-stepMs);
    running.clock.advance(1_000);
    expect(running.warnings()).toBe(0);
    expect(Math.min(...running.times())).toBeGreaterThanOrEqual(Math.max(...after));
    expect(Math.abs(running.behindMs)).toBeLessThanOrEqual(20);
  },
);

test('after a wall clock is set back by 3 s, the market runs a little slower until they meet', () => {
  const running = new Running().start();
  running.clock.advance(1_000);
  running.clock.stepWall(-3_000);
  running.clock.advance(10_000);
  const passed = running.market.marketTime - FROM - 1_000;
  expect(passed).toBeGreaterThan(8_900);
  expect(passed).toBeLessThan(9_100);
  running.clock.advance(30_000);
  expect(Math.abs(running.behindMs)).toBeLessThanOrEqual(20);
});

test('H7: a wall clock set forward by an hour is followed at once, and the hour is reported missing', () => {
  const running = new Running().start();
  running.clock.advance(5_000);
  const last = Math.max(...running.times());
  running.clock.stepWall(HOUR);
  running.clock.advance(20);
  expect(running.warnings()).toBe(1);
  running.clock.advance(5_000);
  expect(running.warnings()).toBe(1);
  expect(Math.min(...running.times())).toBeGreaterThan(last + HOUR);
  expect(running.behindMs).toBeLessThanOrEqual(20);
});
