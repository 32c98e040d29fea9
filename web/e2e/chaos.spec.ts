/* Injected faults, from the status page: every page says so, the ladder recovers, and then it is LIVE again. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

test.use({ serversOptions: { env: { TAPEDECK_CHAOS: 'on' } } });

test('faults are injected, shown everywhere, recovered from, and ended', async ({
  page,
  context,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/status`);
  const chaos = page.getByTestId('chaos');
  await expect(chaos).toHaveAttribute('data-active', 'false');
  const trade = await context.newPage();
  await trade.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  const badge = trade.getByTestId('source-badge');
  const ladder = trade.getByTestId('ladder');
  await expect(badge).toHaveText('LIVE');

  await chaos.getByRole('button', { name: /drop, double/i }).click();
  await expect(chaos).toHaveAttribute('data-active', 'true');
  await expect(badge).toHaveText('CHAOS');
  const wall = await context.newPage();
  await wall.goto(`${servers.webUrl}/wall`);
  await expect(wall.getByTestId('wall-banner')).toContainText('FAULTS ON PURPOSE');
  // Something was resynced, and the ladder returns to live each time.
  await expect(async () => {
    const report = (await (await fetch(`${servers.feedUrl}/v1/status`)).json()) as {
      readonly connections: { readonly resyncs: number };
    };
    expect(report.connections.resyncs).toBeGreaterThan(0);
  }).toPass({ timeout: 30_000 });
  await expect(ladder).toHaveAttribute('data-state', 'live', { timeout: 15_000 });
  await expect(trade.getByText(/\bLIVE\b/)).toHaveCount(0);

  await chaos.getByRole('button', { name: 'None' }).click();
  await expect(chaos).toHaveAttribute('data-active', 'false');
  await expect(badge).toHaveText('LIVE');
  await expect(ladder).toHaveAttribute('data-state', 'live');
});
