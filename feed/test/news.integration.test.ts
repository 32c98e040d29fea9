/* News from an RSS address through a whole feed: told once, found again after a restart, counted (P37). */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { newsSchema } from '@tapedeck/market/wire/http';
import { newsStatusSchema } from '@tapedeck/market/wire/news/news-body';

import { TestFeed } from './test-feed.ts';

const WAIT = { timeout: 20_000, interval: 100 };
const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).toReversed()) await work();
});

async function serve(body: () => string): Promise<string> {
  const server = createServer((_, response) => response.end(body()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed.xml`;
}

test('P37: an item is told once, with its link and markets, also after a restart', async () => {
  const published = new Date(Date.now() - 3_600_000);
  const items = [['Bitcoin rises', 'https://wire.example/1?utm_source=rss']];
  const address = await serve(
    () =>
      `<rss version="2.0"><channel><title>Wire</title>${items
        .map(
          ([title, link]) =>
            `<item><title>${title}</title><link>${link}</link><pubDate>${published.toUTCString()}</pubDate></item>`,
        )
        .join('')}</channel></rss>`,
  );
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-news-'));
  cleanup.push(() => rmSync(folder, { recursive: true }));
  const start = async (): Promise<TestFeed> => {
    const feed = await TestFeed.start({
      TAPEDECK_DB: join(folder, 'history.db'),
      TAPEDECK_NEWS: address,
      TAPEDECK_NEWS_WORDS: 'ether=ETH-USD@sim,NONE@desk',
    });
    cleanup.push(() => feed.close());
    return feed;
  };
  const statusOf = async (feed: TestFeed) =>
    newsStatusSchema.parse((await feed.get('/v1/news/status')).body);
  const storiesOf = async (feed: TestFeed) => (await statusOf(feed)).addresses[0]?.stories;
  const told = async (feed: TestFeed) =>
    newsSchema
      .parse((await feed.get('/v1/news?limit=500')).body)
      .headlines.filter(({ source }) => source === 'Wire');

  const first = await start();
  await expect.poll(() => told(first), WAIT).toHaveLength(1);
  expect((await told(first))[0]).toMatchObject({
    time: Math.floor(published.getTime() / 1_000) * 1_000,
    symbols: ['BTC-USD@sim'],
    title: 'Bitcoin rises',
    link: 'https://wire.example/1',
  });
  expect(await statusOf(first)).toMatchObject({
    addresses: [{ address, name: 'Wire', state: 'ok', items: 1 }],
    missing: ['NONE@desk'],
  });
  const metrics = await (await fetch(`${first.base}/metrics`)).text();
  expect(metrics).toContain(`tapedeck_news_stories_total{address="${address}",outcome="told"} 1`);
  expect(metrics).toContain(`tapedeck_news_failing{address="${address}"} 0`);
  await cleanup.pop()?.();

  items.unshift(['Ether rises', 'https://wire.example/2']);
  const second = await start();
  await expect.poll(() => storiesOf(second), WAIT).toMatchObject({ told: 1, duplicate: 1 });
  await expect.poll(() => told(second), WAIT).toHaveLength(2);
  const titles = (await told(second)).map(({ title, symbols }) => [title, symbols]);
  expect(titles).toContainEqual(['Ether rises', ['ETH-USD@sim']]);
});
