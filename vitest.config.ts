import { defineConfig } from 'vitest/config';

/** Unit and integration tests of every package; `web/e2e` belongs to Playwright. */
export default defineConfig({
  // The web's tsconfig keeps JSX for Next; tests need it compiled.
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
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
