import { expect, test } from 'vitest';

import { alertInputSchema } from '@tapedeck/market/wire/alert';

import { type AlertEngine, MAX_RULES } from './alert-engine.ts';
import { QUIET_MS } from './alert-speech.ts';
import { BTC, TestAlertEngine, LEVEL, made } from './test-alert-engine.ts';

test('a crossing fires once, says which way, and switches the rule off', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'crosses', priceTicks: LEVEL });
  alerts.trades(LEVEL - 3, LEVEL + 5, LEVEL - 5, LEVEL + 5);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 upwards (last 67,013.0)']);
  expect(alerts.store.rules.get(id)).toMatchObject({
    enabled: false,
    state: 'firing',
    firedAt: expect.any(Number),
  });
});

test('only a sample strictly on each side is a crossing; the price itself is on neither', () => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'crosses', priceTicks: LEVEL, repeat: 'every' });
  alerts.trades(LEVEL, LEVEL + 1, LEVEL, LEVEL, LEVEL + 2);
  expect(alerts.said()).toEqual([]);
  alerts.trades(LEVEL, LEVEL - 1);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 downwards (last 67,012.4)']);
});

test('a rule created while the market trades has the previous price', () => {
  const alerts = new TestAlertEngine();
  alerts.trades(LEVEL - 1);
  alerts.rule({ kind: 'crosses', priceTicks: LEVEL });
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toHaveLength(1);
});

test('crosses-up and crosses-down fire only in their direction', () => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'crosses-up', priceTicks: LEVEL });
  alerts.trades(LEVEL + 1, LEVEL - 1);
  expect(alerts.said()).toEqual([]);
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 upwards (last 67,012.6)']);
  alerts.rule({ kind: 'crosses-down', priceTicks: LEVEL });
  alerts.trades(LEVEL + 3, LEVEL - 1);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 downwards (last 67,012.4)']);
});

test('at-least and at-most fire while they hold, recover for a second, and fire again', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
  alerts.trades(LEVEL);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim at or above 67,012.5 (last 67,012.5)']);
  alerts.trades(LEVEL - 1, LEVEL, LEVEL - 1);
  expect(alerts.state(id)).toBe('recovering');
  expect(alerts.said()).toEqual([]);
  alerts.clock.advance(1_500);
  expect(alerts.said()).toEqual([
    'normal: BTC-USD@sim no longer at or above 67,012.5 (last 67,012.4)',
  ]);
  alerts.clock.advance(QUIET_MS);
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim at or above 67,012.5 (last 67,012.6)']);
});

test('forMs: the condition must hold all the time, and fires without another trade', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-most', priceTicks: LEVEL, forMs: 5_000 });
  alerts.trades(LEVEL);
  alerts.clock.advance(4_000);
  expect(alerts.state(id)).toBe('pending');
  alerts.trades(LEVEL + 1, LEVEL);
  alerts.clock.advance(4_500);
  expect(alerts.said()).toEqual([]);
  alerts.clock.advance(1_000);
  expect(alerts.said()).toEqual([
    'firing: BTC-USD@sim at or below 67,012.5 for 5 s (last 67,012.5)',
  ]);
});

test('forMs of a crossing counts while the price stays on its side, and restarts when it turns', () => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'crosses', priceTicks: LEVEL, forMs: 3_000 });
  alerts.trades(LEVEL - 1, LEVEL + 1);
  alerts.clock.advance(2_500);
  alerts.trades(LEVEL - 1);
  alerts.clock.advance(2_500);
  expect(alerts.said()).toEqual([]);
  alerts.clock.advance(1_000);
  expect(alerts.said()).toEqual([
    'firing: BTC-USD@sim crossed 67,012.5 downwards, held for 3 s (last 67,012.4)',
  ]);
});

test('feed-age fires on silence, and says when data is back', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'feed-age', ageMs: 12_000, repeat: 'every' });
  alerts.trades(LEVEL);
  alerts.clock.advance(11_500);
  expect(alerts.state(id)).toBe('normal');
  alerts.clock.advance(1_000);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim: no data for 12.4 s']);
  alerts.trades(LEVEL);
  alerts.clock.advance(2_000);
  expect(alerts.said()).toEqual(['normal: BTC-USD@sim: data is back']);
});

test('feed-age counts book changes too: a market that quotes without trading is not silent', () => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'feed-age', ageMs: 2_000 });
  for (let second = 0; second < 30; second++) {
    alerts.heardAt = alerts.clock.monotonic();
    alerts.clock.advance(1_000);
  }
  expect(alerts.said()).toEqual([]);
});

