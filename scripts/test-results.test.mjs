import { expect, test } from 'vitest';

import {
  closingLine,
  countsOfPlaywright,
  countsOfVitest,
  failedLines,
  failedOfPlaywright,
  failedOfVitest,
  settle,
  sum,
} from './test-results.mjs';

test('the closing line sums the counts of all steps', () => {
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

test('the end of a run lists each failed test with its message, without colours and stack', () => {
  const passed = { fullName: ' a passed one', status: 'passed', failureMessages: [] };
  const unit = failedOfVitest({
    testResults: [
      {
        name: 'market/a.test.ts',
        status: 'failed',
        assertionResults: [
          passed,
          {
            fullName: ' one',
            status: 'failed',
            failureMessages: ['\u001b[31mexpected 1\u001b[39m'],
          },
        ],
      },
      {
        name: 'market/b.test.ts',
        status: 'failed',
        message: 'does not load',
        assertionResults: [],
      },
      { name: 'market/c.test.ts', status: 'passed', assertionResults: [passed] },
    ],
  });
  const browser = failedOfPlaywright({
    suites: [
      {
        file: 'web/e2e/d.spec.ts',
        specs: [{ title: 'right', tests: [{ status: 'expected', results: [{}] }] }],
        suites: [
          {
            file: 'web/e2e/d.spec.ts',
            specs: [
              {
                title: 'wrong',
                tests: [
                  {
                    status: 'unexpected',
                    results: [
                      {
                        errors: [
                          {
                            message: Array.from({ length: 40 }, (_, line) => String(line)).join(
                              '\n',
                            ),
                          },
                        ],
                      },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
  expect([...unit, ...browser].map((failed) => failedLines(failed).slice(0, 2))).toEqual([
    ['FAILED market/a.test.ts › one', '    expected 1'],
    ['FAILED market/b.test.ts › the whole file', '    does not load'],
    ['FAILED web/e2e/d.spec.ts › wrong', '    0'],
  ]);
  expect(browser.flatMap(failedLines)).toHaveLength(13);
});
