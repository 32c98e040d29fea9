import { defineConfig } from '@playwright/test';

import { findChromium } from './scripts/chromium.mjs';

/**
 * Browser tests, one at a time: each uses two cores (two at a time took just as long), and some time the page. Each
 * spec starts its own servers on free ports (`web/e2e/servers.ts`). No retries: a test that fails once is wrong or
 * has found something.
 */
export default defineConfig({
  testDir: 'web/e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  workers: 1,
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
