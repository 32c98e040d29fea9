/* Networks that block WebSockets, or buffer streams, too: the page names its transport, and recovers by itself. */
import { expect, type Page } from '@playwright/test';

import { BlockingProxy } from '../../scripts/blocking-proxy.mjs';
import { type Servers, test } from './servers.ts';

const SYMBOL = 'BTC-USD@sim';

/** The page behind a proxy, and the feed's own port behind another, if the page knows that port. */
async function open(
  page: Page,
  servers: Servers,
  options: { readonly buffersStreams: boolean; readonly hasDirectWay: boolean },
): Promise<readonly BlockingProxy[]> {
  const web = await BlockingProxy.open(servers.webUrl);
  const feed = await BlockingProxy.open(servers.feedUrl);
  for (const proxy of [web, feed]) proxy.buffersStreams = options.buffersStreams;
  // It identifies pages of another port, as the web's own proxy does.
  feed.told = {
    'x-forwarded-host': new URL(web.url).host,
    'tapedeck-web-key': servers.webKey,
  };
  const json = options.hasDirectWay ? { feedUrl: feed.url } : {};
  await page.route('**/config.json', (route) => route.fulfill({ json }));
  await page.goto(`${web.url}/s/${SYMBOL}`);
  return [web, feed];
}

/** The network has changed: a page that becomes visible retries at once, not after a minute. */
async function comeBack(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}

/** The ladder is at the feed's sequence, within some changes of a market with about 400 a second. */
async function expectTheRightBook(page: Page, feedUrl: string, within: number): Promise<void> {
  const ladder = page.getByTestId('ladder');
  await expect(async () => {
    const shown = Number(await ladder.getAttribute('data-sequence'));
    const answer = await fetch(`${feedUrl}/v1/book?symbol=${SYMBOL}&depth=10`);
    const { sequence } = (await answer.json()) as { sequence: number };
    expect(shown).toBeGreaterThan(0);
    expect(sequence - shown).toBeLessThan(within);
  }).toPass({ timeout: 10_000, intervals: [100] });
}

test('WebSockets are blocked: the page uses SSE and says so, until they work', async ({
  page,
  servers,
}) => {
  const proxies = await open(page, servers, { buffersStreams: false, hasDirectWay: true });
  const ladder = page.getByTestId('ladder');
  const notice = page.getByTestId('degraded-notice');
  await expect(ladder).toHaveAttribute('data-state', 'live', { timeout: 30_000 });
  await expect(notice).toContainText('no WebSocket: SSE');
  await expect(page.getByTestId('source-badge')).toHaveText('LIVE');
  await expectTheRightBook(page, servers.feedUrl, 600);

  for (const proxy of proxies) proxy.blocksUpgrades = false;
  await comeBack(page);
  const states = new Set<string | null>();
  await expect(async () => {
    states.add(await ladder.getAttribute('data-state'));
    expect(await notice.count()).toBe(0);
  }).toPass({ timeout: 20_000, intervals: [20] });
  await expect(ladder).toHaveAttribute('data-state', 'live');
  // It switched over without a moment that was not live.
  expect([...states]).toEqual(['live']);
  await expectTheRightBook(page, servers.feedUrl, 600);
  await page.close();
  for (const proxy of proxies) proxy.close();
});

test('SSE is held back, too: the market is polled and never live, until it can be streamed', async ({
  page,
  servers,
}) => {
  const proxies = await open(page, servers, { buffersStreams: true, hasDirectWay: false });
  const ladder = page.getByTestId('ladder');
  await expect(ladder).toHaveAttribute('data-state', 'delayed', { timeout: 50_000 });
  await expect(page.getByTestId('degraded-notice')).toContainText('polling every 2 s');
  await expectTheRightBook(page, servers.feedUrl, 2_000);
  const before = await ladder.getAttribute('data-sequence');
  await expect(ladder).not.toHaveAttribute('data-sequence', before ?? '');
  // The rest of the page is polled, too: the tape moves, chart and header have their numbers.
  const tape = page.locator('[data-sequence][data-price-ticks]');
  const newest = async (): Promise<number> =>
    Number((await tape.first().getAttribute('data-sequence')) ?? 0);
  const first = await newest();
  await expect.poll(newest, { timeout: 15_000 }).toBeGreaterThan(first + 3);
  await expect(page.getByTestId('chart-legend')).toContainText(/O\s*[\d,.]+/);
  await expect(page.getByTestId('last-price')).toContainText(/\d/);
  for (let i = 0; i < 20; i++) {
    expect(await page.locator('[data-state=live]').count()).toBe(0);
    expect(await page.getByTestId('source-badge').textContent()).not.toMatch(/\blive\b/i);
  }

  for (const proxy of proxies) proxy.blocksUpgrades = false;
  await comeBack(page);
  await expect(ladder).toHaveAttribute('data-state', 'live', { timeout: 20_000 });
  await expect(page.getByTestId('degraded-notice')).not.toContainText('polling');
  await expectTheRightBook(page, servers.feedUrl, 600);
  await page.close();
  for (const proxy of proxies) proxy.close();
});
