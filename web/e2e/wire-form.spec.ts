/* The page uses the binary form, and JSON on request or if nothing else gets through (section 12 of the protocol). */
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

import { expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

/** The kinds of frames on the page's sockets. */
function kindsOf(page: Page): ReadonlySet<string> {
  const kinds = new Set<string>();
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      kinds.add(typeof payload === 'string' ? 'text' : 'bytes');
    });
  });
  return kinds;
}

for (const [query, kind] of [
  ['', 'bytes'],
  ['?wire=json', 'text'],
] as const) {
  test(`/s${query} is live over ${kind}`, async ({ page, servers }) => {
    const kinds = kindsOf(page);
    await page.goto(`${servers.webUrl}/s/BTC-USD@sim${query}`);
    await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
      timeout: 20_000,
    });
    await expect(page.getByTestId('tape').first()).toBeVisible();
    expect([...kinds]).toEqual([kind]);
  });
}

const SUBPROTOCOLS = /Sec-WebSocket-Protocol: [^\r]*\r\n/i;

/** A forwarded port that removes subprotocols from requests, as some proxies do. */
async function strip(to: number): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      onward.write(SUBPROTOCOLS.test(text) ? text.replace(SUBPROTOCOLS, '') : data, 'latin1');
    });
    socket.on('close', () => onward.end());
    onward.pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

test('behind a proxy that strips subprotocols the page is live over text', async ({
  page,
  servers,
}) => {
  const { port, server } = await strip(Number(new URL(servers.webUrl).port));
  const kinds = kindsOf(page);
  // The feed's own port admits no page of this origin.
  await page.goto(`http://127.0.0.1:${port}/s/BTC-USD@sim`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 20_000,
  });
  await expect.poll(() => kinds).toContain('text');
  await page.close();
  server.close();
});
