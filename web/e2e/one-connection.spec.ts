/*
 * All tabs of a browser are one WebSocket and one event stream. Tabs close, the worker is killed, the feed is killed:
 * each tab says what is true within 6 s, and heals by itself.
 */
import { type BrowserContext, expect, type Page } from '@playwright/test';

import { type Servers, test } from './servers.ts';
import { SharedWorkers } from './shared-workers.ts';

const TABS = 10;
const SAID_WITHIN_MS = 6_000;
/** One more than a browser's connections to a host. */
const MORE_THAN_CONNECTIONS = 7;

/** Every tab is visible to a headless browser: most are pages that cost little. */
const PATHS = ['/s/BTC-USD@sim', ...Array<string>(4).fill('/wall?symbols=ETH-USD@sim')];
const LIVE = '[data-testid=ladder][data-state=live], [data-testid=wall-tile][data-state=live]';

type Connections = { readonly websocket: number; readonly sse: number };

async function connections(servers: Servers): Promise<Connections> {
  const response = await fetch(`${servers.feedUrl}/v1/status`);
  const report = (await response.json()) as { readonly connections: Connections };
  const { websocket, sse } = report.connections;
  return { websocket, sse };
}

async function openTabs(
  context: BrowserContext,
  servers: Servers,
  count: number,
): Promise<readonly Page[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, tab) => {
      const page = await context.newPage();
      await page.goto(`${servers.webUrl}${PATHS[tab % PATHS.length]}`);
      return page;
    }),
  );
}

async function expectLive(pages: readonly Page[], timeout: number): Promise<void> {
  for (const page of pages) await expect(page.locator(LIVE).first()).toBeVisible({ timeout });
}

/** Resolves, for each page, with the ms until nothing on it claims to be live. */
function untilNoneIsLive(pages: readonly Page[]): readonly Promise<number>[] {
  return pages.map((page) =>
    page.evaluate(async () => {
      const begun = performance.now();
      const isLive = (): boolean =>
        document.querySelector('[data-state=live]') !== null ||
        [...document.querySelectorAll('[data-testid=state-pill], [data-testid=source-badge]')].some(
          (element) => /\blive\b/i.test(element.textContent ?? ''),
        );
      while (isLive() && performance.now() - begun < 20_000)
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      return performance.now() - begun;
    }),
  );
}

test('ten tabs are one connection: closed tabs, a killed worker and a killed feed are said on each, and heal', async ({
  context,
  servers,
}) => {
  test.setTimeout(90_000);
  const opened = await openTabs(context, servers, TABS);
  await expectLive(opened, 20_000);
  expect(await connections(servers)).toEqual({ websocket: 1, sse: 1 });

  const pages = opened.slice(1, -1);
  for (const page of [opened[0], opened.at(-1)]) await page?.close();
  await Promise.all(pages.slice(3, 5).map((page) => page.reload()));
  const status = await context.newPage();
  await status.goto(`${servers.webUrl}/status`);
  await expect(status.getByText(`yes, one link for ${pages.length + 1} pages`)).toBeVisible();
  await expectLive(pages, 10_000);
  expect(await connections(servers)).toEqual({ websocket: 1, sse: 1 });

  const oldAfterKill = untilNoneIsLive(pages);
  expect(await (await SharedWorkers.of(context)).kill()).toBe(1);
  for (const ms of await Promise.all(oldAfterKill)) expect(ms).toBeLessThan(SAID_WITHIN_MS);
  await expectLive(pages, 10_000);
  await expect.poll(() => connections(servers)).toEqual({ websocket: 1, sse: 1 });

  const oldAfterDeath = untilNoneIsLive(pages);
  await servers.killFeed();
  for (const ms of await Promise.all(oldAfterDeath)) expect(ms).toBeLessThan(SAID_WITHIN_MS);
  await servers.restartFeed();
  await expectLive(pages, 10_000);
  await expect.poll(() => connections(servers)).toEqual({ websocket: 1, sse: 1 });

  await Promise.all([...pages, status].map((page) => page.close()));
  await expect.poll(() => connections(servers)).toEqual({ websocket: 0, sse: 0 });
});

test('without shared workers no tab waits for the connections of the others, and the status page says it', async ({
  context,
  servers,
}) => {
  await context.addInitScript(() => {
    Reflect.deleteProperty(globalThis, 'SharedWorker');
  });
  const pages = await openTabs(context, servers, MORE_THAN_CONNECTIONS);
  await expectLive(pages, 20_000);
  expect(await connections(servers)).toEqual({ websocket: MORE_THAN_CONNECTIONS, sse: 0 });
  const status = await context.newPage();
  await status.goto(`${servers.webUrl}/status`);
  await expect(status.getByText('no, each tab has its own link')).toBeVisible();
  await expect(status.getByText('polling every 3 s, as each tab has its own link')).toBeVisible();
  await Promise.all([...pages, status].map((page) => page.close()));
});

test('a worker that hangs is replaced: both pages meet in the next one', async ({
  context,
  servers,
}) => {
  const pages = await openTabs(context, servers, 2);
  await expectLive(pages, 20_000);
  const old = untilNoneIsLive(pages);
  await (await SharedWorkers.of(context)).evaluate('void setTimeout(() => { for (;;); })');
  for (const ms of await Promise.all(old)) expect(ms).toBeLessThan(SAID_WITHIN_MS);
  // Two silences of 5 s, and the worker that hangs keeps one of two cores.
  await expectLive(pages, 30_000);
  // The one that hangs keeps its socket as long as the browser keeps it; the pages share the other.
  expect((await connections(servers)).websocket).toBeLessThanOrEqual(2);
  await Promise.all(pages.map((page) => page.close()));
});
