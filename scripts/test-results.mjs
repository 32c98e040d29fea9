import { stripVTControlCharacters } from 'node:util';

/**
 * How many tests passed, failed and were skipped.
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** @param {readonly Counts[]} parts @returns {Counts} */
export function sum(parts) {
  return parts.reduce(
    (total, { passed, failed, skipped }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** The plain closing line of a run. @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Counts of a step whose command ended with `code`: a command that failed without a failed test (a file that does not
 * load) counts as one failure, never as a success.
 * @param {Counts | undefined} counts undefined if the command left no report
 * @param {number | null} code
 * @returns {Counts}
 */
export function settle(counts, code) {
  const known = counts ?? { passed: 0, failed: 0, skipped: 0 };
  return code !== 0 && known.failed === 0 ? { ...known, failed: 1 } : known;
}

/**
 * Reads vitest's JSON report.
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests?: number }} report
 * @returns {Counts}
 */
export function countsOfVitest({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests = 0,
}) {
  return {
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests + numTodoTests,
  };
}

/**
 * Reads Playwright's JSON report; a test that passed on a retry counts as passed.
 * @param {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number } }} report
 * @returns {Counts}
 */
export function countsOfPlaywright({ stats }) {
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  };
}

/**
 * A failed test: its file, name and message.
 * @typedef {{ file: string, name: string, message: string }} FailedTest
 */

/** Lines of a message that are shown: expected and received values; the rest is the stack. */
const MESSAGE_LINES = 12;

/**
 * The failed tests of vitest's JSON report, and the files that could not be run.
 * @param {{ testResults?: { name: string, status: string, message?: string, assertionResults: { fullName: string, status: string, failureMessages?: string[] | null }[] }[] }} report
 * @returns {FailedTest[]}
 */
export function failedOfVitest({ testResults = [] }) {
  return testResults.flatMap(({ name: file, status, message = '', assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed')
      return [{ file, name: 'the whole file', message }];
    return failed.map(({ fullName, failureMessages }) => ({
      file,
      name: fullName.trim(),
      message: (failureMessages ?? []).join('\n'),
    }));
  });
}

/** @typedef {{ title: string, tests: { status: string, results: { errors?: { message?: string }[] }[] }[] }} Spec */
/** @typedef {{ file?: string, specs?: Spec[], suites?: SpecSuite[] }} SpecSuite */

/**
 * The failed tests of Playwright's JSON report.
 * @param {SpecSuite} report a report, or a suite of it
 * @returns {FailedTest[]}
 */
export function failedOfPlaywright({ file = '', specs = [], suites = [] }) {
  const own = specs
    .filter(({ tests }) => tests.some(({ status }) => status === 'unexpected'))
    .map(({ title, tests }) => ({
      file,
      name: title,
      message: tests
        .flatMap(({ results }) => results.flatMap(({ errors = [] }) => errors))
        .map(({ message = '' }) => message)
        .join('\n'),
    }));
  return [...own, ...suites.flatMap((suite) => failedOfPlaywright(suite))];
}

/**
 * The lines about a failed test at the end of a run, so that they are in a log that has only its end.
 * @param {FailedTest} test
 */
export function failedLines({ file, name, message }) {
  const said = stripVTControlCharacters(message).trimEnd().split('\n').slice(0, MESSAGE_LINES);
  return [`FAILED ${file} › ${name}`, ...said.map((line) => `    ${line}`)];
}
