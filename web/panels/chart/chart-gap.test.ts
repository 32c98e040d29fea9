import { expect, test } from 'vitest';

import { openGap, withOpenGap } from './chart-gap.ts';

const STALE = { kind: 'stale', ageMs: 4_000 } as const;
const OLD = { from: 100, to: 900, reason: 'restart' };

test('a stale or cut-off market has a gap from its newest data to its present', () => {
  expect(openGap(STALE, 10_000)).toMatchObject({ from: 10_000, to: 14_000, isOpen: true });
  expect(openGap({ kind: 'disconnected', ageMs: 500, retryAt: undefined }, 10_000)).toMatchObject({
    to: 10_500,
    reason: 'the page has no link to the feed',
  });
  expect(openGap({ kind: 'quiet', ageMs: 60_000 }, 10_000)).toBeUndefined();
  expect(openGap({ kind: 'halted', reason: 'halt', ageMs: 60_000 }, 10_000)).toBeUndefined();
  expect(openGap(STALE, undefined)).toBeUndefined();
});

test('a gap that goes on grows with the age of the data, beside those that have ended', () => {
  const shown = [4_000, 9_000].map((ageMs) =>
    withOpenGap([OLD], openGap({ kind: 'stale', ageMs }, 10_000)),
  );
  expect(shown.map((gaps) => gaps.map(({ from, to }) => [from, to]))).toEqual([
    [
      [100, 900],
      [10_000, 14_000],
    ],
    [
      [100, 900],
      [10_000, 19_000],
    ],
  ]);
});

test('if it is recorded already, it is one gap, up to now, with the recorded reason', () => {
  const recorded = { from: 9_500, to: 19_000, reason: 'upstream-silent' };
  expect(withOpenGap([OLD, recorded], openGap(STALE, 10_000))).toEqual([
    OLD,
    { from: 9_500, to: 14_000, reason: 'upstream-silent', isOpen: true },
  ]);
  // A crossed book is no gap: it stays beside it.
  const crossed = { ...recorded, state: 'ok' as const };
  expect(withOpenGap([crossed], openGap(STALE, 10_000))).toHaveLength(2);
});
