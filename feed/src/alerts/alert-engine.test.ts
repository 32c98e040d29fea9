import { expect, test } from 'vitest';

import { alertInputSchema } from '@tapedeck/market/wire/alert';

import { type AlertEngine, MAX_RULES } from './alert-engine.ts';
import { QUIET_MS } from './alert-speech.ts';
import { BTC, Desk, LEVEL, made } from './test-alert-engine.ts';

test('a crossing fires once, says which way, and switches the rule off', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'crosses', priceTicks: LEVEL });
  desk.trades(LEVEL - 3, LEVEL + 5, LEVEL - 5, LEVEL + 5);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 upwards (last 67,013.0)']);
  expect(desk.store.rules.get(id)).toMatchObject({
    enabled: false,
    state: 'firing',
    firedAt: expect.any(Number),
  });
});

test('only a sample strictly on each side is a crossing; the price itself is on neither', () => {
  const desk = new Desk();
  desk.rule({ kind: 'crosses', priceTicks: LEVEL, repeat: 'every' });
  desk.trades(LEVEL, LEVEL + 1, LEVEL, LEVEL, LEVEL + 2);
  expect(desk.said()).toEqual([]);
  desk.trades(LEVEL, LEVEL - 1);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 downwards (last 67,012.4)']);
});

test('a rule set while the market trades knows the price before it', () => {
  const desk = new Desk();
  desk.trades(LEVEL - 1);
  desk.rule({ kind: 'crosses', priceTicks: LEVEL });
  desk.trades(LEVEL + 1);
  expect(desk.said()).toHaveLength(1);
});

test('crosses-up and crosses-down keep to their direction', () => {
  const desk = new Desk();
  desk.rule({ kind: 'crosses-up', priceTicks: LEVEL });
  desk.trades(LEVEL + 1, LEVEL - 1);
  expect(desk.said()).toEqual([]);
  desk.trades(LEVEL + 1);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 upwards (last 67,012.6)']);
  desk.rule({ kind: 'crosses-down', priceTicks: LEVEL });
  desk.trades(LEVEL + 3, LEVEL - 1);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 downwards (last 67,012.4)']);
});

test('at-least and at-most fire while they hold, recover for a second, and fire again', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
  desk.trades(LEVEL);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim at or above 67,012.5 (last 67,012.5)']);
  desk.trades(LEVEL - 1, LEVEL, LEVEL - 1);
  expect(desk.state(id)).toBe('recovering');
  expect(desk.said()).toEqual([]);
  desk.clock.advance(1_500);
  expect(desk.said()).toEqual([
    'normal: BTC-USD@sim no longer at or above 67,012.5 (last 67,012.4)',
  ]);
  desk.clock.advance(QUIET_MS);
  desk.trades(LEVEL + 1);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim at or above 67,012.5 (last 67,012.6)']);
});

test('forMs: the condition must hold all the time, and fires without another trade', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-most', priceTicks: LEVEL, forMs: 5_000 });
  desk.trades(LEVEL);
  desk.clock.advance(4_000);
  expect(desk.state(id)).toBe('pending');
  desk.trades(LEVEL + 1, LEVEL);
  desk.clock.advance(4_500);
  expect(desk.said()).toEqual([]);
  desk.clock.advance(1_000);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim at or below 67,012.5 for 5 s (last 67,012.5)']);
});

test('forMs of a crossing holds as long as the side, and begins anew when it turns', () => {
  const desk = new Desk();
  desk.rule({ kind: 'crosses', priceTicks: LEVEL, forMs: 3_000 });
  desk.trades(LEVEL - 1, LEVEL + 1);
  desk.clock.advance(2_500);
  desk.trades(LEVEL - 1);
  desk.clock.advance(2_500);
  expect(desk.said()).toEqual([]);
  desk.clock.advance(1_000);
  expect(desk.said()).toEqual([
    'firing: BTC-USD@sim crossed 67,012.5 downwards, held for 3 s (last 67,012.4)',
  ]);
});

test('feed-age fires on silence, and says when data is back', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'feed-age', ageMs: 12_000, repeat: 'every' });
  desk.trades(LEVEL);
  desk.clock.advance(11_500);
  expect(desk.state(id)).toBe('normal');
  desk.clock.advance(1_000);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim: no data for 12.4 s']);
  desk.trades(LEVEL);
  desk.clock.advance(2_000);
  expect(desk.said()).toEqual(['normal: BTC-USD@sim: data is back']);
});

test('feed-age counts books too: a market that quotes without trading is not silent', () => {
  const desk = new Desk();
  desk.rule({ kind: 'feed-age', ageMs: 2_000 });
  for (let second = 0; second < 30; second++) {
    desk.heardAt = desk.clock.monotonic();
    desk.clock.advance(1_000);
  }
  expect(desk.said()).toEqual([]);
});

test('a stale market puts price rules in no-data, feed-age rules fire instead', () => {
  const desk = new Desk();
  const price = desk.rule({ kind: 'crosses', priceTicks: LEVEL });
  const age = desk.rule({ kind: 'feed-age', ageMs: 5_000, repeat: 'every' });
  desk.trades(LEVEL - 1);
  desk.clock.advance(6_000);
  desk.engine.stateChanged(BTC, 'stale');
  expect([desk.state(price.id), desk.state(age.id)]).toEqual(['no-data', 'firing']);
  expect(desk.said()).toEqual([
    'firing: BTC-USD@sim: no data for 5.4 s',
    'no-data: BTC-USD@sim: no data, the alert at 67,012.5 cannot be watched',
  ]);
  // Trades that trickle in while the market is stale prove nothing.
  desk.trades(LEVEL + 1);
  expect(desk.state(price.id)).toBe('no-data');
  desk.engine.stateChanged(BTC, 'ok');
  expect(desk.said()).toEqual(['normal: BTC-USD@sim: data is back']);
  desk.trades(LEVEL + 1);
  expect(desk.said()).toEqual([]);
  desk.trades(LEVEL - 1);
  expect(desk.said()).toEqual(['firing: BTC-USD@sim crossed 67,012.5 downwards (last 67,012.4)']);
});

