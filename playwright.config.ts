import { defineConfig } from '@playwright/test';

/** They count frames or time what the page shows, against the feed at that moment: they run one at a time. */
const ALONE =
  /(page-frames|replay-drag|wall-faults|raw-sockets|feed-death|feed-hang|chaos)\.spec\.ts$/;

/**
 * Browser tests. Each spec starts servers of its own on free ports (`web/e2e/servers.ts`). Nothing is retried: a test that
 * fails once is wrong or has found something. `npm test` runs `together` and then `alone`.
 */
export default defineConfig({
  testDir: 'web/e2e',
  outputDir: 'test-results',
  workers: 2,
  retries: 0,
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'line',
  projects: [
    { name: 'together', testMatch: '*.spec.ts', testIgnore: ALONE },
    { name: 'alone', testMatch: ALONE, workers: 1 },
  ],
  use: {
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      // Root has no sandbox; nothing but the test's own pages may be asked for.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
