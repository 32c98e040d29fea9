import { expect, test } from 'vitest';

import { later, type MonotonicMs } from '@tapedeck/market/time/clock';
import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertState } from '@tapedeck/market/wire/event';

import { beginWatch, stepWatch, type WatchEvent, type WatchState } from './alert-watch.ts';

const NOW = 1_760_000 as MonotonicMs;
const MOMENT = { wall: 1_760_000_000_000, at: NOW };
const RULE: AlertRule = {
  id: 'r',
  symbol: 'BTC-USD@sim',
  kind: 'at-least',
  priceTicks: 100,
  tickSize: '0.1',
  forMs: 0,
  repeat: 'every',
  note: '',
  enabled: true,
  createdAt: 1,
  state: 'normal',
};

const watchIn = (state: AlertState, rule: Partial<AlertRule> = {}): WatchState =>
  Object.freeze(beginWatch({ ...RULE, ...rule, state }, { state, since: later(NOW, -60_000) }));

type EventName = Exclude<WatchEvent['type'], 'signal' | 'price'> | 'beyond' | 'short of it';
const EVENTS: Readonly<Record<EventName, WatchEvent>> = {
  beyond: { type: 'price', priceTicks: 101 },
  'short of it': { type: 'price', priceTicks: 99 },
  age: { type: 'age', ageMs: 60_000 },
  held: { type: 'held', value: 101 },
  tick: { type: 'tick' },
  known: { type: 'known', priceTicks: 99 },
  unknown: { type: 'unknown' },
  grid: { type: 'grid', tickSize: '0.01' },
  revised: { type: 'revised', rule: RULE },
  'begun-anew': { type: 'begun-anew' },
};

/** What each event does to a rule that waits for 100 or more, in the order of `EVENTS`. `*`: saved, `!`: reported. */
const TABLE: Readonly<Record<AlertState, string>> = {
  normal: 'firing*! normal normal normal normal normal normal normal normal normal',
  pending: 'firing*! normal pending firing*! pending pending pending pending pending pending',
  firing: 'firing recovering firing firing firing firing firing firing firing firing',
  recovering:
    'firing normal recovering normal recovering recovering recovering recovering recovering recovering',
  'no-data': 'no-data no-data no-data no-data no-data no-data no-data no-data no-data no-data',
  error: 'error error error error error error error error error error',
};

const CELLS = (Object.keys(TABLE) as AlertState[]).flatMap((state) =>
  (Object.keys(EVENTS) as EventName[]).map(
    (name, i) => [state, name, TABLE[state].split(' ')[i]] as const,
  ),
);

test.each(CELLS)('%s and %s give %s', (state, name, cell) => {
  const step = stepWatch(watchIn(state), EVENTS[name], MOMENT);
  const done = step.actions.map(({ type }) => ({ keep: '', save: '*', say: '!' })[type]).join('');
  expect(`${step.state.phase.state}${done}`).toBe(cell);
  if (name !== 'revised') expect(step.state.rule.state).toBe(step.state.phase.state);
});

test('a firing is saved before it is reported, each with its own time', () => {
  const { actions } = stepWatch(watchIn('normal', { repeat: 'once' }), EVENTS.beyond, MOMENT);
  expect(actions.map(({ type }) => type)).toEqual(['keep', 'keep', 'save', 'say']);
  const fired = { state: 'firing', firedAt: MOMENT.wall, enabled: false };
  for (const action of actions)
    if (action.type !== 'keep') expect(action.watch.rule).toMatchObject(fired);
});

test('P13a: a rule keeps the price it was made for, however often the grid changes', () => {
  const grid = (state: WatchState, tickSize: string): WatchState =>
    stepWatch(state, { type: 'grid', tickSize }, MOMENT).state;
  const fine = grid(watchIn('normal', { priceTicks: 101 }), '0.01');
  expect([fine.rule.priceTicks, fine.misfit]).toEqual([1_010, undefined]);
  const coarse = grid(fine, '0.5');
  expect([coarse.rule.priceTicks, coarse.rule.tickSize, coarse.misfit]).toEqual([
    101,
    '0.1',
    '0.5',
  ]);
  expect(grid(coarse, '0.1')).toMatchObject({ rule: { priceTicks: 101 }, misfit: undefined });
});
