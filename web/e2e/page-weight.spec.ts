/* What the trade page loads until its chart is drawn: the scripts of the page and of its worker, gzipped, each once. */
import { gzipSync } from 'node:zlib';

import { expect } from '@playwright/test';

import { test } from './servers.ts';

/**
 * In bytes: what it is now, with little room (308.6 kB, of which the page's own scripts are 281 kB). The aim is 300 kB:
 * when it becomes less, lower this. What a page does not show first can load later.
 */
const MOST = 310_000;

test('a market’s page and its worker load no more script than they may', async ({
  page,
  servers,
}) => {
  // A page sees the requests of its own worker, but not those of one that tabs share: both run the same code.
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  const sizes = new Map<string, Promise<number>>();
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.endsWith('.js') || sizes.has(pathname)) return;
    sizes.set(
      pathname,
      response.body().then((body) => gzipSync(body).length),
    );
  });
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await expect(page.getByTestId('chart-legend')).toContainText(/O\s*[\d,.]+/);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live');

  const lines = await Promise.all(
    [...sizes].map(async ([path, size]) => [path, await size] as const),
  );
  const sum = lines.reduce((total, [, size]) => total + size, 0);
  const worst = lines
    .toSorted(([, a], [, b]) => b - a)
    .map(([path, size]) => `${size} ${path}`)
    .join('\n');
  expect(
    [...sizes.keys()].some((path) => path.includes('worker')),
    worst,
  ).toBe(true);
  expect(sum, worst).toBeLessThanOrEqual(MOST);
});
