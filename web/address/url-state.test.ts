import { expect, test } from 'vitest';

import { groupParser, intervalFor } from './url-state.ts';

test('a short session opens with short candles, a long one with minutes', () => {
  expect(intervalFor(60_000)).toBe('1s');
  expect(intervalFor(8 * 60_000)).toBe('5s');
  expect(intervalFor(30 * 60_000)).toBe('15s');
  expect(intervalFor(8 * 3_600_000)).toBe('1m');
});

test('a recording opens with candles that it has', () => {
  expect(intervalFor(3_600_000, ['1m', '5m', '1h'])).toBe('1m');
  expect(intervalFor(3_600_000, ['1h', '4h', '1d'])).toBe('1h');
  expect(intervalFor(600_000, ['1s', '5s', '15s', '1m'])).toBe('5s');
  expect(intervalFor(600_000, [])).toBe('5s');
});

test('a group width that is not a step means no grouping', () => {
  expect(groupParser.parse('25')).toBe(25);
  expect(groupParser.parse('3')).toBe(1);
  expect(groupParser.parse('x')).toBe(1);
});
