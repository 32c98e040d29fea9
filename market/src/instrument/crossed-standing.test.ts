import { expect, test } from 'vitest';

import type { EpochMs } from '../number/level.ts';
import { crossedStanding } from './crossed-standing.ts';
import { MARKET_STATES } from './instrument.ts';

const SINCE = 5 as EpochMs;

test('P15: a book that can be trusted says that it is crossed, halted or not; any other keeps its reason', () => {
  expect(MARKET_STATES.map((state) => crossedStanding(state, SINCE))).toEqual([
    { state: 'ok', reason: 'crossed', since: SINCE },
    undefined,
    undefined,
    { state: 'halted', reason: 'crossed', since: SINCE },
  ]);
  expect(MARKET_STATES.map((state) => crossedStanding(state, undefined))).toEqual(
    MARKET_STATES.map(() => undefined),
  );
});
