/*
 * A live venue from the settings to the book and back, against the venue's double over real sockets: found, added,
 * live with its badge and its link's lamp, cut off and back, removed, undone.
 */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

import type { DoubleVenue } from '../../feed/test/venue-double/double-venue.ts';
import { playDouble } from '../../feed/test/venue-double/play-double.ts';
import { Servers, test as base } from './servers.ts';

type Venue = { readonly double: DoubleVenue; readonly servers: Servers };

const test = base.extend<object, { venue: Venue }>({
  venue: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from this pattern.
    async ({}, use) => {
      const { double, server, stop } = await playDouble('kraken');
      const nobody = 'ws://127.0.0.1:1|http://127.0.0.1:1';
      const servers = await Servers.start({
        env: {
          TAPEDECK_SOURCE: 'none',
          TAPEDECK_VENUE_ENDPOINTS: `kraken=${server.endpoint};binance=${nobody}`,
        },
      });
      await use({ double, servers });
      await Promise.all([servers.stop(), stop()]);
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`)).toEqual([]);
}

test('V1: a market of a venue is added in the settings, live on its page, and removed', async ({
  page,
  venue: { double, servers },
}) => {
  await page.goto(`${servers.webUrl}/settings?section=sources`);
  await expect(page.getByText('No venue is connected')).toBeVisible();

  // A venue that cannot be reached says so, in the words of the network.
  const search = page.getByRole('combobox', { name: /^Search the instruments of/ });
  await expect(page.getByRole('region').getByRole('alert')).toContainText(
    /binance does not list .*ECONNREFUSED/,
  );
  await page.getByRole('combobox', { name: 'Venue' }).click();
  await page.getByRole('option', { name: 'kraken', exact: true }).click();
  await expect(page.getByTestId('found')).toHaveCount(2);

  // With the keyboard alone: what is found is chosen by arrows and added by Enter.
  await search.fill('eth');
  await expect(page.getByTestId('found')).toHaveCount(1);
  await search.press('Enter');
  const row = page.getByTestId('source-row');
  await expect(row).toHaveAttribute('data-symbol', 'ETH/USD@kraken');
  await expect(row).toHaveAttribute('data-state', 'ok');
  await expect(row.getByTestId('proof-badge')).toHaveAttribute('data-proof', 'checksum');
  await expect(page.getByTestId('found')).toContainText('Added');

  await expectAccessible(page);

  // Its page, without a reload: a live book and its badge, though the venue's clock is years behind (V16).
  await row.getByRole('link').click();
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live');
  await expect(page.getByTestId('trade-header').getByTestId('proof-badge')).toHaveAttribute(
    'title',
    /^Proven: /,
  );

  // The link's lamp, and what happened to it when the venue cuts it off.
  await page.goto(`${servers.webUrl}/status`);
  const link = page.getByTestId('venue-link');
  await expect(link).toHaveAttribute('data-state', 'up');
  double.faults.upgrades = { status: 503 };
  double.cut(1012);
  await expect(link).toHaveAttribute('data-state', 'back-off');
  await expect(link).toContainText('the upgrade was answered 503');
  delete double.faults.upgrades;
  await expect(link).toHaveAttribute('data-state', 'up');
  const history = page.getByTestId('link-timeline');
  await expect(history).toContainText(/opened[^]*failed[^]*lost[^]*closed 1012[^]*opened/);

  await expectAccessible(page);

  // Removed by a click, back by Undo, and gone.
  await page.goto(`${servers.webUrl}/settings?section=sources`);
  await page.getByRole('button', { name: 'Remove ETH/USD@kraken' }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toHaveAttribute('data-state', 'ok');
  await page.getByRole('button', { name: 'Remove ETH/USD@kraken' }).click();
  await expect(row).toHaveCount(0);
  await expect.poll(() => double.lineCount).toBe(0);
});
