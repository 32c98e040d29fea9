/* What the user has set stays: the newest candle, the whole tape, panes, sort, filter, interval and grouping. */
import { expect, type Page, type Route } from '@playwright/test';

import { test } from './servers.ts';

const trade = (page: Page, url: string, symbol = 'BTC-USD@sim', search = '') =>
  page.goto(`${url}/s/${encodeURIComponent(symbol)}${search}`);

test('c and -> Live go to the newest candle and the middle of the ladder, from any scroll position', async ({
  page,
  servers,
}) => {
  test.slow();
  await trade(page, servers.webUrl, undefined, '?tf=1s');
  const chart = page.getByTestId('chart');
  const canvas = page.getByTestId('chart-canvas');
  await expect(canvas.locator('canvas').first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByTestId('ladder').getByRole('grid')).toBeVisible({ timeout: 30_000 });
  const back = chart.getByRole('button', { name: 'Live' });
  const ladder = page.getByTestId('ladder').getByRole('grid');
  const offCentre = () =>
    ladder.evaluate((box) => {
      const spread = box.querySelector('[data-testid="spread-row"]')?.parentElement;
      const middle = (spread?.offsetTop ?? 0) + (spread?.offsetHeight ?? 0) / 2 - box.scrollTop;
      return Math.abs(middle - box.clientHeight / 2);
    });
  for (let turn = 0; turn < 4; turn++) {
    const area = await canvas.boundingBox();
    await page.mouse.move((area?.x ?? 0) + 300, (area?.y ?? 0) + 200);
    // To the left: back in time.
    for (let i = 0; i < 6; i++) await page.mouse.wheel(-400, 0);
    await expect(back).toBeVisible();
    const book = await ladder.boundingBox();
    await page.mouse.move((book?.x ?? 0) + 150, (book?.y ?? 0) + 200);
    await page.mouse.wheel(0, 300);
    await expect.poll(offCentre).toBeGreaterThan(30);
    if (turn % 2 === 0) await page.keyboard.press('c');
    else {
      await back.click();
      await page.getByRole('button', { name: 'Centre the ladder' }).click();
    }
    await expect(back).toHaveCount(0);
    await expect.poll(offCentre).toBeLessThanOrEqual(2);
    // And it stays there while candles arrive: the library's own animated scroll was stopped by the next candle.
    await page.waitForTimeout(1_200);
    await expect(back).toHaveCount(0);
    expect(await offCentre()).toBeLessThanOrEqual(2);
  }
});

test('the tape fills its height again after a notice replaced it, and its filter is in the address', async ({
  page,
  servers,
}) => {
  test.slow();
  await trade(page, servers.webUrl, undefined, '?min=9999999');
  const tape = page.getByTestId('tape');
  await expect(tape.getByText(/No trades of 9999999/)).toBeVisible({ timeout: 30_000 });
  await tape.getByRole('textbox').fill('');
  const rows = tape.locator('[data-sequence]');
  // A tape of 25 rows leaves the lower half of the panel empty.
  await expect
    .poll(
      async () => {
        const box = await tape.boundingBox();
        const last = await rows.last().boundingBox();
        return (box?.y ?? 0) + (box?.height ?? 0) - (last?.y ?? 0);
      },
      { timeout: 30_000 },
    )
    .toBeLessThan(60);
  await tape.getByRole('textbox').fill('0.5');
  await expect(page).toHaveURL(/min=0\.5/);
});

test('interval, grouping and filter carry over to the next symbol; sort is in the address; panes keep their sizes', async ({
  page,
  servers,
}) => {
  test.slow();
  await trade(page, servers.webUrl, undefined, '?tf=5m&g=10&min=0.25');
  const ladder = page.getByTestId('ladder');
  await expect(ladder.getByRole('grid')).toBeVisible({ timeout: 30_000 });
  const wide = async () => Math.round((await ladder.boundingBox())?.width ?? 0);
  const before = await wide();
  const box = await page.locator('#pane-ladder').boundingBox();
  await page.mouse.move((box?.x ?? 0) - 1, 400);
  await page.mouse.down();
  await page.mouse.move((box?.x ?? 0) - 101, 400, { steps: 5 });
  await page.mouse.up();
  await expect.poll(wide).toBeGreaterThan(before + 60);
  const after = await wide();

  await page.keyboard.press('/');
  await page.getByPlaceholder('Symbol…').fill('ETH-USD@sim');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/ETH-USD/);
  await expect(page).toHaveURL(/tf=5m/);
  await expect(page).toHaveURL(/g=10/);
  await expect(page).toHaveURL(/min=0\.25/);
  await page.reload();
  await expect(ladder.getByRole('grid')).toBeVisible({ timeout: 30_000 });
  expect(Math.abs((await wide()) - after)).toBeLessThanOrEqual(2);

  await page.goto(servers.webUrl);
  await page.getByRole('button', { name: '24 h', exact: true }).click();
  await expect(page).toHaveURL(/sort=-change/);
  await page.reload();
  await expect(page.locator('th[aria-sort="descending"]')).toContainText('24 h');
});

test('a request that the feed never answers is an error with a retry after ten seconds, in every panel', async ({
  page,
  servers,
}) => {
  test.slow();
  // The requests hang like those to a stopped feed.
  const held: Route[] = [];
  let isHanging = true;
  await page.route(/\/v1\/(candles|news|alerts)/, async (route) => {
    if (isHanging) held.push(route);
    else await route.continue();
  });
  await trade(page, servers.webUrl);
  for (const panel of ['chart', 'news', 'alerts']) {
    const problem = page.getByTestId(panel).getByRole('alert');
    await expect(problem, panel).toContainText(/waited 10 s|has not answered/i, {
      timeout: 30_000,
    });
    await expect(problem.getByRole('button', { name: 'Retry' })).toBeVisible();
  }
  // Retry sends a request at once, whatever else hangs, and gets its response once the feed answers again.
  for (const [panel, path] of [
    ['chart', '/v1/candles'],
    ['news', '/v1/news'],
    ['alerts', '/v1/alerts'],
  ] as const) {
    const asked = page.waitForRequest((request) => request.url().includes(path), {
      timeout: 5_000,
    });
    await page.getByTestId(panel).getByRole('button', { name: 'Retry' }).click();
    await asked;
  }
  isHanging = false;
  // The cancelled ones have no page left to answer.
  await Promise.allSettled(held.map((route) => route.continue()));
  for (const panel of ['chart', 'news', 'alerts'])
    await expect(page.getByTestId(panel).getByRole('alert'), panel).toHaveCount(0);
  await expect(page.getByTestId('chart-canvas').locator('canvas').first()).toBeVisible();
});
