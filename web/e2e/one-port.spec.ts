/* Only the web's port reaches the browser, with another number, as in `ssh -L`: the page uses its own origin. */
import { createServer, connect, type AddressInfo, type Server } from 'node:net';

import { expect } from '@playwright/test';

import { test } from './servers.ts';

/** A forwarded port: bytes in, bytes out. */
async function forward(to: number): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

test('through one forwarded port the page is live, says how it connects, and stays on its own origin', async ({
  page,
  servers,
}) => {
  const { port, server } = await forward(Number(new URL(servers.webUrl).port));
  // This browser cannot reach the feed's own port.
  await page.route(`${servers.feedUrl}/**`, (route) => route.abort());
  await page.goto(`http://127.0.0.1:${port}/s/BTC-USD@sim`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 20_000,
  });
  await expect(page.getByTestId('degraded-notice')).toBeVisible();
  await expect(page.getByTestId('chart-legend')).toContainText(/O\s*[\d,.]+/);
  // News comes over SSE through the same port.
  await page.goto(`http://127.0.0.1:${port}/status`);
  await expect(page.getByTestId('status')).toContainText('BTC-USD');
  await page.close();
  server.close();
});
