/* A price is what its author meant, whatever steps the market counts in: never another one, and never dropped unsaid. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { alertInputSchema } from '@tapedeck/market/wire/alert';

import { BTC, Desk, LEVEL, made } from './test-alert-engine.ts';

/** 67,012.0 and 67,012.5 in tenths. */
const WHOLE = 670_120;
const HALF = LEVEL;

function shown(desk: Desk, id: string) {
  const { priceTicks, tickSize, state } = desk.engine.list().find((rule) => rule.id === id) ?? {};
  return { priceTicks, tickSize, state };
}

test('an alert keeps its price when the market changes its steps, and fires there', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'crosses', priceTicks: WHOLE });
  desk.trades(WHOLE - 5);
  desk.grid('1');
  expect(shown(desk, id)).toEqual({ priceTicks: 67_012, tickSize: '1', state: 'normal' });
  desk.trades(67_011, 67_013);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.0 upwards (last 67,013.0)']);
});

test('prices before and after a change of steps are never compared', () => {
  const desk = new Desk();
  desk.rule({ kind: 'crosses', priceTicks: WHOLE });
  desk.trades(WHOLE - 5);
  desk.grid('0.01');
  desk.trades(6_701_250);
  expect(desk.said()).toEqual([]);
});

test('a price that the new steps cannot say stops its alert with a word, until they can', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: HALF, repeat: 'every' });
  const age = desk.rule({ kind: 'feed-age', ageMs: 60_000 });
  desk.trades(HALF - 5);
  desk.grid('1');
  expect(shown(desk, id)).toEqual({ priceTicks: HALF, tickSize: '0.1', state: 'error' });
  expect(desk.state(age.id)).toBe('normal');
  expect(desk.said()).toEqual([
    'error: BTC-USD@sim now trades in steps of 1, which 67,012.5 is none of: the alert is not watched, set its price anew',
  ]);
  desk.trades(67_012, 67_013, 670_126);
  expect(desk.said()).toEqual([]);
  desk.grid('0.5');
  expect(shown(desk, id)).toEqual({ priceTicks: 134_025, tickSize: '0.5', state: 'normal' });
  desk.trades(134_024, 134_025);
  expect(desk.said()).toEqual([
    'normal: BTC-USD@sim: the alert at 67,012.5 is watched again',
    'firing: BTC-USD@sim at or above 67,012.5 (last 67,012.5)',
  ]);
});

test('a price that is set anew is one of the steps of now; switching on does not help', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: HALF });
  desk.grid('1');
  made(desk.engine.patch(id, { enabled: true }));
  expect(desk.state(id)).toBe('error');
  made(desk.engine.patch(id, { priceTicks: 67_013 }));
  desk.said();
  desk.trades(67_013);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim at or above 67,013.0 (last 67,013.0)']);
});

test('what was written before a change of steps and comes after it keeps its price, or is refused', () => {
  const desk = new Desk();
  desk.grid('1');
  const input = (priceTicks: number) =>
    alertInputSchema.parse({ symbol: BTC, kind: 'at-least', priceTicks, tickSize: '0.1' });
  const rule = made(desk.engine.create(input(WHOLE)));
  expect(rule).toMatchObject({ priceTicks: 67_012, tickSize: '1' });
  const refused = 'priceTicks: 67,012.5 is not a price of BTC-USD@sim, whose step is 1';
  expect(desk.engine.create(input(HALF))).toEqual({ refused });
  expect(desk.engine.patch(rule.id, { priceTicks: HALF, tickSize: '0.1' })).toEqual({ refused });
  expect(desk.engine.patch(rule.id, { tickSize: '0.1' })).toHaveProperty('refused');
  expect(shown(desk, rule.id)).toMatchObject({ priceTicks: 67_012 });
});

test('rules outlive the feed in the steps of their author, whatever the market has by then', () => {
  const first = new Desk();
  const whole = first.rule({ kind: 'at-least', priceTicks: WHOLE });
  const half = first.rule({ kind: 'at-least', priceTicks: HALF });
  first.grid('1');
  first.clock.advance(500);
  expect(first.store.rules.get(whole.id)).toMatchObject({ priceTicks: WHOLE, tickSize: '0.1' });
  const second = new Desk(first.store);
  expect(shown(second, half.id)).toEqual({ priceTicks: HALF, tickSize: '0.1', state: 'normal' });
  second.grid('0.01');
  expect(shown(second, whole.id)).toMatchObject({ priceTicks: 6_701_200, tickSize: '0.01' });
});

test('a rule from before grids were kept is in the first one that its market is seen with', () => {
  const first = new Desk();
  const { id } = first.rule({ kind: 'at-least', priceTicks: WHOLE });
  const { tickSize: _, ...old } = first.store.rules.get(id) ?? {};
  first.store.rules.set(
    id,
    old as typeof first.store.rules extends Map<string, infer R> ? R : never,
  );
  const second = new Desk(first.store);
  second.grid('1');
  expect(shown(second, id)).toEqual({ priceTicks: 67_012, tickSize: '1', state: 'normal' });
  expect(first.store.rules.get(id)).toMatchObject({ priceTicks: WHOLE, tickSize: '0.1' });
});

test('however often the steps change, an alert is at its price or says that it is not watched', () => {
  const STEPS = ['0.1', '0.5', '1', '0.25', '10', '0.01', '0.003'];
  let stopped = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const desk = new Desk();
    const meant = WHOLE + random.integer(-20, 20);
    const { id } = desk.rule({ kind: 'at-least', priceTicks: meant, repeat: 'every' });
    for (let change = 0; change < 10; change++) {
      const step = random.pick(STEPS);
      desk.grid(step);
      const { priceTicks = 0, tickSize, state } = shown(desk, id);
      const said = `seed ${seed} change ${change}: ${priceTicks} of ${tickSize}, ${state}`;
      // In thousandths, so that all is whole.
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
