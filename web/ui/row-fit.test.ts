import { expect, test } from 'vitest';

import { ladderFit, tapeFit } from './row-fit.ts';

test('sums are dropped first, then sizes are shortened: no figure is ever cut', () => {
  const fits = [400, 345, 331, 200].map((width) => ladderFit(width, 72, 10));
  expect(fits).toEqual(['full', 'full', 'no-total', 'compact']);
  // A price of 12 and sizes of 13 characters on a small screen.
  expect(ladderFit(286, 100, 13)).toBe('compact');
});

test('a tape drops milliseconds before it shortens sizes', () => {
  expect([300, 232, 190].map((width) => tapeFit(width, 8, 10))).toEqual([
    'full',
    'compact',
    'compact',
  ]);
  expect(tapeFit(260, 8, 10)).toBe('no-total');
});

test('before the first layout nothing is left out', () => {
  expect(ladderFit(0, 72, 10)).toBe('full');
  expect(tapeFit(0, 8, 10)).toBe('full');
});
