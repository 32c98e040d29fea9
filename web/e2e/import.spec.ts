/* Recordings in and out through the page: chosen, imported, opened, refused with a reason, downloaded. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

const NIGHT = join(import.meta.dirname, '../../feed/fixtures/binance-20240808');
const SPOT = join(NIGHT, 'spot-ethusdt.gz');

const cards = (page: Page) => page.getByTestId('import-card');
const choose = (page: Page, files: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0]) =>
  page.getByTestId('import-files').setInputFiles(files);

test('a chosen recording becomes a session that opens; the same recording again is recognised', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/replay`);
  await expect(page.getByTestId('session-row').first()).toBeVisible();
  await choose(page, SPOT);
  await expect(cards(page)).toContainText('ETHUSDT@binance imported', { timeout: 20_000 });
  // The list is updated by the event, without a reload.
  await expect(
    page.getByTestId('session-row').filter({ hasText: 'ETHUSDT@binance' }),
  ).toBeVisible();
  await choose(page, { name: 'again.gz', mimeType: '', buffer: await readFile(SPOT) });
  await expect(cards(page).first()).toContainText('is here already');
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa']).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await cards(page).first().getByRole('link', { name: 'Open' }).click();
  await expect(page.getByTestId('replay-clock')).toBeVisible();
  await expect(page.getByTestId('trade-header')).toContainText('ETHUSDT@binance');
});

test('dropped files are imported together; a file that cannot be used says why and can be dismissed', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/replay`);
  await expect(page.getByTestId('session-row').first()).toBeVisible();
  const files = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['neither a recording\nnor a table\n'], 'letter.txt'));
    return data;
  });
  const list = page.locator('table.data');
  await list.dispatchEvent('dragover', { dataTransfer: files });
  await expect(page.getByText('Drop to import')).toBeVisible();
  await list.dispatchEvent('drop', { dataTransfer: files });
  const alert = page.getByRole('alert').filter({ hasText: 'letter.txt was not imported' });
  await expect(alert).toContainText('known format');
  await alert.getByRole('button', { name: 'Dismiss' }).click();
  await expect(alert).toHaveCount(0);
});

test('a session is downloaded under its name', async ({ page, servers }) => {
  await page.goto(`${servers.webUrl}/replay`);
  const row = page.getByTestId('session-row').last();
  const session = await row.getAttribute('data-session');
  await row.getByRole('button', { name: `Download ${session}` }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /NDJSON/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${session}.ndjson`);
  // A choice in the menu is not a click on the row.
  expect(new URL(page.url()).pathname).toBe('/replay');
});

test('through the page’s own port a large recording arrives complete', async ({
  page,
  servers,
}) => {
  await page.route(`${servers.feedUrl}/**`, (route) => route.abort());
  await page.goto(`${servers.webUrl}/replay`);
  await expect(page.getByTestId('session-row').first()).toBeVisible({ timeout: 20_000 });
  const rows = Array.from(
    { length: 260_000 },
    (_, i) =>
      `${i + 1},${(50 + (i % 91) / 100).toFixed(2)},0.5,25.0,${1_700_000_000_000 + i * 9},true,true`,
  );
  const buffer = Buffer.from(rows.join('\n'));
  expect(buffer.length).toBeGreaterThan(11_000_000);
  await choose(page, { name: 'TESTCOIN-trades-2023-11.csv', mimeType: 'text/csv', buffer });
  await expect(cards(page).first()).toContainText('260,000 trades', { timeout: 40_000 });
});
