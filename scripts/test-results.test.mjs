import { expect, test } from 'vitest';

import { closingLine, countsOfPlaywright, countsOfVitest, settle, sum } from './test-results.mjs';

test('the closing line sums what all steps counted', () => {
  const unit = countsOfVitest({
    numPassedTests: 10,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
  });
  const browser = countsOfPlaywright({
    stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 4 },
  });
  expect(closingLine(sum([unit, browser]))).toBe('14 passed, 2 failed, 7 skipped');
});

test('a step that failed without a failed test still counts as a failure', () => {
  expect(settle(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(settle({ passed: 5, failed: 0, skipped: 0 }, 1)).toEqual({
    passed: 5,
    failed: 1,
    skipped: 0,
  });
  expect(settle({ passed: 5, failed: 2, skipped: 0 }, 1)).toEqual({
    passed: 5,
    failed: 2,
    skipped: 0,
  });
});
