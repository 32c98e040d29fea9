import { expect, test } from 'vitest';

import { parseGoTo } from './go-to.ts';

const FROM = Date.UTC(2024, 7, 8, 23, 50);
const TO = Date.UTC(2024, 7, 9, 6, 0);
const context = { clock: Date.UTC(2024, 7, 9, 1, 0), from: FROM, to: TO, zone: 'utc' } as const;

test('a time of day is found on the day of the session that has it', () => {
  expect(parseGoTo('02:03', context)).toEqual({ to: Date.UTC(2024, 7, 9, 2, 3) });
  expect(parseGoTo('2:03:22.120', context)).toEqual({ to: Date.UTC(2024, 7, 9, 2, 3, 22, 120) });
  expect(parseGoTo('02:03:22.5', context)).toEqual({ to: Date.UTC(2024, 7, 9, 2, 3, 22, 500) });
  expect(parseGoTo('23:55', context)).toEqual({ to: Date.UTC(2024, 7, 8, 23, 55) });
});

test('dates, epochs and names work', () => {
  expect(parseGoTo('2024-08-09 02:03', context)).toEqual({ to: Date.UTC(2024, 7, 9, 2, 3) });
  expect(parseGoTo('2024-08-09T02:03:04.005Z', context)).toEqual({
    to: Date.UTC(2024, 7, 9, 2, 3, 4, 5),
  });
  expect(parseGoTo(String(FROM + 1), context)).toEqual({ to: FROM + 1 });
  expect(parseGoTo('start', context)).toEqual({ to: FROM });
  expect(parseGoTo('end', context)).toEqual({ to: TO });
});

test('steps go from the clock and stop at the ends', () => {
  expect(parseGoTo('+5m', context)).toEqual({ to: context.clock + 300_000 });
  expect(parseGoTo('\u22121.5s', context)).toEqual({ to: context.clock - 1_500 });
  expect(parseGoTo('-250ms', context)).toEqual({ to: context.clock - 250 });
  expect(parseGoTo('+2d', context)).toEqual({ to: TO });
  expect(parseGoTo('-9h', context)).toEqual({ to: FROM });
});

test('what is no time is told, and so is a time outside', () => {
  for (const text of ['', 'noon', '25:00', '12:61', '5', '+5 fortnights'])
    expect(parseGoTo(text, context)).toHaveProperty('problem');
  expect(parseGoTo('12:00', context)).toEqual({ problem: '12:00 is outside of this session.' });
});
