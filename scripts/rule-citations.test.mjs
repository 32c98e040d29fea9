import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ROOT } from './node-runtime.mjs';

/* A rule that no test cites could be broken without anyone noticing. */
const RULES = [
  ...new Set(readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8').match(/\*\*P\d+[a-z]?\b/g)),
].map((rule) => rule.slice(2));

/** The title of a test: `test('P4, P5: …'`, `test.each(…)(\n 'P4: …'`. */
const TITLES = /\b(?:test|it)(?:\.\w+)*\(|^\s*['"`]P\d+/;

/** @returns {string} every line of all packages that may be the title of a test */
function titles() {
  const lines = [];
  for (const folder of ['market/src', 'db/src', 'feed/src', 'web', 'feed/test', 'scripts']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(test|spec)\.(ts|tsx|mjs)$/.test(name) || name.includes('node_modules')) continue;
      const text = readFileSync(join(ROOT, folder, name), 'utf8');
      lines.push(...text.split('\n').filter((line) => TITLES.test(line)));
    }
  }
  return lines.join('\n');
}

test('every rule of the protocol is cited by the title of a test', () => {
  const cited = titles();
  expect(RULES.length).toBeGreaterThanOrEqual(36);
  expect(RULES.filter((rule) => !new RegExp(`\\b${rule}\\b`).test(cited))).toEqual([]);
});
