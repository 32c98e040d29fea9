import { expect, test } from 'vitest';

import { OPEN_LINK } from '../test-reports.ts';
import { type DataSummary, lampsOf, NO_DATA } from './lamps.ts';

function dataLamp(change: Partial<DataSummary>) {
  const summary = { ...NO_DATA, ageMs: 200, topics: 4, symbols: 1, ...change };
  return lampsOf(OPEN_LINK, summary, 'live').data;
}

test('P15: the data lamp shows a halted or crossed market, however new its data; data that is not current comes first', () => {
  expect(dataLamp({})).toMatchObject({ colour: 'green' });
  expect(dataLamp({ crossed: 1 })).toMatchObject({ colour: 'amber', mark: 'crossed' });
  expect(dataLamp({ crossed: 1, locked: 1 })).toMatchObject({ mark: 'locked' });
  expect(dataLamp({ symbols: 12, crossed: 2 })).toMatchObject({ mark: '2 crossed' });
  expect(dataLamp({ symbols: 12, crossed: 2, locked: 1 })).toMatchObject({ mark: '2 crossed' });
  // A halt has no age.
  expect(dataLamp({ halted: 1, ageMs: 60_000 })).toMatchObject({ mark: 'halted' });
  expect(dataLamp({ symbols: 12, halted: 1 })).toMatchObject({ mark: '1 halted' });
  expect(dataLamp({ halted: 1, stale: 1 })).not.toHaveProperty('mark');
  expect(dataLamp({ crossed: 1, ageMs: 60_000 })).not.toHaveProperty('mark');
});

function replayLamp(change: Partial<DataSummary>) {
  const summary = { ...NO_DATA, ageMs: 60_000, topics: 4, symbols: 1, ...change };
  return lampsOf(OPEN_LINK, summary, 'replay').data;
}

test('P28e: the data lamp of a replay says what its panels say: halted, crossed, not current and how old', () => {
  expect(replayLamp({})).toMatchObject({ colour: 'violet', text: 'replay' });
  expect(replayLamp({ halted: 1 })).toMatchObject({ colour: 'amber', text: 'halted' });
  expect(replayLamp({ crossed: 1 })).toMatchObject({ colour: 'amber', text: 'crossed' });
  expect(replayLamp({ stale: 1, oldestMs: 7_300 })).toMatchObject({
    colour: 'amber',
    text: '7 s',
    detail: '1 of 4 shown are not current',
  });
  expect(replayLamp({ stale: 4, oldestMs: 7_300 })).toMatchObject({ colour: 'red', text: '7 s' });
});
