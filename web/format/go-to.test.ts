import { expect, test } from 'vitest';

import { parseGoTo } from './go-to.ts';
import { dateText, timeText } from './time-text.ts';

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

test('text that is not a time is a problem, and so is a time outside the session', () => {
  for (const text of ['', 'noon', '25:00', '12:61', '5', '+5 fortnights'])
    expect(parseGoTo(text, context)).toHaveProperty('problem');
  expect(parseGoTo('12:00', context)).toEqual({ problem: '12:00 is outside this session.' });
});

/** The night in which Berlin's clocks go back: 02:00 to 03:00 comes twice, as +02:00 and as +01:00. */
const night = {
  clock: Date.UTC(2024, 9, 27, 0, 30),
  from: Date.UTC(2024, 9, 26, 23),
  to: Date.UTC(2024, 9, 27, 3, 58),
  zone: 'Europe/Berlin',
} as const;

test('a time after a clock change is read with the offset of that time, not of now', () => {
  expect(timeText(night.clock, night.zone)).toBe('02:30:00');
  expect(parseGoTo('03:45:00', night)).toEqual({ to: Date.UTC(2024, 9, 27, 2, 45) });
  expect(parseGoTo('2024-10-27 03:45', night)).toEqual({ to: Date.UTC(2024, 9, 27, 2, 45) });
  expect(parseGoTo('01:05', night)).toEqual({ to: Date.UTC(2024, 9, 26, 23, 5) });
  const back = { ...night, clock: Date.UTC(2024, 9, 27, 2, 45) };
  expect(parseGoTo('01:05', back)).toEqual({ to: Date.UTC(2024, 9, 26, 23, 5) });
});

test('in a repeated hour the nearer of the two is meant, or the one whose offset is given', () => {
  const [first, second] = [Date.UTC(2024, 9, 27, 0, 45), Date.UTC(2024, 9, 27, 1, 45)];
  expect(parseGoTo('02:45:00', night)).toEqual({ to: first });
  expect(parseGoTo('02:45:00', { ...night, clock: second + 60_000 })).toEqual({ to: second });
  expect(parseGoTo('02:45+01:00', night)).toEqual({ to: second });
  expect(parseGoTo('2024-10-27T02:45:00+0200', night)).toEqual({ to: first });
  expect(parseGoTo('00:45Z', night)).toEqual({ to: first });
});

test('a time that clocks skip is a problem; other times of that day have the right offset', () => {
  const spring = {
    clock: Date.UTC(2024, 2, 31, 3),
    from: Date.UTC(2024, 2, 30, 20),
    to: Date.UTC(2024, 2, 31, 6),
    zone: 'Europe/Berlin',
  } as const;
  expect(parseGoTo('2024-03-31 02:30', spring)).toEqual({
    problem: '2024-03-31 02:30 does not exist: clocks skipped it.',
  });
  expect(parseGoTo('00:30', spring)).toEqual({ to: Date.UTC(2024, 2, 30, 23, 30) });
  expect(parseGoTo('05:10', spring)).toEqual({ to: Date.UTC(2024, 2, 31, 3, 10) });
});

test('what the clock shows parses back to its moment, in zones of every kind', () => {
  for (const zone of [
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  ] as const)
    for (let at = Date.UTC(2024, 0, 1); at < Date.UTC(2025, 0, 1); at += 86_400_000 / 3 + 60_007) {
      const context_ = { clock: at, from: at - 5_000_000, to: at + 5_000_000, zone };
      expect(parseGoTo(timeText(at, zone, 3), context_), `${zone} ${at}`).toEqual({ to: at });
      expect(parseGoTo(`${dateText(at, zone)} ${timeText(at, zone, 3)}`, context_)).toEqual({
        to: at,
      });
    }
});
