/* News from addresses to headlines: a real server, the real thread that reads, a clock that the test moves. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { HeadlineEvent, StatusEvent } from '@tapedeck/market/instrument/market-event';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { until } from '../../../test/test-until.ts';
import { NewsSource } from './news-source.ts';

const EVERY_MS = 120_000;
const LIVE = [
  { symbol: 'BTC-USD@sim', venue: 'sim', base: 'BTC', quote: 'USD', tickSize: '1', lotSize: '1' },
];

type Page = { status: number; headers: Record<string, string>; body: string };
let page: Page;
let asked: { readonly url: string; readonly etag: string | undefined }[];
let clock: ManualClock;
let source: NewsSource;
let headlines: HeadlineEvent[];
let statuses: StatusEvent[];
let isSettling: boolean;
let base: string;
const server = createServer(({ url = '', headers }, response: ServerResponse) => {
  asked.push({ url, etag: headers['if-none-match'] });
  response.writeHead(page.status, page.headers).end(page.body);
});

beforeEach(async () => {
  page = { status: 200, headers: {}, body: rss('Bitcoin up') };
  asked = [];
  headlines = [];
  statuses = [];
  isSettling = false;
  clock = new ManualClock(Date.UTC(2026, 9, 8, 12));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  source.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function rss(...titles: readonly string[]): string {
  const items = titles.map(
    (title) =>
      `<item><title>${title}</title><guid>${title}</guid><pubDate>Thu, 08 Oct 2026 11:00:00 GMT</pubDate></item>`,
  );
  return `<rss version="2.0"><channel><title>The Wire</title>${items.join('')}</channel></rss>`;
}

function start(path = '/feed?key=secret'): void {
  source = new NewsSource({
    addresses: [{ url: base + path, name: undefined }],
    words: [],
    everyMs: EVERY_MS,
    clock,
    random: new Random(3),
    live: () => LIVE,
    isSettling: () => isSettling,
    known: () => ({ ids: new Set(), links: new Set() }),
  });
  source.start((event) => {
    if (event.type === 'headline') headlines.push(event);
    if (event.type === 'status') statuses.push(event);
  });
}

const report = () => must(source.report().addresses[0], 'the address');

/** To the next request, and until its answer is dealt with; how long that took. */
async function next(): Promise<number> {
  const before = asked.length;
  const from = clock.monotonic();
  let isDue = false;
  while (asked.length === before) {
    isDue ||= report().nextReadAt !== null;
    clock.advance(1_000);
    for (let i = 0; i < 5 && asked.length === before; i++) await new Promise(setImmediate);
    if (clock.monotonic() - from > 2 * 86_400_000) throw new Error('no request within two days');
    if (isDue && report().nextReadAt === null)
      await until(() => asked.length > before, 'the request');
  }
  await until(() => report().nextReadAt !== null || report().state === 'gone', 'the answer');
  return clock.monotonic() - from;
}

test('headlines have the source’s name, the time of publication and the markets that they name', async () => {
  start();
  await next();
  expect(headlines).toEqual([
    {
      type: 'headline',
      id: expect.stringMatching(/^rss-[\w-]{22}$/),
      time: Date.UTC(2026, 9, 8, 11),
      source: 'The Wire',
      symbols: ['BTC-USD@sim'],
      title: 'Bitcoin up',
    },
  ]);
  expect(report()).toMatchObject({
    // The query may be a key.
    ...{ address: `${base}/feed`, name: 'The Wire', state: 'ok', items: 1 },
    requests: { read: 1, unchanged: 0, failed: 0 },
    stories: { told: 1, duplicate: 0 },
  });
});

test('a document is asked for with its ETag, and read only if it has changed', async () => {
  page.headers = { ETag: '"1"' };
  start();
  await next();
  page.status = 304;
  const waited = await next();
  expect(waited).toBeGreaterThan(0.8 * EVERY_MS);
  expect(waited).toBeLessThan(1.2 * EVERY_MS);
  // A server without validators sends the same again.
  page = { status: 200, headers: {}, body: page.body };
  await next();
  page.body = rss('Bitcoin up', 'Later');
  await next();
  expect(asked.map(({ etag }) => etag)).toEqual([undefined, '"1"', '"1"', undefined]);
  expect(report().requests).toEqual({ read: 2, unchanged: 2, failed: 0 });
  expect(headlines.map(({ title }) => title)).toEqual(['Bitcoin up', 'Later']);
});

test('a document that cannot be read is asked for again as a whole', async () => {
  page = { status: 200, headers: { ETag: '"1"' }, body: '<html>Please log in</html>' };
  start();
  await next();
  expect(report()).toMatchObject({
    state: 'failing',
    problem: 'it is a web page, not a feed',
    lastReadAt: null,
  });
  page.body = rss('Back');
  await next();
  expect(asked.map(({ etag }) => etag)).toEqual([undefined, undefined]);
  expect(report()).toMatchObject({ state: 'ok', stories: { told: 1 } });
});

test('P37d, P37e: failures are followed by longer waits up to an hour, and told once', async () => {
  page.status = 500;
  start();
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) waits.push(await next());
  const expected = [0, 2, 4, 8, 16, 32, 60, 60, 60].map((minutes) => minutes * 60_000);
  for (const [i, ms] of expected.entries())
    expect(Math.abs((waits[i] ?? 0) - ms), `wait ${i}`).toBeLessThanOrEqual(0.11 * ms + 2_000);
  expect(statuses.map(({ severity }) => severity)).toEqual(['warning']);
  expect(statuses[0]?.message).toContain(`${base}/feed cannot be read: its server answered 500`);
  page.status = 200;
  await next();
  expect(statuses.at(-1)?.message).toContain('can be read again');
  expect(report()).toMatchObject({ state: 'ok', requests: { failed: 9, read: 1 } });
});

test('P37d: Retry-After is obeyed, for at most a day', async () => {
  page = { status: 429, headers: { 'Retry-After': '7200' }, body: '' };
  start();
  await next();
  page.headers = { 'Retry-After': '99999999' };
  expect(await next()).toBeGreaterThanOrEqual(7_200_000);
  const day = await next();
  expect(day).toBeGreaterThan(86_390_000);
  expect(day).toBeLessThan(86_410_000);
});

test('a moved address is asked at its new place, one that is gone never again', async () => {
  page = { status: 301, headers: { Location: '/new' }, body: rss('Moved') };
  start();
  const first = next();
  await until(() => asked.length === 1, 'the first request');
  page = { status: 200, headers: {}, body: page.body };
  await first;
  expect(report().movedTo).toBe(`${base}/new`);
  page.status = 410;
  await next();
  expect(asked.map(({ url }) => url)).toEqual(['/feed?key=secret', '/new', '/new']);
  expect(report()).toMatchObject({ state: 'gone', nextReadAt: null });
  expect(statuses.map(({ message }) => message)).toEqual([expect.stringContaining('(410)')]);
  clock.advance(3 * 86_400_000);
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  expect(asked).toHaveLength(3);
});

test('the first request waits until the markets are announced, and not for ever', async () => {
  isSettling = true;
  start();
  clock.advance(10_000);
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  expect(asked).toEqual([]);
  await next();
  expect(headlines).toHaveLength(1);
});

test('a document that takes too long to read is given up', async () => {
  start();
  clock.advance(1_000);
  await until(() => asked.length === 1, 'the request');
  // The thread is started, and the clock moves on before it can have answered.
  while (report().state === 'waiting') {
    clock.advance(10_000);
    await new Promise(setImmediate);
  }
  expect(report().problem).toMatch(/within 1[05] s/);
});
