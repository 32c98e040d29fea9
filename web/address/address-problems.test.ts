import { expect, test } from 'vitest';

import { addressProblems } from './address-problems.ts';

const titles = (path: string, search: string) =>
  addressProblems(path, search).map(({ title }) => title);

test('an invalid value is named with its field and what the field takes', () => {
  expect(addressProblems('/s/BTC-USD@sim', '?tf=7m&g=3')).toEqual([
    { title: 'tf=7m is ignored', expected: expect.stringMatching(/one of .*1m, 5m/) },
    { title: 'g=3 is ignored', expected: 'a grouping is one of 1, 2, 5, 10, 25, 50, 100' },
  ]);
  expect(titles('/wall', '?theme=pink&every=abc&scene=x')).toEqual([
    'theme=pink is ignored',
    'every=abc is ignored',
    'scene=x is ignored',
  ]);
  expect(titles('/replay/x', '?t=noon&s=0')).toEqual(['t=noon is ignored', 's=0 is ignored']);
  expect(titles('/history', '?to=yesterday')).toEqual(['to=yesterday is ignored']);
});

test('a scene that would turn constantly or never is refused', () => {
  for (const every of ['0', '2', '-5', '30x', '1e3', '99999999', ''])
    expect(titles('/wall', `?every=${every}`)).toEqual([`every=${every} is ignored`]);
});

test('valid fields and fields of other pages are not reported', () => {
  expect(titles('/s/BTC-USD@sim', '?tf=5m&g=10&theme=pink')).toEqual([]);
  expect(titles('/wall', '?theme=light&every=3&scene=0&tf=7m')).toEqual([]);
  expect(titles('/replay/x', '?t=2026-01-31T14:03:22.120Z&s=max')).toEqual([]);
  expect(titles('/news', '?q=7m')).toEqual([]);
});

test('a long value is cut', () => {
  expect(titles('/wall', `?theme=${'x'.repeat(500)}`)[0]).toHaveLength(
    'theme= is ignored'.length + 41,
  );
});
