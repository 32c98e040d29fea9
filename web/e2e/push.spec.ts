/* A feed without a source of its own: what an operator pushes appears on open pages, live, and stale when it stops. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

test.use({ serversOptions: { env: { TAPEDECK_SOURCE: 'none' } } });

const SYMBOL = 'MINE@desk';

test('a pushed market appears without a reload, lives, and goes stale when nobody pushes any more', async ({
  page,
  servers,
}) => {
  const push = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${servers.feedUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.ok, await response.text()).toBe(true);
  };
  await page.goto(servers.webUrl);
  await expect(page.getByTestId('health-strip')).toContainText('0/0 ok');
  let size = 5;
  const book = { type: 'snapshot', symbol: SYMBOL, bids: [[999, size]], asks: [[1_001, 7]] };
  const trade = { type: 'trade', symbol: SYMBOL, priceTicks: 1_001, sizeLots: 2, aggressor: 'buy' };
  const grid = { type: 'instrument', symbol: SYMBOL, tickSize: '0.01', lotSize: '1' };
  await push('/v1/ingest', { events: [grid, book, trade] });
  const beat = setInterval(() => {
    const update = { type: 'update', symbol: SYMBOL, bids: [[999, ++size]] };
    void push('/v1/ingest', { events: [update] });
  }, 250);
  await expect(page.getByText(SYMBOL).or(page.getByText('MINE')).first()).toBeVisible();

  await page.goto(`${servers.webUrl}/s/${encodeURIComponent(SYMBOL)}`);
  const ladder = page.getByTestId('ladder');
  await expect(ladder).toHaveAttribute('data-state', 'live');
  await expect(ladder).toContainText('10.01');
  await push('/v1/news', { title: 'Mine strikes gold', symbols: [SYMBOL] });
  await expect(page.getByText('Mine strikes gold').first()).toBeVisible();

  clearInterval(beat);
  await expect(ladder).toHaveAttribute('data-state', 'stale', { timeout: 15_000 });
});
