/* Every route, on a desk and on a phone (the wall on a wall): no console error, no overflow, no axe finding. */
import AxeBuilder from '@axe-core/playwright';
import { expect } from '@playwright/test';

import { test } from './servers.ts';

const ROUTES = [
  ['/', '[data-testid=watch-row]'],
  ['/s/BTC-USD@sim', '[data-testid=trade-header][data-state=live]'],
  ['/s/PEPE-USD%40sim?tf=5m&g=10', '[data-testid=trade-header][data-state=live]'],
  ['/wall', '[data-testid=wall-tile]'],
  ['/replay', '[data-testid=session-row]'],
  ['/status', '[data-testid=status-row]'],
  ['/alerts', 'main'],
  ['/news', 'main'],
  ['/history', 'main'],
  ['/settings', 'main'],
] as const;
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const WALL = { width: 1920, height: 1080 };

for (const [path, ready] of ROUTES) {
  test(`${path} is complete on its screens`, async ({ page, servers }) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    // In the middle of a cross-fade there is no contrast to check.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const screen of path === '/wall' ? [WALL, DESK] : [DESK, PHONE]) {
      await page.setViewportSize(screen);
      await page.goto(servers.webUrl + path);
      await page.locator(ready).first().waitFor({ state: 'attached', timeout: 15_000 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${path} at ${screen.width}`).toBeLessThanOrEqual(0);
      const { violations } = await new AxeBuilder({ page })
        // The chart's canvas and attribution belong to its library.
        .exclude('[data-testid=chart-canvas]')
        .withTags(['wcag2a', 'wcag2aa'])
        .analyze();
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)} (${nodes.length})`);
      expect(serious, `${path} at ${screen.width}`).toEqual([]);
    }
    expect(complaints).toEqual([]);
  });
}

test('on a phone a session is complete: its name, its start, and how to play it', async ({
  page,
  servers,
}) => {
  await page.setViewportSize(PHONE);
  await page.goto(`${servers.webUrl}/replay`);
  const row = page.getByTestId('session-row').first();
  await expect(row).toBeVisible({ timeout: 15_000 });
  const right = await row.evaluate((tr) => tr.getBoundingClientRect().right);
  expect(right).toBeLessThanOrEqual(PHONE.width);
});

test('an unknown page and an unknown symbol say so', async ({ page, servers }) => {
  await page.goto(`${servers.webUrl}/nowhere`);
  await expect(page.locator('body')).toContainText(/no page/i);
  await page.goto(`${servers.webUrl}/s/NOPE@sim`);
  await expect(page.locator('body')).toContainText('NOPE@sim');
  await expect(page.locator('[data-state=live]')).toHaveCount(0);
});

test('an invalid address names the field and the value, and opens all the same', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim?tf=7m&g=3`);
  await expect(page.getByText('tf=7m is ignored')).toBeVisible({ timeout: 15_000 });
  await expect(page.getByText('g=3 is ignored')).toBeVisible();
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live');
});

test('the status page shows the age of data per hop, and the recorder’s lag', async ({
  context,
  servers,
}) => {
  const [desk, status] = [await context.newPage(), await context.newPage()];
  await desk.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await expect(desk.getByTestId('ladder')).toHaveAttribute('data-state', 'live');
  await status.goto(`${servers.webUrl}/status`);
  const facts = status.getByRole('region', { name: /^Latency/ });
  for (const hop of ['Venue to feed', 'Sent to acknowledged'])
    await expect(facts.locator('div', { hasText: hop })).toContainText(/\d m?s \/ .* \/ \d/, {
      timeout: 15_000,
    });
  await expect(facts.locator('div', { hasText: 'Received to sent' })).toContainText(/\d m?s/);
  await expect(status.getByText(/last write .* ago/)).toBeVisible();
});

test('a window that was narrow for a while gets its large chart back', async ({
  page,
  servers,
}) => {
  await page.setViewportSize(DESK);
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 15_000,
  });
  const chart = page.getByTestId('chart');
  const before = (await chart.boundingBox())?.width ?? 0;
  expect(before).toBeGreaterThan(600);
  await page.setViewportSize({ ...DESK, width: 800 });
  await expect.poll(async () => (await chart.boundingBox())?.width).toBeLessThan(400);
  await page.setViewportSize(DESK);
  await expect
    .poll(async () => (await chart.boundingBox())?.width)
    .toBeGreaterThanOrEqual(before - 1);
});
