import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

import playwrightConfig from './playwright.config.ts';
import { DIST, URL_BESIDE } from './scripts/feed.rolldown.config.mjs';

/**
 * Tests start the processes and threads that users run: those of the feed's bundle, which `feed-bundle.mjs` builds
 * first. The bundle starts in 0.2 s, the sources in 1.6 s, and a test run starts several hundred.
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
/** Packages that the pages of the `components` project import. */
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

const TESTS = [
  '{market,db,net,feed}/{src,test}/**/*.test.ts',
  'web/**/*.test.{ts,tsx}',
  'scripts/**/*.test.mjs',
];
/** Tests that measure how long many clients take: they run after the others, alone. */
const TIMED = ['feed/test/feed-return.integration.test.ts'];

/** Tests in Node, in processes of their own. */
function nodeProject(name: string, test: TestProjectInlineConfiguration['test']) {
  return {
    // The web's tsconfig keeps JSX for Next; tests need it compiled.
    oxc: { jsx: { runtime: 'automatic' as const } },
    plugins: [startsTheBundle],
    test: {
      name,
      globalSetup: ['scripts/feed-bundle.mjs'],
      environment: 'node' as const,
      // Processes, not threads: better-sqlite3 is a native addon, and the recorder's tests start worker threads.
      pool: 'forks' as const,
      // A process of its own for each file took a tenth of the whole run. Files leave nothing behind in theirs.
      isolate: false,
      // Tests use real processes, sockets and files: on a busy two-core machine, 5 s became 30 s. A hang is still
      // detected.
      testTimeout: 90_000,
      hookTimeout: 90_000,
      // For real sockets and processes: by default a poll gives up after a second, which is too short on a busy
      // machine.
      expect: { poll: { timeout: 20_000, interval: 20 } },
      ...test,
    },
  };
}

/**
 * Three projects, distinguished by file names: `node` and `timed` have the unit and integration tests of every package,
 * `components` the web's components in a real Chromium. `web/e2e` is run by Playwright.
 */
export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      nodeProject('node', {
        include: TESTS,
        exclude: [...NOT_OURS, '**/*.browser.test.tsx', ...TIMED],
        maxWorkers: 2,
      }),
      nodeProject('timed', { include: TIMED, maxWorkers: 1, sequence: { groupOrder: 1 } }),
      {
        oxc: { jsx: { runtime: 'automatic' } },
        root: 'web',
        // Next.js's client code reads build-time settings.
        define: { 'process.env': '{}' },
        // All packages, before the first page: one that is found later reloads the page during its tests.
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
