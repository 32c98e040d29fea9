/* The state of data and its age are fully readable on every screen, even in a narrow header with a long state. */
import { expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

/** States that end outside the visible area, or are shortened. */
async function cutStates(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-testid=state-pill]')]
      .filter((pill) => pill.getClientRects().length > 0)
      .filter((pill) => {
        if (pill.scrollWidth > pill.clientWidth + 1) return true;
        const box = pill.getBoundingClientRect();
        for (let over = pill.parentElement; over !== null; over = over.parentElement) {
          const frame = over.getBoundingClientRect();
          const cuts = over === document.body || getComputedStyle(over).overflowX !== 'visible';
          if (cuts && (box.right > frame.right + 1 || box.left < frame.left - 1)) return true;
        }
        return false;
      })
      .map((pill) => `${pill.closest('[data-panel], tr')?.textContent.slice(0, 24)}`),
  );
}

const SCREENS = [
  { path: '/s/BTC-USD@sim', width: 1440, height: 900, tabs: [] },
  { path: '/s/PEPE-USD@sim', width: 1024, height: 768, tabs: [] },
  { path: '/s/PEPE-USD@sim', width: 390, height: 844, tabs: ['Chart', 'Book', 'Tape'] },
  { path: '/', width: 390, height: 844, tabs: [] },
] as const;

test('while disconnected no state, age or symbol is cut off', async ({ context, servers }) => {
  const pages = await Promise.all(
    SCREENS.map(async ({ path, width, height }) => {
      const page = await context.newPage();
      await page.setViewportSize({ width, height });
      await page.goto(servers.webUrl + path);
      await expect(page.locator('[data-state=live]').first()).toBeVisible({ timeout: 20_000 });
      return page;
    }),
  );
  await servers.killFeed();
  for (const [index, page] of pages.entries()) {
    const { path, width, tabs } = SCREENS[index] ?? SCREENS[0];
    await page.bringToFront();
    for (const tab of tabs.length === 0 ? [undefined] : tabs) {
      if (tab !== undefined) await page.getByRole('tab', { name: tab }).click();
      const pills = page.getByTestId('state-pill').filter({ visible: true });
      await expect(pills.last()).toHaveText(/^DISCONNECTED \d\d:\d\d$/);
      expect(await cutStates(page), `${path} at ${width} ${tab ?? ''}`).toEqual([]);
    }
    if (path.startsWith('/s/')) {
      const name = page.getByTestId('trade-header').getByRole('button').first();
      const hidden = await name.evaluate((button) => button.scrollWidth - button.clientWidth);
      expect(hidden, `${path} at ${width}: the symbol`).toBeLessThanOrEqual(0);
    }
  }
  await servers.restartFeed();
});
