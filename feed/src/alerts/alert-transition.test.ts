import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/time/clock';
import { ALERT_STATES, type AlertState } from '@tapedeck/market/wire/event';

import { ALERT_SIGNALS, alertTransition, isDue, RECOVER_MS } from './alert-transition.ts';

/**
 * Written out independently, so that a mistake in the code's table shows: what each signal, in this order, leads to.
 */
const SIGNALS = ['met', 'unmet', 'due', 'lost', 'regained', 'failed', 'reset'] as const;
const EXPECTED: Record<AlertState, string> = {
  normal: 'pending normal normal no-data normal error normal',
  pending: 'pending normal firing no-data pending error normal',
  firing: 'firing recovering firing no-data firing error normal',
  recovering: 'firing recovering normal no-data recovering error normal',
  'no-data': 'no-data no-data no-data no-data normal error normal',
  error: 'error error error error error error normal',
};

const at = (ms: number) => ms as MonotonicMs;

test('every signal is tested', () => {
  expect(SIGNALS).toEqual(ALERT_SIGNALS);
});

test.each(
  ALERT_STATES.flatMap((state) => SIGNALS.map((signal, index) => [state, signal, index] as const)),
)('%s, %s', (state, signal, index) => {
  const before = { state, since: at(1_000) };
  const after = alertTransition(before, signal, at(2_000));
  expect(after.state).toBe(EXPECTED[state].split(' ')[index]);
  expect(after.since).toBe(after.state === state ? 1_000 : 2_000);
  expect(before).toEqual({ state, since: at(1_000) });
});

test('P13d: a rule that was firing when its data was lost is firing when the data is back, and no other is', () => {
  for (const state of ALERT_STATES) {
    const lost = alertTransition({ state, since: at(1_000) }, 'lost', at(2_000));
    if (lost.state !== 'no-data') continue;
    const fired = state === 'firing' || state === 'recovering';
    expect(alertTransition(lost, 'regained', at(3_000)).state, state).toBe(
      fired ? 'firing' : 'normal',
    );
    expect(alertTransition(lost, 'reset', at(3_000))).toEqual({
      state: 'normal',
      since: at(3_000),
    });
  }
});

test('a pending rule is due after forMs, a recovering one after a second, others never', () => {
  for (const state of ALERT_STATES) {
    const phase = { state, since: at(10_000) };
    expect(isDue(phase, 5_000, at(14_999))).toBe(state === 'recovering');
    expect(isDue(phase, 5_000, at(15_000))).toBe(state === 'recovering' || state === 'pending');
    expect(isDue(phase, 0, at(10_000))).toBe(state === 'pending');
    expect(isDue(phase, 5_000, at(10_000 + RECOVER_MS - 1))).toBe(false);
  }
});
