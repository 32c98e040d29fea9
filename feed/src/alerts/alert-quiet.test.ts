import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';

import { QUIET_MS } from './alert-speech.ts';
import { BTC, TestAlertEngine, LEVEL } from './test-alert-engine.ts';

test('a rule reports at most once in ten seconds and counts what it did not report', () => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'crosses', priceTicks: LEVEL, repeat: 'every' });
  alerts.trades(LEVEL - 1);
  for (let crossing = 0; crossing < 4; crossing++) {
    alerts.trades(crossing % 2 === 0 ? LEVEL + 1 : LEVEL - 1);
    alerts.trades(crossing % 2 === 0 ? LEVEL + 1 : LEVEL - 1);
    alerts.clock.advance(1_500);
  }
  expect(alerts.said()).toHaveLength(1);
  alerts.clock.advance(QUIET_MS);
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toEqual([
    'firing: BTC-USD@sim crossed 67,012.5 upwards (last 67,012.6), and 3 more since the last message',
  ]);
});

test('what was not reported in the quiet time is reported after it, if it still holds', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
  alerts.trades(LEVEL, LEVEL - 1);
  alerts.clock.advance(2_000);
  alerts.events.length = 0;
  alerts.trades(LEVEL);
  expect([alerts.state(id), alerts.said()]).toEqual(['firing', []]);
  alerts.clock.advance(QUIET_MS);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim at or above 67,012.5 (last 67,012.5)']);
});

test('P13d: a condition that holds before and after a hole is one firing, across a restart too', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
  alerts.trades(LEVEL + 5);
  expect(alerts.said()).toHaveLength(1);
  const { firedAt } = alerts.store.rules.get(id) ?? {};
  for (let hole = 0; hole < 3; hole++) {
    alerts.engine.stateChanged(BTC, 'stale');
    alerts.clock.advance(20_000);
    expect(alerts.state(id)).toBe('no-data');
    alerts.engine.stateChanged(BTC, 'ok');
    // Nothing can be concluded before the first trade, however long that takes.
    alerts.clock.advance(15_000);
    alerts.trades(LEVEL + 3, LEVEL + 4);
    expect(alerts.said()).toEqual([
      'no-data: BTC-USD@sim: no data, the alert at 67,012.5 cannot be watched',
      'firing: BTC-USD@sim: data is back, the alert at 67,012.5 still fires',
    ]);
  }
  expect(alerts.store.rules.get(id)?.firedAt).toBe(firedAt);
  // A feed that is stopped during a hole knows after its restart that the rule had fired.
  alerts.engine.stateChanged(BTC, 'stale');
  alerts.clock.advance(1_000);
  const again = new TestAlertEngine(alerts.store);
  again.trades(LEVEL + 2, LEVEL + 2);
  expect(again.said()).toEqual([]);
  // If the condition is over after the hole, that is reported, and the next time is another firing.
  alerts.engine.stateChanged(BTC, 'ok');
  alerts.events.length = 0;
  alerts.trades(LEVEL - 1);
  alerts.clock.advance(20_000);
  alerts.trades(LEVEL - 1, LEVEL + 1);
  expect(alerts.said()).toEqual([
    'normal: BTC-USD@sim no longer at or above 67,012.5 (last 67,012.4)',
    'firing: BTC-USD@sim at or above 67,012.5 (last 67,012.6)',
  ]);
});

test('a flapping link is reported at most once in ten seconds, and silences no alert', () => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'crosses', priceTicks: LEVEL });
  for (let flap = 0; flap < 8; flap++) {
    alerts.engine.disconnected(BTC);
    alerts.clock.advance(500);
    alerts.engine.reconnected(BTC);
    alerts.clock.advance(500);
  }
  expect(alerts.said().filter((said) => said.startsWith('no-data'))).toHaveLength(1);
  alerts.trades(LEVEL - 1, LEVEL + 1);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 upwards (last 67,012.6)']);
});

test('whatever happens: no price alert fires blind or across a break, none reports twice in ten seconds', () => {
  let fired = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    const alerts = new TestAlertEngine();
    const kinds = ['crosses', 'crosses-up', 'crosses-down', 'at-least', 'at-most'] as const;
    for (const kind of kinds) {
      alerts.rule({
        kind,
        priceTicks: LEVEL,
        repeat: 'every',
        forMs: random.chance(0.5) ? 0 : 700,
      });
    }
    let blind = false;
    let broken = false;
    const lastFired = new Map<string, number>();
    for (let step = 0; step < 200; step++) {
      alerts.clock.advance(random.integer(0, 1_500));
      // Events of the ticks so far belong to the time before; what follows belongs to this step.
      const before = alerts.events.length;
      let sample = false;
      switch (random.integer(0, 9)) {
        case 0:
          alerts.engine.stateChanged(BTC, 'stale');
          blind = true;
          break;
        case 1:
          alerts.engine.stateChanged(BTC, 'ok');
          if (blind) broken = true;
          blind = false;
          break;
        case 2:
          alerts.engine.reset(BTC);
          broken = true;
          break;
        default:
          alerts.heardAt = alerts.clock.monotonic();
          alerts.engine.trade(BTC, LEVEL + random.integer(-2, 2), alerts.clock.now());
          sample = true;
      }
      for (const event of alerts.events.slice(before)) {
        // Data being back is not a firing (P13d).
        if (event.state !== 'firing' || event.previousState === 'no-data') continue;
        const rule = alerts.engine.list().find(({ id }) => id === event.ruleId);
        expect(blind, `seed ${seed} step ${step}: ${event.message} while blind`).toBe(false);
        if (broken && sample && rule?.forMs === 0) {
          expect(rule.kind, `seed ${seed} step ${step}: crossing across a break`).toMatch(/^at-/);
        }
        fired += 1;
        const last = lastFired.get(event.ruleId) ?? -Infinity;
        expect(event.time - last, `seed ${seed} step ${step}: spoke twice`).toBeGreaterThanOrEqual(
          QUIET_MS,
        );
        lastFired.set(event.ruleId, event.time);
      }
      if (sample && !blind) broken = false;
    }
  }
  expect(fired).toBeGreaterThan(1_000);
});