test.each([
  ['a reconnect', (engine: AlertEngine) => (engine.disconnected(BTC), engine.reconnected(BTC))],
  ['a new epoch', (engine: AlertEngine) => engine.reset(BTC)],
  [
    'a resync',
    (engine: AlertEngine) => (engine.stateChanged(BTC, 'syncing'), engine.stateChanged(BTC, 'ok')),
  ],
])('the first sample after %s is never a crossing', (_, interrupt) => {
  const desk = new Desk();
  desk.rule({ kind: 'crosses', priceTicks: LEVEL });
  desk.trades(LEVEL - 1);
  interrupt(desk.engine);
  desk.events.length = 0;
  desk.trades(LEVEL + 1);
  expect(desk.said()).toEqual([]);
  desk.trades(LEVEL - 1);
  expect(desk.said()).toHaveLength(1);
});

test('a symbol that was never heard of is no-data after ten seconds, and watched from its first trade on', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: LEVEL });
  desk.clock.advance(9_500);
  expect(desk.state(id)).toBe('normal');
  desk.clock.advance(1_000);
  expect(desk.state(id)).toBe('no-data');
  desk.events.length = 0;
  desk.trades(LEVEL);
  expect(desk.said().at(-1)).toMatch('at or above');
});

test('a halted market keeps its rules: it is known to stand still', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'crosses', priceTicks: LEVEL });
  desk.trades(LEVEL - 1);
  desk.engine.stateChanged(BTC, 'halted');
  desk.clock.advance(60_000);
  expect(desk.state(id)).toBe('normal');
});

test('a disabled rule is deaf; enabling starts it afresh', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: LEVEL, enabled: false });
  desk.trades(LEVEL + 1);
  desk.clock.advance(20_000);
  expect(desk.said()).toEqual([]);
  made(desk.engine.patch(id, { enabled: true }));
  desk.trades(LEVEL + 1);
  expect(desk.said()).toHaveLength(1);
  // It fired once: to have it again is to switch it on again.
  expect(made(desk.engine.patch(id, { enabled: true }))).toMatchObject({
    state: 'normal',
    enabled: true,
  });
  desk.trades(LEVEL + 1);
  expect(desk.said()).toHaveLength(1);
});

test('a note does not disturb a pending rule', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: LEVEL, forMs: 5_000 });
  desk.trades(LEVEL);
  expect(made(desk.engine.patch(id, { note: 'watch this' }))).toMatchObject({
    state: 'pending',
    note: 'watch this',
  });
  expect(made(desk.engine.patch(id, { priceTicks: LEVEL - 10 })).state).toBe('normal');
});

test('rules outlive the feed: what fired does not fire again, what was pending is judged anew', () => {
  const first = new Desk();
  const firing = first.rule({ kind: 'at-least', priceTicks: LEVEL, repeat: 'every' });
  const pending = first.rule({ kind: 'at-least', priceTicks: LEVEL, forMs: 60_000 });
  const once = first.rule({ kind: 'crosses', priceTicks: LEVEL + 5 });
  first.trades(LEVEL, LEVEL + 9);
  first.clock.advance(500);
  const second = new Desk(first.store);
  expect([firing, pending, once].map(({ id }) => second.state(id))).toEqual([
    'firing',
    'normal',
    'firing',
  ]);
  second.trades(LEVEL, LEVEL + 9, LEVEL, LEVEL + 9);
  expect(second.said()).toEqual([]);
});

test('a full disk stops no alert: the state is kept and written later', () => {
  const desk = new Desk();
  const { id } = desk.rule({ kind: 'at-least', priceTicks: LEVEL });
  desk.store.full = true;
  desk.trades(LEVEL);
  expect(desk.said()).toHaveLength(1);
  expect(desk.errors.length).toBeGreaterThan(0);
  desk.store.full = false;
  desk.clock.advance(500);
  expect(desk.store.rules.get(id)).toMatchObject({ state: 'firing', enabled: false });
});

test('the 501st rule is refused with a reason; removing one makes room', () => {
  const desk = new Desk();
  const input = alertInputSchema.parse({ symbol: BTC, kind: 'at-least', priceTicks: LEVEL });
  for (let count = 0; count < MAX_RULES; count++) made(desk.engine.create(input));
  expect(desk.engine.create(input)).toEqual({
    refused: 'there are 500 alert rules already, remove one first',
  });
  const id = desk.engine.list()[0]?.id ?? '';
  expect([desk.engine.remove(id), desk.engine.remove(id)]).toEqual([true, false]);
  made(desk.engine.create(input));
  expect(desk.store.rules.size).toBe(MAX_RULES);
});

test('a patch that does not fit the kind is refused, one of no rule is undefined', () => {
  const desk = new Desk();
  const age = desk.rule({ kind: 'feed-age', ageMs: 5_000 });
  const price = desk.rule({ kind: 'crosses', priceTicks: LEVEL });
  expect(desk.engine.patch(age.id, { priceTicks: 5 })).toHaveProperty('refused');
  expect(desk.engine.patch(price.id, { ageMs: 5_000 })).toHaveProperty('refused');
  expect(desk.engine.patch('none', {})).toBeUndefined();
});
