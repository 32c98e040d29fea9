/* A page without a market: the feed closes its socket after ten seconds (P23), which is not an outage. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

/** P23's ten seconds, and a margin. */
const ENDED_MS = 20_000;

test('news read for longer than the feed keeps an idle socket: no alarm, and a market opens as usual', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/news`);
  await expect(page.getByTestId('source-badge')).toHaveText('CONNECTED', { timeout: 15_000 });
  await expect(page.getByTestId('lamp-transport')).toContainText('idle', { timeout: ENDED_MS });
  await expect(page.getByTestId('link-notice')).toHaveCount(0);
  await expect(page.getByTestId('source-badge')).toHaveText('CONNECTED');
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await expect(page.getByTestId('watch-row').first()).toHaveAttribute('data-state', 'live', {
    timeout: 10_000,
  });
  await expect(page.getByTestId('lamp-transport')).toContainText('connected');
});
