/* A feed without its own source: what an operator pushes appears on open pages, live, and stale when it stops. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

test.use({ serversOptions: { env: { TAPEDECK_SOURCE: 'none' } } });

const SYMBOL = 'MINE@desk';

test('a pushed market appears without a reload, is live, and goes stale when the pushes stop', async ({
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

  // The statement that a book is right is a sign of life (2a): the market is quiet, and says so.
  clearInterval(beat);
  const word = setInterval(() => {
    void push('/v1/ingest', { events: [{ type: 'state', symbol: SYMBOL, state: 'ok' }] });
  }, 500);
  await expect(ladder).toHaveAttribute('data-state', 'quiet', { timeout: 15_000 });
  clearInterval(word);
  await expect(ladder).toHaveAttribute('data-state', 'stale', { timeout: 15_000 });

  // P20b: a source that falls silent in the middle of its work is never quiet, in any panel.
  const again = setInterval(() => {
    const update = { type: 'update', symbol: SYMBOL, bids: [[999, ++size]] };
    void push('/v1/ingest', { events: [update, { ...trade, sizeLots: size }] });
  }, 100);
  await expect(ladder).toHaveAttribute('data-state', 'live');
  await page.evaluate(() => {
    const seen = new Set<string>();
    const note = () => {
      for (const pill of document.querySelectorAll('[data-testid="state-pill"]'))
        seen.add((pill.textContent ?? '').split(' ')[0] ?? '');
    };
    new MutationObserver(note).observe(document.body, {
      subtree: true,
      characterData: true,
      childList: true,
    });
    Object.assign(globalThis, { statesSeen: seen });
  });
  await page.waitForTimeout(1_500);
  clearInterval(again);
  await expect(ladder).toHaveAttribute('data-state', 'stale', { timeout: 15_000 });
  await expect(page.getByTestId('tape')).toHaveAttribute('data-state', 'stale');
  const seen = await page.evaluate(() => [
    ...(globalThis as unknown as { statesSeen: Set<string> }).statesSeen,
  ]);
  expect(seen).toContain('STALE');
  expect(seen).not.toContain('QUIET');
});
