/* Networks that block websockets, and such that buffer streams, too: the page says how it is served, and mends itself. */
import { expect, type Page } from '@playwright/test';

import { BlockingProxy } from './blocking-proxy.ts';
import { type Servers, test } from './servers.ts';

const SYMBOL = 'BTC-USD@sim';

/** The page behind a proxy; the feed's own port is out of reach, as `config.json` says. */
async function open(page: Page, servers: Servers, buffersStreams: boolean): Promise<BlockingProxy> {
  const proxy = await BlockingProxy.open(servers.webUrl);
  proxy.buffersStreams = buffersStreams;
  await page.route('**/config.json', (route) => route.fulfill({ json: {} }));
  await page.goto(`${proxy.url}/s/${SYMBOL}`);
  return proxy;
}

/** The network has changed: whoever comes back to the page does not wait for the minute's trial. */
async function comeBack(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}

/** The ladder stands where the feed stands, within some changes of a market of some 400 a second. */
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

test('websockets are blocked: SSE serves and the page says so, until they are not', async ({
  page,
  servers,
}) => {
  const proxy = await open(page, servers, false);
  const ladder = page.getByTestId('ladder');
  const notice = page.getByTestId('degraded-notice');
  await expect(ladder).toHaveAttribute('data-state', 'live', { timeout: 30_000 });
  await expect(notice).toContainText('no WebSocket: SSE');
  await expectTheRightBook(page, servers.feedUrl, 600);

  proxy.blocksUpgrades = false;
  await comeBack(page);
  const states = new Set<string | null>();
  await expect(async () => {
    states.add(await ladder.getAttribute('data-state'));
    expect(await notice.textContent()).not.toContain('no WebSocket');
  }).toPass({ timeout: 20_000, intervals: [20] });
  await expect(ladder).toHaveAttribute('data-state', 'live');
  // It took over without a moment that was not live.
  expect([...states]).toEqual(['live']);
  await expectTheRightBook(page, servers.feedUrl, 600);
  await page.close();
  proxy.close();
});

test('SSE is held back, too: the market is polled, never called live, until it can be streamed', async ({
  page,
  servers,
}) => {
  const proxy = await open(page, servers, true);
  const ladder = page.getByTestId('ladder');
  await expect(ladder).toHaveAttribute('data-state', 'delayed', { timeout: 50_000 });
  await expect(page.getByTestId('degraded-notice')).toContainText('polling every 2 s');
  await expectTheRightBook(page, servers.feedUrl, 2_000);
  const before = await ladder.getAttribute('data-sequence');
  await expect(ladder).not.toHaveAttribute('data-sequence', before ?? '');
  for (let i = 0; i < 20; i++) {
    expect(await page.locator('[data-state=live]').count()).toBe(0);
    expect(await page.getByTestId('source-badge').textContent()).not.toMatch(/\blive\b/i);
  }

  proxy.blocksUpgrades = false;
  await comeBack(page);
  await expect(ladder).toHaveAttribute('data-state', 'live', { timeout: 20_000 });
  await expect(page.getByTestId('degraded-notice')).not.toContainText('polling');
  await expectTheRightBook(page, servers.feedUrl, 600);
  await page.close();
  proxy.close();
});
