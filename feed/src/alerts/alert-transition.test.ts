import { expect, test } from 'vitest';

import { ALERT_STATES, type AlertState } from '@tapedeck/market/wire/event';

import {
  ALERT_SIGNALS,
  type AlertSignal,
  alertTransition,
  isDue,
  RECOVER_MS,
} from './alert-transition.ts';

/** Written down on its own, so that a slip in the table shows. */
const EXPECTED: Record<AlertState, Record<AlertSignal, AlertState>> = {
  normal: {
    met: 'pending',
    unmet: 'normal',
    due: 'normal',
    lost: 'no-data',
    regained: 'normal',
    failed: 'error',
    reset: 'normal',
  },
  pending: {
    met: 'pending',
    unmet: 'normal',
    due: 'firing',
    lost: 'no-data',
    regained: 'pending',
    failed: 'error',
    reset: 'normal',
  },
  firing: {
    met: 'firing',
    unmet: 'recovering',
    due: 'firing',
    lost: 'no-data',
    regained: 'firing',
    failed: 'error',
    reset: 'normal',
  },
  recovering: {
    met: 'firing',
    unmet: 'recovering',
    due: 'normal',
    lost: 'no-data',
    regained: 'recovering',
    failed: 'error',
    reset: 'normal',
  },
  'no-data': {
    met: 'no-data',
    unmet: 'no-data',
    due: 'no-data',
    lost: 'no-data',
    regained: 'normal',
    failed: 'error',
    reset: 'normal',
  },
  error: {
    met: 'error',
    unmet: 'error',
    due: 'error',
    lost: 'error',
    regained: 'error',
    failed: 'error',
    reset: 'normal',
  },
};

test.each(ALERT_STATES.flatMap((state) => ALERT_SIGNALS.map((signal) => [state, signal] as const)))(
  '%s, %s',
  (state, signal) => {
    const before = { state, since: 1_000 };
    const after = alertTransition(before, signal, 2_000);
    expect(after.state).toBe(EXPECTED[state][signal]);
    expect(after.since).toBe(after.state === state ? 1_000 : 2_000);
    expect(before).toEqual({ state, since: 1_000 });
  },
);

test('a pending rule is due after forMs, a recovering one after a second, others never', () => {
  for (const state of ALERT_STATES) {
    const phase = { state, since: 10_000 };
    expect(isDue(phase, 5_000, 14_999)).toBe(state === 'recovering');
    expect(isDue(phase, 5_000, 15_000)).toBe(state === 'recovering' || state === 'pending');
    expect(isDue(phase, 0, 10_000)).toBe(state === 'pending');
    expect(isDue(phase, 5_000, 10_000 + RECOVER_MS - 1)).toBe(false);
  }
});