test('a stale market puts price rules in no-data, feed-age rules fire instead', () => {
  const alerts = new TestAlertEngine();
  const price = alerts.rule({ kind: 'crosses', priceTicks: LEVEL });
  const age = alerts.rule({ kind: 'feed-age', ageMs: 5_000, repeat: 'every' });
  alerts.trades(LEVEL - 1);
  alerts.clock.advance(6_000);
  alerts.engine.stateChanged(BTC, 'stale');
  expect([alerts.state(price.id), alerts.state(age.id)]).toEqual(['no-data', 'firing']);
  expect(alerts.said()).toEqual([
    'firing: BTC-USD@sim: no data for 5.4 s',
    'no-data: BTC-USD@sim: no data, the alert at 67,012.5 cannot be watched',
  ]);
  // Trades that arrive while the market is stale prove nothing.
  alerts.trades(LEVEL + 1);
  expect(alerts.state(price.id)).toBe('no-data');
  alerts.engine.stateChanged(BTC, 'ok');
  expect(alerts.said()).toEqual(['normal: BTC-USD@sim: data is back']);
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toEqual([]);
  alerts.trades(LEVEL - 1);
  expect(alerts.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 downwards (last 67,012.4)']);
});

test.each([
  ['a reconnect', (engine: AlertEngine) => (engine.disconnected(BTC), engine.reconnected(BTC))],
  ['a new epoch', (engine: AlertEngine) => engine.reset(BTC)],
  [
    'a resync',
    (engine: AlertEngine) => (engine.stateChanged(BTC, 'syncing'), engine.stateChanged(BTC, 'ok')),
  ],
])('the first sample after %s is never a crossing', (_, interrupt) => {
  const alerts = new TestAlertEngine();
  alerts.rule({ kind: 'crosses', priceTicks: LEVEL });
  alerts.trades(LEVEL - 1);
  interrupt(alerts.engine);
  alerts.events.length = 0;
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toEqual([]);
  alerts.trades(LEVEL - 1);
  expect(alerts.said()).toHaveLength(1);
});

test('a symbol without any data is no-data after ten seconds, and watched from its first trade on', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL });
  alerts.clock.advance(9_500);
  expect(alerts.state(id)).toBe('normal');
  alerts.clock.advance(1_000);
  expect(alerts.state(id)).toBe('no-data');
  alerts.events.length = 0;
  alerts.trades(LEVEL);
  expect(alerts.said().at(-1)).toMatch('at or above');
});

test('a halted market does not make its rules blind: its price is known', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'crosses', priceTicks: LEVEL });
  alerts.trades(LEVEL - 1);
  alerts.engine.stateChanged(BTC, 'halted');
  alerts.clock.advance(60_000);
  expect(alerts.state(id)).toBe('normal');
});

test('a disabled rule ignores everything; enabling restarts it', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL, enabled: false });
  alerts.trades(LEVEL + 1);
  alerts.clock.advance(20_000);
  expect(alerts.said()).toEqual([]);
  made(alerts.engine.patch(id, { enabled: true }));
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toHaveLength(1);
  // It fired once: enabling it again lets it fire again.
  expect(made(alerts.engine.patch(id, { enabled: true }))).toMatchObject({
    state: 'normal',
    enabled: true,
  });
  alerts.trades(LEVEL + 1);
  expect(alerts.said()).toHaveLength(1);
});

test('a note does not disturb a pending rule', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL, forMs: 5_000 });
  alerts.trades(LEVEL);
  expect(made(alerts.engine.patch(id, { note: 'watch this' }))).toMatchObject({
    state: 'pending',
    note: 'watch this',
  });
  expect(made(alerts.engine.patch(id, { priceTicks: LEVEL - 10 })).state).toBe('normal');
});

test('rules outlive the feed: a firing rule does not fire again, a pending one is judged again', () => {
  const first = new TestAlertEngine();
  const firing = first.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
  const pending = first.rule({ kind: 'at-least', priceTicks: LEVEL, forMs: 60_000 });
  const once = first.rule({ kind: 'crosses', priceTicks: LEVEL + 5 });
  first.trades(LEVEL, LEVEL + 9);
  first.clock.advance(500);
  const second = new TestAlertEngine(first.store);
  expect([firing, pending, once].map(({ id }) => second.state(id))).toEqual([
    'firing',
    'normal',
    'firing',
  ]);
  second.trades(LEVEL, LEVEL + 9, LEVEL, LEVEL + 9);
  expect(second.said()).toEqual([]);
});

test('a full disk does not stop alerts: the state is kept and written later', () => {
  const alerts = new TestAlertEngine();
  const { id } = alerts.rule({ kind: 'at-least', priceTicks: LEVEL });
  alerts.store.full = true;
  alerts.trades(LEVEL);
  expect(alerts.said()).toHaveLength(1);
  expect(alerts.errors.length).toBeGreaterThan(0);
  alerts.store.full = false;
  alerts.clock.advance(500);
  expect(alerts.store.rules.get(id)).toMatchObject({ state: 'firing', enabled: false });
});

test('the 501st rule is refused with a reason; removing one makes room', () => {
  const alerts = new TestAlertEngine();
  const input = alertInputSchema.parse({ symbol: BTC, kind: 'at-least', priceTicks: LEVEL });
  for (let count = 0; count < MAX_RULES; count++) made(alerts.engine.create(input));
  expect(alerts.engine.create(input)).toEqual({
    refused: 'there are 500 alert rules already, remove one first',
  });
  const id = alerts.engine.list()[0]?.id ?? '';
  expect([alerts.engine.remove(id), alerts.engine.remove(id)]).toEqual([true, false]);
  made(alerts.engine.create(input));
  expect(alerts.store.rules.size).toBe(MAX_RULES);
});

test('a patch that does not fit the kind is refused, one for an unknown rule returns undefined', () => {
  const alerts = new TestAlertEngine();
  const age = alerts.rule({ kind: 'feed-age', ageMs: 5_000 });
  const price = alerts.rule({ kind: 'crosses', priceTicks: LEVEL });
  expect(alerts.engine.patch(age.id, { priceTicks: 5 })).toHaveProperty('refused');
  expect(alerts.engine.patch(price.id, { ageMs: 5_000 })).toHaveProperty('refused');
  expect(alerts.engine.patch('none', {})).toBeUndefined();
});
