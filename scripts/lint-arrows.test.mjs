import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { ROOT } from './node-runtime.mjs';

/*
 * The linter enforces the imports between packages and rooms. Each forbidden import is written into a tree of the
 * same shape, and the linter must refuse it with the reason; allowed imports must pass.
 */
/** @type {readonly (readonly [file: string, imported: string, reason: RegExp])[]} */
const FORBIDDEN = [
  ['market/src/book/a.ts', 'node:fs', /market is pure/],
  ['market/src/book/a.ts', 'hono', /market is pure/],
  ['market/src/book/a.ts', 'drizzle-orm', /market is pure/],
  ['market/src/book/a.ts', 'react', /market is pure/],
  ['market/src/book/a.ts', '@tapedeck/db/history', /market is pure/],
  ['market/src/book/a.ts', 'zod', /runs without the wire/],
  ['market/src/book/a.ts', '../wire/codec.ts', /runs without the wire/],
  ['market/src/wire/a.ts', 'node:fs', /market is pure/],
  ['db/src/book/a.ts', '@tapedeck/feed/main', /nothing above it/],
  ['db/src/book/a.ts', '@tapedeck/web/live', /nothing above it/],
  ['db/src/book/a.ts', 'hono', /nothing above it/],
  ['net/src/a.ts', '@tapedeck/market/book/order-book', /only Node/],
  ['net/src/a.ts', '@hono/node-server', /only Node/],
  ['feed/src/a.ts', '@tapedeck/web/live', /never the web/],
  ['feed/src/a.ts', 'react', /never the web/],
  ['feed/src/source/a.ts', 'hono', /do not depend on Hono/],
  ['feed/src/engine/a.ts', '@hono/node-server', /do not depend on Hono/],
  ['feed/src/engine/a.ts', '../route/book.ts', /no other room/],
  ['feed/src/stream/hub/a.ts', '../gateway/lobby.ts', /may import only from/],
  ['feed/src/route/a.ts', '../feed.ts', /may import only from/],
  ['web/ui/a.tsx', '../panels/chart/a.ts', /may import only from/],
  ['web/app/a.tsx', '../panels/chart/a.tsx', /imports its screen/],
  ['feed/src/recorder/a.ts', '@tapedeck/web/live', /never the web/],
  ['web/live/a.ts', '@tapedeck/feed/config/config', /over the wire/],
  ['web/live/a.ts', '@tapedeck/db/history', /over the wire/],
  ['web/panels/tape/a.tsx', '@tapedeck/db/history', /over the wire/],
  ['web/panels/tape/a.tsx', '../../live/deck/deck.ts', /may import only from/],
  ['web/panels/tape/a.tsx', '../../live/worker/deck-worker.ts', /may import only from/],
  ['web/app/a.tsx', '../live/model/view-model.ts', /imports its screen/],
  ['market/src/book/a.ts', '../../../db/src/history.ts', /by its name/],
  ['db/src/book/a.ts', '../../market/src/book/order-book.ts', /by its name/],
  ['feed/src/source/a.ts', '../../../market/src/book/order-book.ts', /by its name/],
  ['web/panels/tape/a.tsx', '../../../market/src/book/order-book.ts', /by its name/],
  ['feed/src/a.ts', '@tapedeck/market', /no barrel/],
  ['web/live/a.ts', '@tapedeck/market', /no barrel/],
];

/** @type {readonly (readonly [file: string, imported: string])[]} */
const ALLOWED = [
  ['market/src/wire/ok.ts', 'zod'],
  ['market/src/wire/ok.ts', '../tape/candle.ts'],
  ['db/src/ok.ts', '@tapedeck/market/book/order-book'],
  ['feed/src/route/ok.ts', 'hono'],
  ['feed/src/source/ok.ts', '@tapedeck/market/book/order-book'],
  ['web/panels/tape/ok.tsx', '../../live/live.ts'],
  ['web/live/deck/ok.ts', '../worker/deck-worker.ts'],
];

/**
 * Each reads the machine's time; only the system clock of each side may.
 * @type {readonly (readonly [file: string, isAllowed: boolean])[]}
 */
const TIMES = [
  ['market/src/book/time.ts', false],
  ['db/src/time.ts', false],
  ['feed/src/recorder/time.ts', false],
  ['web/live/worker/time.ts', false],
  ['web/panels/tape/time.tsx', false],
  ['feed/src/machine/system-clock.ts', true],
  ['web/clock/system-clock.ts', true],
];
const ASKING = ['Date.now()', 'performance.now()'];

/** Each imports a type from the next. */
const CIRCLE = [
  ['one.ts', 'two.ts'],
  ['two.ts', 'three.ts'],
  ['three.ts', 'one.ts'],
];

/** @type {string} */
let folder;
/** @type {{ filename: string, code?: string, help?: string, message: string }[]} */
let found;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-lint-'));
  for (const file of ['oxlint.config.ts', 'rooms.ts'])
    copyFileSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const cases = [...FORBIDDEN, ...ALLOWED];
  cases.forEach(([file, imported], index) => {
    const path = join(folder, numbered(file, index));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `import { thing } from '${imported}';\nexport const it = thing;\n`);
  });
  for (const [own, other] of CIRCLE)
    writeFileSync(
      join(folder, `feed/src/${own}`),
      `import type { Thing } from './${other}';\nexport type It = Thing;\n`,
    );
  for (const [file] of TIMES) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `export const times = [${ASKING.join(', ')}];\n`);
  }
  const oxlint = join(ROOT, 'node_modules/.bin/oxlint');
  // Name the folders, because no .gitignore here keeps the linter out of node_modules.
  const args = ['--format=json', 'market', 'db', 'net', 'feed', 'web'];
  const { stdout } = spawnSync(oxlint, args, { cwd: folder, encoding: 'utf8', timeout: 20_000 });
  found = JSON.parse(stdout).diagnostics;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A separate file for each case. @param {string} file @param {number} index */
function numbered(file, index) {
  return file.replace(/\.tsx?$/, `-${index}$&`);
}

/** @param {string} file @param {number} index */
function arrowsAt(file, index) {
  return found.filter(
    ({ filename, code = '' }) =>
      filename.endsWith(numbered(file, index)) && code.includes('no-restricted-imports'),
  );
}

test.each(FORBIDDEN.map((row, index) => [...row, index]))(
  '%s may not import %s',
  (file, imported, reason, index) => {
    const texts = arrowsAt(String(file), Number(index)).map(
      ({ message, help = '' }) => `${message} ${help}`,
    );
    expect(texts.join('\n')).toContain(String(imported));
    expect(texts.join('\n')).toMatch(/** @type {RegExp} */ (reason));
  },
);

test.each(ALLOWED.map((row, index) => [...row, FORBIDDEN.length + index]))(
  '%s may import %s',
  (file, _imported, index) => {
    expect(arrowsAt(String(file), Number(index))).toEqual([]);
  },
);

test.each(TIMES)('%s may read the machine’s time: %s', (file, isAllowed) => {
  const told = found.filter(
    ({ filename, code = '' }) => filename.endsWith(file) && code.includes('restricted-properties'),
  );
  expect(told.length).toBe(isAllowed ? 0 : ASKING.length);
  for (const { message, help = '' } of told) expect(`${message} ${help}`).toMatch(/Clock/);
});

test('import cycles are refused, even of types', () => {
  const circles = found.filter(({ code = '' }) => code.includes('no-cycle'));
  const files = new Set(circles.map(({ filename }) => filename.replace(/^.*\//, '')));
  expect(files).toEqual(new Set(CIRCLE.map(([own]) => own)));
});
