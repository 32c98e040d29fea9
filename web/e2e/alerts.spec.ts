/* A price alert from the form to the toast, the bell and the drawer; and back into nothing. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

test('an alert made on the page fires in the feed and comes back as toast, count and history', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 15_000,
  });
  // Through the API, as another tab would: every page is told.
  const made = await fetch(`${servers.feedUrl}/v1/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ symbol: 'BTC-USD@sim', kind: 'at-least', priceTicks: 10, note: 'ten' }),
  });
  expect(made.status).toBe(201);
  await expect(page.locator('[data-sonner-toast]')).toContainText('BTC-USD@sim', {
    timeout: 15_000,
  });
  await expect(page.getByTestId('bell')).toContainText(/\d/);
  await page.getByTestId('bell').click();
  await expect(page.getByRole('dialog')).toContainText('BTC-USD@sim');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
