import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

import playwrightConfig from './playwright.config.ts';
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

const NOT_OURS = ['**/node_modules/**', '**/.next/**', '**/dist/**', 'web/e2e/**'];
/** What pages of the `components` project import from packages. */
const BUNDLED_FIRST = [
  '@date-fns/tz',
  '@date-fns/tz/tzOffset',
  '@tanstack/react-query',
  '@tanstack/react-virtual',
  'axe-core',
  'clsx',
  'eventsource-parser',
  'lightweight-charts',
  'lucide-react',
  'next/dist/shared/lib/app-router-context.shared-runtime',
  'next/dynamic',
  'next/link',
  'next/navigation',
  'nuqs',
  'nuqs/adapters/react',
  'react',
  'react-dom',
  'react-dom/client',
  'react-error-boundary',
  'react-hotkeys-hook',
  'react/jsx-dev-runtime',
  'react/jsx-runtime',
  'sonner',
];

/**
 * Two projects, told apart by the names of files: `node` holds the unit and integration tests of every package,
 * `components` the web's components in a real Chromium. `web/e2e` belongs to Playwright.
 */
export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      {
        // The web's tsconfig keeps JSX for Next; tests need it compiled.
        oxc: { jsx: { runtime: 'automatic' } },
        plugins: [startsTheBundle],
        test: {
          name: 'node',
          globalSetup: ['scripts/feed-bundle.mjs'],
          include: [
            '{market,db,net,feed}/{src,test}/**/*.test.ts',
            'web/**/*.test.{ts,tsx}',
            'scripts/**/*.test.mjs',
          ],
          exclude: [...NOT_OURS, '**/*.browser.test.tsx'],
          environment: 'node',
          // Processes, not threads: better-sqlite3 is a native addon, and the recorder's tests start worker threads.
          pool: 'forks',
          maxWorkers: 2,
          // Real processes, sockets and files on a busy two-core machine: what takes 5 s alone took 30 beside other work.
          // A hang is still found.
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // One patience for what real sockets and processes take: by default a poll gives up after a second, which a
          // busy machine needs for nothing.
          expect: { poll: { timeout: 20_000, interval: 20 } },
        },
      },
      {
        oxc: { jsx: { runtime: 'automatic' } },
        root: 'web',
        // Next's client code asks for its build-time settings.
        define: { 'process.env': '{}' },
        // All of them, before the first page: one that is found later loads the page anew amid its tests.
        optimizeDeps: { include: BUNDLED_FIRST },
        test: {
          name: 'components',
          include: ['**/*.browser.test.tsx'],
          exclude: NOT_OURS,
          testTimeout: 30_000,
          expect: { poll: { timeout: 10_000, interval: 20 } },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: playwrightConfig.use?.launchOptions ?? {} }),
            instances: [{ browser: 'chromium', viewport: { width: 1024, height: 640 } }],
          },
        },
      },
    ],
  },
});
