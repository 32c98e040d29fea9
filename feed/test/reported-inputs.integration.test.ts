/* Reported inputs with the right result of each (fixtures/reports), through the real command line and a real feed. */
import { describe, expect, test } from 'vitest';

import { faultOfReported, reportedInputs } from './test-reported-input.ts';

/** Not right yet. A fix must remove its input from this list. */
const KNOWN_FAILING: ReadonlySet<string> = new Set([]);

describe('P16: a reported input gives the right result, or a helpful refusal', () => {
  test.each(reportedInputs().filter((name) => !KNOWN_FAILING.has(name)))('%s', async (name) => {
    expect(await faultOfReported(name)).toBeUndefined();
  });
});

describe.skipIf(KNOWN_FAILING.size === 0)('known to fail', () => {
  test.each([...KNOWN_FAILING])('%s', async (name) => {
    expect(await faultOfReported(name)).toBeDefined();
  });
});
