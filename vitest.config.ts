import { defineConfig } from 'vitest/config';

/** Unit and integration tests of every package; `web/e2e` belongs to Playwright. */
export default defineConfig({
  // The web's tsconfig keeps JSX for Next; tests need it compiled.
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    include: [
      '{market,db,feed}/{src,test}/**/*.test.ts',
      'web/**/*.test.{ts,tsx}',
      'scripts/**/*.test.mjs',
    ],
    exclude: ['**/node_modules/**', '**/.next/**', '**/dist/**', 'web/e2e/**'],
    environment: 'node',
    // Processes, not threads: better-sqlite3 is a native addon, and the recorder's tests start worker threads.
    pool: 'forks',
    maxWorkers: 2,
    // Real sockets, files and workers on a busy two-core machine; a hang is still found within half a minute.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    passWithNoTests: true,
  },
});
