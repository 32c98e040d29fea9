/* The access token comes in a page's address, and does not stay there. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

const TOKEN = 'a token of this test';

test.use({ serversOptions: { env: { TAPEDECK_TOKEN: TOKEN } } });

test('P24d: the token is removed from the address, the rest stays, and the page keeps working', async ({
  page,
  servers,
}) => {
  const query = `tf=5m&token=${encodeURIComponent(TOKEN)}&g=10`;
  const referers: string[] = [];
  page.on('request', (request) => {
    const { referer } = request.headers();
    if (referer !== undefined) referers.push(referer);
  });
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim?${query}#chart`);
  await expect(page).toHaveURL(`${servers.webUrl}/s/BTC-USD@sim?tf=5m&g=10#chart`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 20_000,
  });
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
  // A reload and another page in this tab still have it.
  await page.reload();
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 20_000,
  });
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await expect(page.getByTestId('watch-row').first()).toHaveAttribute('data-state', 'live');
  expect(page.url()).not.toContain('token');
  expect(referers.filter((each) => each.includes('token'))).toEqual([]);
});
