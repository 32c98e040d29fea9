/* Who may open pages and what pages may do, in a real browser: foreign host names, and the policy of each page. */
import { request as ask } from 'node:http';

import { chromium, expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

/** Status and headers of a request whose `Host` no browser would let us set. */
function knock(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, unknown>> }> {
  return new Promise((resolve, reject) => {
    const knocking = ask(url, { headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
    });
    knocking.on('error', reject);
    knocking.end();
  });
}

/** What the browser refused the page. */
async function violations(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => (window as unknown as { refused: string[] }).refused);
}

test('P24b: a foreign name that points to this machine gets no page, no file and nothing from the feed', async ({
  servers,
}) => {
  const { port } = new URL(servers.webUrl);
  const host = `evil.example:${port}`;
  const asset = await (await fetch(servers.webUrl)).text();
  const script = /src="(\/_next\/static\/[^"]+\.js)"/.exec(asset)?.[1] ?? '';
  expect(script).not.toBe('');
  const paths = [
    '/',
    '/s/BTC-USD@sim',
    '/wall',
    '/nowhere',
    '/config.json',
    '/favicon.svg',
    script,
  ];
  const carried = ['/v1/instruments', '/v1/events', '/v1/stream/sse', '/v1/imports', '/healthz'];
  for (const path of [...paths, ...carried])
    expect((await knock(servers.webUrl + path, { host })).status, path).toBe(403);
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const socket = await knock(`${servers.webUrl}/v1/stream`, { ...upgrade, host });
  expect(socket.status).toBe(403);

  const browser = await chromium.launch({
    ...(process.env['CHROMIUM_PATH'] === undefined
      ? { executablePath: '/usr/bin/chromium' }
      : { executablePath: process.env['CHROMIUM_PATH'] }),
    args: ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
  });
  const page = await browser.newPage();
  const answer = await page.goto(`http://${host}/`);
  expect(answer?.status()).toBe(403);
  await expect(page.locator('body')).toContainText('TAPEDECK_ORIGINS');
  await browser.close();
});

/** Each kind of page: made at build time, made per request, and unknown. */
const PAGES = [
  ['/', '[data-testid=watch-row][data-state=live]'],
  ['/s/BTC-USD@sim', '[data-testid=trade-header][data-state=live]'],
  ['/wall', '[data-testid=wall-tile]'],
  ['/replay', '[data-testid=session-row]'],
  ['/status', '[data-testid=status-row]'],
  ['/alerts', 'main'],
  ['/news', 'main'],
  ['/history', 'main'],
  ['/settings', 'main'],
  ['/nowhere', 'body'],
] as const;

for (const [path, ready] of PAGES) {
  test(`P24d: ${path} keeps to its policy: nothing it does is refused, and no foreign script would run`, async ({
    page,
    servers,
  }) => {
    await page.addInitScript(() => {
      const refused: string[] = [];
      (window as unknown as { refused: string[] }).refused = refused;
      document.addEventListener('securitypolicyviolation', (event) =>
        refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
      );
    });
    const answer = await page.goto(servers.webUrl + path);
    const headers = answer?.headers() ?? {};
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    await page.locator(ready).first().waitFor({ state: 'attached', timeout: 15_000 });
    expect(await violations(page)).toEqual([]);
    // A script injected with some text does not run.
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.documentElement.dataset.foreign = "ran"';
      document.body.append(script);
      return document.documentElement.dataset['foreign'];
    });
    expect(ran).toBeUndefined();
  });
}

test('P24d: the feed’s responses through the web name no internal address', async ({ servers }) => {
  for (const path of ['/v1/instruments', '/v1/imports', '/healthz', '/v1/nothing']) {
    const { headers } = await knock(servers.webUrl + path, {});
    const text = JSON.stringify(headers);
    expect(text, path).not.toContain(new URL(servers.feedUrl).port);
    expect(text, path).not.toMatch(/x-middleware|tapedeck-web-key/);
    expect(headers['x-content-type-options'], path).toBe('nosniff');
  }
});
