/* A wall is unattended: its address is its only configuration, and errors in it are shown on the screen. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

test.use({ viewport: { width: 1920, height: 1080 } });

test('an unknown name is shown with the known ones; the other tiles are right', async ({
  page,
  servers,
}) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(decodeURIComponent(request.url())));
  await page.goto(`${servers.webUrl}/wall?symbols=NOPE@sim,BTC-USD@sim,ETH-USD@sim`);
  const tile = page.locator('[data-testid=wall-tile][data-symbol="NOPE@sim"]');
  await expect(tile).toHaveAttribute('data-state', 'error', { timeout: 15_000 });
  await expect(tile).toContainText('NOPE@sim');
  await expect(tile).toContainText('is unknown to this feed');
  await expect(tile).toContainText('BTC-USD@sim');
  const cut = await tile.evaluate(
    (box) => box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth,
  );
  expect(cut).toBe(false);
  for (const symbol of ['BTC-USD@sim', 'ETH-USD@sim']) {
    const other = page.locator(`[data-testid=wall-tile][data-symbol="${symbol}"]`);
    await expect(other).toHaveAttribute('data-state', 'live');
    await expect(other).toContainText(/\d[\d,]*\.\d/);
  }
  await expect(page.getByTestId('wall-banner')).toHaveCount(0);
  await expect(page.getByTestId('wall-address')).toHaveCount(0);
  // Its sparkline was not requested either: the feed's list comes first.
  await expect.poll(() => asked.some((url) => /candles.*BTC-USD@sim/.test(url))).toBe(true);
  expect(asked.filter((url) => /candles.*NOPE@sim/.test(url))).toEqual([]);
});

test('invalid fields of the address are shown on the wall, in full, below working tiles', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/wall?theme=pink&every=abc`);
  const line = page.getByTestId('wall-address');
  await expect(line).toContainText('theme=pink is ignored', { timeout: 15_000 });
  await expect(line).toContainText('every=abc is ignored');
  const [box, tile] = [
    await line.boundingBox(),
    await page.getByTestId('wall-tile').last().boundingBox(),
  ];
  expect(box?.y).toBeGreaterThanOrEqual((tile?.y ?? 0) + (tile?.height ?? 0));
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(1080);
});

test('theme=light is a light wall, whatever the browser prefers; a misspelt theme is dark', async ({
  page,
  servers,
}) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  const seen = async (query: string) => {
    await page.goto(`${servers.webUrl}/wall${query}`);
    const tile = page.getByTestId('wall-tile').first();
    await expect(tile).toHaveAttribute('data-state', 'live', { timeout: 15_000 });
    return tile.evaluate((box) => {
      const light = (colour: string) => {
        const pixel = new OffscreenCanvas(1, 1).getContext('2d');
        if (pixel === null) throw new Error('no canvas');
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
        return (red + green + blue) / 3 > 128;
      };
      const background = (of: Element) => light(getComputedStyle(of).backgroundColor);
      const price = box.querySelector('.wall-price') ?? box;
      return {
        page: background(document.body),
        wall: background(box.closest('main') ?? box),
        tile: background(box),
        price: light(getComputedStyle(price).color),
      };
    });
  };
  const dark = { page: false, wall: false, tile: false, price: true };
  expect(await seen('')).toEqual(dark);
  expect(await seen('?theme=light')).toEqual({ page: true, wall: true, tile: true, price: false });
  expect(await seen('?theme=neon')).toEqual(dark);
  // From the first byte: a wall that reloads at night must not flash.
  const markup = await (await fetch(`${servers.webUrl}/wall?theme=light`)).text();
  expect(markup).toContain('html,body{background:#ffffff');
});

test('while cut off every tile says so in full, in the words of the desk', async ({
  page,
  servers,
}) => {
  await page.goto(
    `${servers.webUrl}/wall?symbols=BTC-USD@sim,PEPE-USD@sim,DOGE-USD@sim,ETH-USD@sim,SOL-USD@sim,XRP-USD@sim`,
  );
  const tiles = page.getByTestId('wall-tile');
  await expect(tiles.last()).toHaveAttribute('data-state', 'live', { timeout: 15_000 });
  await servers.killFeed();
  for (const tile of await tiles.all()) {
    const age = tile.locator('.wall-age');
    await expect(age).toHaveText(/^DISCONNECTED \d\d:\d\d$/);
    const [box, frame] = [await age.boundingBox(), await tile.boundingBox()];
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(
      (frame?.x ?? 0) + (frame?.width ?? 0),
    );
    const name = tile.locator('h2');
    expect(await name.evaluate((h2) => h2.scrollWidth - h2.clientWidth)).toBeLessThanOrEqual(0);
  }
  await servers.restartFeed();
});
