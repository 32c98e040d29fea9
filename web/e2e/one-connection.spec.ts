/* Ten tabs are one WebSocket; closing tabs, killing the worker or the feed is said on each, and healed by itself. */
import { type BrowserContext, expect, type Page } from '@playwright/test';

import { type Servers, test } from './servers.ts';
import { SharedWorkers } from './shared-workers.ts';

const TABS = 10;

async function connections(servers: Servers): Promise<{ websocket: number; sse: number }> {
  const response = await fetch(`${servers.feedUrl}/v1/status`);
  const { connections: counts } = (await response.json()) as {
    readonly connections: { readonly websocket: number; readonly sse: number };
  };
  return { websocket: counts.websocket, sse: counts.sse };
}

async function openTabs(context: BrowserContext, servers: Servers): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let tab = 0; tab < TABS; tab++) {
    const page = await context.newPage();
    const symbol = tab % 2 === 0 ? 'BTC-USD@sim' : 'ETH-USD@sim';
    await page.goto(`${servers.webUrl}/s/${symbol}`);
    pages.push(page);
  }
  return pages;
}

async function expectAll(pages: readonly Page[], state: RegExp, timeout: number): Promise<void> {
  await Promise.all(
    pages.map((page) =>
      expect(page.getByTestId('ladder')).toHaveAttribute('data-state', state, { timeout }),
    ),
  );
}

test('ten tabs are one connection, whichever of them close', async ({ context, servers }) => {
  const pages = await openTabs(context, servers);
  await expectAll(pages, /^live$/, 15_000);
  expect((await connections(servers)).websocket).toBe(1);
  await pages[0]?.close();
  await pages[5]?.close();
  // Reloads, too.
  await pages[1]?.reload();
  const rest = pages.filter((page) => !page.isClosed());
  await expectAll(rest, /^live$/, 10_000);
  expect((await connections(servers)).websocket).toBe(1);
  await Promise.all(pages.map((page) => page.close()));
  await expect.poll(async () => (await connections(servers)).websocket).toBe(0);
});

test('the worker is killed: within 6 s no page says live, and each heals by itself', async ({
  context,
  servers,
}) => {
  const pages = await openTabs(context, servers);
  await expectAll(pages, /^live$/, 15_000);
  const workers = await SharedWorkers.of(context);
  await workers.kill();
  const killedAt = Date.now();
  await expectAll(pages, /^(stale|disconnected|resyncing|loading)$/, 6_000);
  expect(Date.now() - killedAt).toBeLessThan(6_500);
  await expectAll(pages, /^live$/, 10_000);
  await expect.poll(async () => (await connections(servers)).websocket).toBe(1);
  await Promise.all(pages.map((page) => page.close()));
});
