import { expect, test } from 'vitest';

import { relativeChange } from './relative-change.ts';

test.each([
  [100, 110, 0.1],
  [100, 90, -0.1],
  [-10, -5, 0.5],
  [-10, -15, -0.5],
  [-10, 5, 1.5],
  [10, -5, -1.5],
  [0, 5, undefined],
])('from %d to %d has the sign of the move', (from, to, change) => {
  expect(relativeChange(from, to)).toBe(change);
});
