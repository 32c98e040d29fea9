/* A wall over weeks: outages, reloads, new builds, scene changes. Its numbers have their true state throughout. */
import { expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

const SYMBOLS = 'BTC-USD@sim,ETH-USD@sim';

test.use({ viewport: { width: 1920, height: 1080 } });

async function untilLive(page: Page): Promise<void> {
  await expect(page.getByTestId('wall-tile').last()).toHaveAttribute('data-state', 'live', {
    timeout: 15_000,
  });
}

test('during an outage the banner appears once, stays, and goes once', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/wall?symbols=${SYMBOLS}`);
  await untilLive(page);
  await page.evaluate(() => {
    const seen: string[] = [];
    let text = '';
    const look = (): void => {
      const now = document.querySelector('[data-testid=wall-banner] strong')?.textContent ?? '';
      if (now !== text) seen.push((text = now));
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true });
    Object.assign(window, { bannersSeen: seen });
  });
  await servers.killFeed();
  const banner = page.getByTestId('wall-banner');
  await expect(banner).toContainText('NO LINK TO THE FEED');
  // Several attempts of the link fall into this time.
  await expect(banner).toContainText(/00:0[89] ago/, { timeout: 15_000 });
  await servers.restartFeed();
  await untilLive(page);
  await expect(banner).toHaveCount(0);
  const seen = await page.evaluate(
    () => (window as unknown as { bannersSeen: string[] }).bannersSeen,
  );
  expect(seen.filter((text) => text === 'NO LINK TO THE FEED')).toHaveLength(1);
  expect(seen.length).toBeLessThanOrEqual(3);
});

test('a reload shows the earlier values as stale until the first new ones, never dashes', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/wall?symbols=${SYMBOLS}`);
  await untilLive(page);
  await page.addInitScript(() => {
    const seen: string[] = [];
    const look = (): void => {
      const tile = document.querySelector('[data-testid=wall-tile]');
      const state = tile?.getAttribute('data-state');
      const price = tile?.querySelector('.wall-price')?.textContent;
      const now = `${state} ${price === '–' ? 'dash' : 'price'} ${tile?.querySelector('.wall-age')?.textContent?.split(' ')[0]}`;
      if (tile !== null && now !== seen.at(-1)) seen.push(now);
      requestAnimationFrame(look);
    };
    addEventListener('load', () => {
      (document as Document & { tilesSeen?: string[] }).tilesSeen = seen;
    });
    requestAnimationFrame(look);
  });
  await page.reload();
  await untilLive(page);
  const seen = await page.evaluate(
    () => (document as Document & { tilesSeen?: string[] }).tilesSeen ?? [],
  );
  expect(seen.some((text) => text.startsWith('stale price STALE'))).toBe(true);
  expect(seen.filter((text) => text.includes('LOADING'))).toEqual([]);
});

test('a new build of the web alone is loaded at a scene change', async ({ page, servers }) => {
  let build = 'one';
  await page.route('**/config.json', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), build } });
  });
  await page.goto(`${servers.webUrl}/wall?symbols=${SYMBOLS}&every=5`);
  await untilLive(page);
  await page.evaluate(() => Object.assign(window, { isOld: true }));
  build = 'two';
  await expect
    .poll(() => page.evaluate(() => 'isOld' in window).catch(() => true), { timeout: 20_000 })
    .toBe(false);
  await untilLive(page);
});

test('the next scene fades in over the previous one, which stays current until it is covered', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/wall?every=600`);
  await untilLive(page);
  await expect(page.getByTestId('wall')).toHaveAttribute('data-scenes', '2');
  await page.evaluate(() => {
    const seen: string[] = [];
    const look = (): void => {
      const scenes = [...document.querySelectorAll<HTMLElement>('.wall-scene')];
      const now = scenes
        .map(({ dataset }) => ('leaving' in dataset ? 'leaving' : 'shown'))
        .join('+');
      if (now !== seen.at(-1)) seen.push(now);
      requestAnimationFrame(look);
    };
    look();
    Object.assign(window, { scenesSeen: seen });
  });
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('wall')).toHaveAttribute('data-scene', '1');
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { scenesSeen: string[] }).scenesSeen))
    .toEqual(['shown', 'leaving+shown', 'shown']);
});

test('a firing alert is a toast until it ends', async ({ page, servers }) => {
  const post = (path: string, body: object) =>
    fetch(servers.feedUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const symbol = 'MINE@desk';
  const book = { type: 'snapshot', symbol, bids: [[999, 5]], asks: [[1_001, 5]] };
  const announced = { type: 'instrument', symbol, tickSize: '0.01', lotSize: '1' };
  await post('/v1/ingest', { events: [announced, book] });
  await page.goto(`${servers.webUrl}/wall?symbols=${SYMBOLS}`);
  await untilLive(page);
  await post('/v1/alerts', { symbol, kind: 'feed-age', ageMs: 1_000, repeat: 'every' });
  const toast = page.locator('[data-sonner-toast]').filter({ hasText: symbol });
  await expect(toast).toBeVisible({ timeout: 15_000 });
  const size = await toast.evaluate((box) => Number.parseFloat(getComputedStyle(box).fontSize));
  expect(size).toBeGreaterThanOrEqual(32);
  await expect
    .poll(
      async () => {
        await post('/v1/ingest', { events: [book] });
        return toast.count();
      },
      { timeout: 25_000, intervals: [200] },
    )
    .toBe(0);
});
