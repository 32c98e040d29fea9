/* A tape reaches back beyond what the page has seen: the history continues it, trade for trade. */
import { expect } from '@playwright/test';

import { type TradesBody, tradesBodySchema } from '@tapedeck/market/wire/http';

import { test } from './servers.ts';

const SYMBOL = 'BTC-USD@sim';

test('the tape is full as soon as it opens, also right after a start, and shows where the feed was down', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/s/${SYMBOL}?each=1`);
  const tape = page.getByTestId('tape');
  const rows = tape.locator('[data-sequence]');
  const list = tape.getByRole('grid');
  await expect(rows.first()).toBeVisible({ timeout: 30_000 });
  await expect
    .poll(async () => {
      const [box, last] = [await list.boundingBox(), await rows.last().boundingBox()];
      return (last?.y ?? 0) + (last?.height ?? 0) - (box?.y ?? 0) - (box?.height ?? 0);
    })
    .toBeGreaterThanOrEqual(-1);
  // Scrolled to its end it has ten minutes of trades, each as the feed has it.
  await list.hover();
  await page.mouse.wheel(0, 200);
  await expect
    .poll(() => list.evaluate((element) => element.scrollHeight / 18))
    .toBeGreaterThan(500);
  await list.evaluate((element) => element.scrollTo(0, 1e9));
  const oldest = await rows.evaluateAll((found) =>
    found.map(({ dataset }) => [
      Number(dataset['sequence']),
      Number(dataset['priceTicks']),
      Number(dataset['sizeLots']),
    ]),
  );
  expect(oldest.length).toBeGreaterThan(10);
  const { trades } = await recorded(servers.feedUrl);
  const known = new Set(trades.map(([sequence, , price, size]) => `${sequence} ${price} ${size}`));
  for (const row of oldest) expect(known).toContain(row.join(' '));

  // After a restart the trades before it stay in sight, and the hole between them shows.
  await page.mouse.move(0, 0);
  await list.evaluate((element) => element.scrollTo(0, 0));
  await servers.killFeed();
  await servers.restartFeed();
  await expect(tape).toHaveAttribute('data-state', 'live', { timeout: 20_000 });
  const end = tape.getByTestId('tape-break');
  await expect(end).toHaveText(/^not recorded \d\d:\d\d:\d\d – \d\d:\d\d:\d\d$/);
  await expect(end).toHaveCount(1);
});

async function recorded(feedUrl: string): Promise<TradesBody> {
  const from = Date.now() - 12 * 60_000;
  const trades: TradesBody['trades'] = [];
  let cursor = '';
  for (;;) {
    const url = `${feedUrl}/v1/trades?symbol=${SYMBOL}&from=${from}&limit=5000${cursor}`;
    const body = tradesBodySchema.parse(await (await fetch(url)).json());
    trades.push(...body.trades);
    if (body.next === undefined) return { ...body, trades };
    cursor = `&cursor=${body.next}`;
  }
}
