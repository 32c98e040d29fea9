/*
 * The chart of a live venue, against the venue's double over real sockets: the candles from before the first start are
 * those that the double states and marked as the venue's, and a cut-off market is a gap that says so.
 */
import { expect } from '@playwright/test';

import { doubleCandle } from '../../feed/test/venue-double/double-candles.ts';
import type { DoubleVenue } from '../../feed/test/venue-double/double-venue.ts';
import { playDouble } from '../../feed/test/venue-double/play-double.ts';
import { Servers, test as base } from './servers.ts';

const MINUTE_MS = 60_000;
const COMPARED = 10;

type Venue = { readonly double: DoubleVenue; readonly servers: Servers };

const test = base.extend<object, { venue: Venue }>({
  venue: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from this pattern.
    async ({}, use) => {
      const { double, server, stop } = await playDouble('kraken', { today: true });
      const servers = await Servers.start({
        env: {
          TAPEDECK_SOURCE: 'kraken:BTC/USD',
          TAPEDECK_VENUE_ENDPOINTS: `kraken=${server.endpoint}`,
        },
      });
      await use({ double, servers });
      await Promise.all([servers.stop(), stop()]);
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

test('V14: the chart has the venue’s own candles, marked as such, and says why a live gap is one', async ({
  page,
  venue: { double, servers },
}) => {
  await page.goto(`${servers.webUrl}/s/${encodeURIComponent('BTC/USD@kraken')}`);
  const legend = page.getByTestId('chart-legend');
  const mark = page.getByTestId('candle-source');
  // The newest candle is the feed's own.
  await expect(page.getByTestId('chart-summary')).toContainText('are from the venue');
  await expect(mark).toBeHidden();

  // From the newest to the left, one reading per bar.
  const box = await page.getByTestId('chart-canvas').boundingBox();
  if (box === null) throw new Error('the chart is not on the page');
  const told: string[] = [];
  for (let x = box.x + box.width - 70; told.length < COMPARED && x > box.x; x -= 3) {
    await page.mouse.move(x, box.y + box.height / 3);
    if (!(await mark.isVisible())) continue;
    const text = await legend.locator('dd').allInnerTexts();
    const [open, high, low, close, , volume] = text.map((each) => each.replaceAll(',', ''));
    const reading = [open, high, low, close, volume].map(Number).join(' ');
    if (reading !== told.at(-1)) told.push(reading);
  }
  const summary = await page.getByTestId('chart-summary').innerText();
  const seam = Date.parse(`${/before ([\d-]+ [\d:]+)/.exec(summary)?.[1]}Z`);
  const stated = Array.from({ length: COMPARED }, (_, i) => {
    const { open, high, low, close, volume } = doubleCandle(seam - (i + 1) * MINUTE_MS, MINUTE_MS);
    return [open, high, low, close, volume].map(Number).join(' ');
  });
  expect(told).toEqual(stated);

  // The venue cuts the market off: the gap is told while it grows, and with the recorded reason.
  await page.mouse.move(0, 0);
  double.faults.upgrades = { status: 503 };
  double.cut(1012);
  const words = page.getByTestId('gap-words');
  await expect(words).toHaveText(/^no data since \d\d:\d\d:\d\d: this market is not up to date$/);
  await expect(words).toHaveText(
    /^no data since \d\d:\d\d:\d\d: the source started over or reconnected$/,
  );
  delete double.faults.upgrades;
  await expect(words).toBeHidden();
  await expect(page.getByTestId('chart-summary').getByRole('listitem')).toHaveText(
    /^no data [\d:]+–[\d:]+: the source started over or reconnected$/,
  );
});
