import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { defineConfig } from 'vitest/config';

import { DIST, URL_BESIDE } from './scripts/feed.rolldown.config.mjs';

/**
 * The processes and threads that a test starts are those that users run: the feed's bundle, which `feed-bundle.mjs`
 * builds first. It starts in 0.2 s, the sources in 1.6, and a run starts several hundred.
 */
const startsTheBundle = {
  name: 'starts-the-bundle',
  enforce: 'pre' as const,
  transform(code: string, id: string): string | null {
    if (!id.includes('/feed/') || !code.includes('import.meta.url')) return null;
    return code.replace(URL_BESIDE, (found: string, path: string) => {
      const name = /([a-z-]+)\.ts$/.exec(path)?.[1];
      const bundle = join(DIST, `${name}.mjs`);
      return name !== undefined && existsSync(bundle) ? `new URL('file://${bundle}')` : found;
    });
  },
};

/** Unit and integration tests of every package; `web/e2e` belongs to Playwright. */
export default defineConfig({
  // The web's tsconfig keeps JSX for Next; tests need it compiled.
  oxc: { jsx: { runtime: 'automatic' } },
  plugins: [startsTheBundle],
  test: {
    globalSetup: ['scripts/feed-bundle.mjs'],
    include: [
      '{market,db,net,feed}/{src,test}/**/*.test.ts',
      'web/**/*.test.{ts,tsx}',
      'scripts/**/*.test.mjs',
    ],
    exclude: ['**/node_modules/**', '**/.next/**', '**/dist/**', 'web/e2e/**'],
    environment: 'node',
    // Processes, not threads: better-sqlite3 is a native addon, and the recorder's tests start worker threads.
    pool: 'forks',
    maxWorkers: 2,
    // Real processes, sockets and files on a busy two-core machine: what takes 5 s alone took 30 beside other work. A
    // hang is still found.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // One patience for what real sockets and processes take: by default a poll gives up after a second, which a busy
    // machine needs for nothing.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    passWithNoTests: true,
  },
});
