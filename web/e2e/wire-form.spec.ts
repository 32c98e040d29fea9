/* The page speaks the binary form, and JSON where it is asked to (section 12 of the protocol). */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

for (const [query, subprotocol, kind] of [
  ['', 'tapedeck.v1.bin', 'bytes'],
  ['?wire=json', 'tapedeck.v1.json', 'text'],
] as const) {
  test(`/s${query} is live over ${subprotocol}`, async ({ page, servers }) => {
    const kinds = new Set<string>();
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        kinds.add(typeof payload === 'string' ? 'text' : 'bytes');
      });
    });
    await page.goto(`${servers.webUrl}/s/BTC-USD@sim${query}`);
    await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
      timeout: 20_000,
    });
    await expect(page.getByTestId('tape').first()).toBeVisible();
    expect([...kinds]).toEqual([kind]);
  });
}
