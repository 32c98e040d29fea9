/* A price is what its author meant, whatever the market's grid: never another one, and never dropped silently. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { alertInputSchema } from '@tapedeck/market/wire/alert';

import { BTC, TestAlertEngine, LEVEL, made } from './test-alert-engine.ts';

/** 67,012.0 and 67,012.5 in tenths. */
const WHOLE = 670_120;
const HALF = LEVEL;

function shown(alerts: TestAlertEngine, id: string) {
  const { priceTicks, tickSize, state } = alerts.engine.list().find((rule) => rule.id === id) ?? {};
  return { priceTicks, tickSize, state };
}

test('an alert keeps its price when the market changes its grid, and fires there', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'crosses', priceTicks: WHOLE });
  alerts.trades(WHOLE - 5);
  alerts.grid('1');
  expect(shown(alerts, id)).toEqual({ priceTicks: 67_012, tickSize: '1', state: 'normal' });
  alerts.trades(67_011, 67_013);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.0 upwards (last 67,013.0)']);
});

test('prices before and after a change of grid are never compared', () => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'crosses', priceTicks: WHOLE });
  alerts.trades(WHOLE - 5);
  alerts.grid('0.01');
  alerts.trades(6_701_250);
  expect(alerts.said()).toEqual([]);
});

test('an alert whose price is not on the new grid stops with an error until it is', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: HALF, repeat: 'every' });
  const age = alerts.rule({ kind: 'feed-age', ageMs: 60_000 });
  alerts.trades(HALF - 5);
  alerts.grid('1');
  expect(shown(alerts, id)).toEqual({ priceTicks: HALF, tickSize: '0.1', state: 'error' });
  expect(alerts.state(age.id)).toBe('normal');
  expect(alerts.said()).toEqual([
    'error: BTC-USD@sim now trades in steps of 1, and 67,012.5 is not a multiple of that: the alert is not watched, set a new price',
  ]);
  alerts.trades(67_012, 67_013, 670_126);
  expect(alerts.said()).toEqual([]);
  alerts.grid('0.5');
  expect(shown(alerts, id)).toEqual({ priceTicks: 134_025, tickSize: '0.5', state: 'normal' });
  alerts.trades(134_024, 134_025);
  expect(alerts.said()).toEqual([
    'normal: BTC-USD@sim: the alert at 67,012.5 is watched again',
    'firing: BTC-USD@sim at or above 67,012.5 (last 67,012.5)',
  ]);
});

test('a new price must be on the current grid; enabling the alert does not help', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: HALF });
  alerts.grid('1');
  made(alerts.engine.patch(id, { enabled: true }));
  expect(alerts.state(id)).toBe('error');
  made(alerts.engine.patch(id, { priceTicks: 67_013 }));
  alerts.said();
  alerts.trades(67_013);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim at or above 67,013.0 (last 67,013.0)']);
});

test('a request made before a change of grid and received after it keeps its price, or is refused', () => {
  const alerts = new TestAlertEngine();
  alerts.grid('1');
  const input = (priceTicks: number) =>
    alertInputSchema.parse({ symbol: BTC, kind: 'at-least', priceTicks, tickSize: '0.1' });
  const rule = made(alerts.engine.create(input(WHOLE)));
  expect(rule).toMatchObject({ priceTicks: 67_012, tickSize: '1' });
  const refused = 'priceTicks: 67,012.5 is not a price of BTC-USD@sim, whose step is 1';
  expect(alerts.engine.create(input(HALF))).toEqual({ refused });
  expect(alerts.engine.patch(rule.id, { priceTicks: HALF, tickSize: '0.1' })).toEqual({ refused });
  expect(alerts.engine.patch(rule.id, { tickSize: '0.1' })).toHaveProperty('refused');
  expect(shown(alerts, rule.id)).toMatchObject({ priceTicks: 67_012 });
});

test('rules outlive the feed on their author’s grid, whatever the market’s grid is by then', () => {
  const first = new TestAlertEngine();
  const whole = first.rule({ kind: 'at-least', priceTicks: WHOLE });
  const half = first.rule({ kind: 'at-least', priceTicks: HALF });
  first.grid('1');
  first.clock.advance(500);
  expect(first.store.rules.get(whole.id)).toMatchObject({ priceTicks: WHOLE, tickSize: '0.1' });
  const second = new TestAlertEngine(first.store);
  expect(shown(second, half.id)).toEqual({ priceTicks: HALF, tickSize: '0.1', state: 'normal' });
  second.grid('0.01');
  expect(shown(second, whole.id)).toMatchObject({ priceTicks: 6_701_200, tickSize: '0.01' });
});

test('a rule stored without a grid gets the first one that its market has', () => {
  const first = new TestAlertEngine();
  const { id } = first.rule({ kind: 'at-least', priceTicks: WHOLE });
  const { tickSize: _, ...old } = first.store.rules.get(id) ?? {};
  first.store.rules.set(
    id,
    old as typeof first.store.rules extends Map<string, infer R> ? R : never,
  );
  const second = new TestAlertEngine(first.store);
  second.grid('1');
  expect(shown(second, id)).toEqual({ priceTicks: 67_012, tickSize: '1', state: 'normal' });
  expect(first.store.rules.get(id)).toMatchObject({ priceTicks: WHOLE, tickSize: '0.1' });
});

test('however often the grid changes, an alert is at its price or reports that it is not watched', () => {
  const STEPS = ['0.1', '0.5', '1', '0.25', '10', '0.01', '0.003'];
  let stopped = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const alerts = new TestAlertEngine();
    const meant = WHOLE + random.integer(-20, 20);
    const { id } = alerts.rule({ kind: 'at-least', priceTicks: meant, repeat: 'every' });
    for (let change = 0; change < 10; change++) {
      const step = random.pick(STEPS);
      alerts.grid(step);
      const { priceTicks = 0, tickSize, state } = shown(alerts, id);
      const said = `seed ${seed} change ${change}: ${priceTicks} of ${tickSize}, ${state}`;
      // In thousandths, so that all numbers are integers.
      const inThousandths = priceTicks * Math.round(Number(tickSize) * 1_000);
      expect(inThousandths, said).toBe(meant * 100);
      const fits = (meant * 100) % Math.round(Number(step) * 1_000) === 0;
      expect([state, tickSize === step], said).toEqual(
        fits ? ['normal', true] : ['error', step === '0.1'],
      );
      if (!fits) stopped++;
    }
  }
  expect(stopped).toBeGreaterThan(100);
});
