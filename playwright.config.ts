import { defineConfig } from '@playwright/test';

import { findChromium } from './scripts/chromium.mjs';

/** Specs that mostly wait: for an age, a time-out, a reconnect. */
const WAITING = [
  'alerts',
  'blocked-websockets',
  'feed-death',
  'feed-hang',
  'push',
  'quiet-page',
  'wall-faults',
  'wall-weeks',
].map((name) => `${name}.spec.ts`);
/** Specs that measure how fast a page is, or keep a core busy by themselves. */
const MEASURED = ['one-connection.spec.ts', 'page-frames.spec.ts', 'replay-drag.spec.ts'];

/**
 * Browser tests. A page uses two cores, so only specs that wait run beside others; those that measure run alone at the
 * end. Each spec starts its own servers on free ports (`web/e2e/servers.ts`). No retries: a test that fails once is
 * wrong or has found something.
 */
export default defineConfig({
  testDir: 'web/e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  workers: 2,
  projects: [
    { name: 'waiting', testMatch: WAITING, workers: 1 },
    { name: 'pages', testIgnore: [...WAITING, ...MEASURED], workers: 1 },
    { name: 'measured', testMatch: MEASURED, workers: 1, dependencies: ['waiting', 'pages'] },
  ],
  retries: 0,
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'line',
  use: {
    viewport: { width: 1440, height: 900 },
    // A trace copies the page at each step: a quarter of the whole run. `--trace on` makes one of a single test.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: findChromium() ?? '/usr/bin/chromium',
      // Root has no sandbox; only the test's own pages may be requested.
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
