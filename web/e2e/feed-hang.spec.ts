/* A feed that hangs keeps its sockets open and refuses nothing: nothing it said before may pass for current. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

test('the feed hangs: its last report is shown as old, like the prices', async ({
  context,
  servers,
}) => {
  const [overview, status] = [await context.newPage(), await context.newPage()];
  const history = await context.newPage();
  await history.goto(`${servers.webUrl}/history`);
  await expect(history.getByText('forming')).toBeVisible({ timeout: 15_000 });
  await status.goto(`${servers.webUrl}/status`);
  await expect(status.getByTestId('status-row').first()).toBeVisible({ timeout: 15_000 });
  await overview.goto(servers.webUrl);
  const strip = overview.getByTestId('health-strip');
  await expect(strip).toContainText(/Books \d/, { timeout: 15_000 });
  await expect(strip).toHaveAttribute('data-old', 'false');
  servers.pauseFeed();
  try {
    await expect(strip).toHaveAttribute('data-old', 'true', { timeout: 10_000 });
    await expect(strip).toContainText('Last report');
    await expect(overview.locator('[data-state=live]')).toHaveCount(0);
    await expect(
      status.getByRole('status').filter({ hasText: 'these figures are old' }),
    ).toHaveCount(1);
    // No lamp is lit for what may have ended since.
    await expect(status.getByTestId('status-row').first()).toContainText('was ok');
    await expect(status.getByTestId('status').locator('.text-ok')).toHaveCount(0);
    // A candle that was forming then must not pass for one forming now.
    await expect(history.getByRole('status').filter({ hasText: 'No answer since' })).toHaveCount(
      1,
      { timeout: 20_000 },
    );
    await expect(history.locator('tbody tr').first()).toBeVisible();
  } finally {
    servers.resumeFeed();
  }
  await expect(strip).toHaveAttribute('data-old', 'false', { timeout: 15_000 });
  // Every market restarts: one cause, one toast.
  const toasts = overview.locator('[data-sonner-toast]');
  await expect(toasts.first()).toContainText(
    's are missing: the simulator or its machine stood still',
  );
  await expect(toasts.first()).toContainText(/\d+ messages/);
  await expect(toasts).toHaveCount(1);
});
