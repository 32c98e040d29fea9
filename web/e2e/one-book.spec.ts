/* One page, one book: what the header says of the best prices is what the ladder says, in every frame, crossed or not. */
import { expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

test.use({ serversOptions: { env: { TAPEDECK_CHAOS: 'on' } } });

const SYMBOL = 'BTC-USD@sim';

type Sample = {
  readonly header: readonly (string | undefined)[];
  readonly ladder: readonly (string | undefined)[];
};

/** Texts of header and ladder, read in one task, at `count` animation frames. */
async function samples(page: Page, count: number): Promise<readonly Sample[]> {
  return page.evaluate(async (wanted) => {
    const text = (root: Element | null, selector: string): string | undefined =>
      root?.querySelector(selector)?.textContent ?? undefined;
    const stat = (header: Element | null, label: string): string | undefined =>
      [...(header?.querySelectorAll('dt') ?? [])]
        .find((each) => each.textContent === label)
        ?.nextElementSibling?.textContent?.trim();
    // Ages tick by themselves on both sides, at the same flush; the word is what must agree.
    const word = (root: Element | null): string | undefined =>
      text(root, '[data-testid="state-pill"]')?.split(' ')[0];
    const found: Sample[] = [];
    while (found.length < wanted) {
      await new Promise((done) => requestAnimationFrame(done));
      const header = document.querySelector('[data-testid="trade-header"]');
      const ladder = document.querySelector('[data-testid="ladder"]');
      const best = (side: string): string | undefined => {
        const rows = [...(ladder?.querySelectorAll(`[id^="ladder-${side}-"]`) ?? [])];
        const row = side === 'ask' ? rows.at(-1) : rows[0];
        return row?.querySelector('[role="gridcell"]:nth-child(2)')?.textContent?.trim();
      };
      const spread = [...(ladder?.querySelectorAll('[data-testid="spread-row"] .num') ?? [])];
      found.push({
        header: [stat(header, 'Bid'), stat(header, 'Ask'), stat(header, 'Spread'), word(header)],
        ladder: [
          best('bid'),
          best('ask'),
          spread.map((each) => each.textContent?.trim()).join(' · '),
          word(ladder),
        ],
      });
    }
    return found;
  }, count);
}

test('P15: header and ladder never contradict each other, and a crossed book is named everywhere', async ({
  page,
  context,
  servers,
}) => {
  test.slow();
  await page.goto(`${servers.webUrl}/s/${encodeURIComponent(SYMBOL)}`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live');
  const told = [...(await samples(page, 200))];

  const overview = await context.newPage();
  await overview.goto(servers.webUrl);
  const row = overview.locator(`[data-testid="watch-row"][data-symbol="${SYMBOL}"]`);
  await expect(row).toHaveAttribute('data-state', 'live', { timeout: 30_000 });
  await page.bringToFront();
  const fault = { target: 'symbol', symbol: SYMBOL, fault: 'crossed', forMs: 8_000 };
  const response = await fetch(`${servers.feedUrl}/v1/chaos`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  expect(response.ok, await response.text()).toBe(true);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-cross', /crossed|locked/);
  told.push(...(await samples(page, 200)));
  await expect(page.getByTestId('trade-header').getByTestId('state-pill')).toHaveText(
    /CROSSED|LOCKED/,
  );
  await overview.bringToFront();
  await expect(row.getByTestId('state-pill')).toHaveText(/CROSSED|LOCKED/);

  const contradictions = told.filter(({ header, ladder }) => header.join('|') !== ladder.join('|'));
  expect(contradictions.slice(0, 3)).toEqual([]);
  // They said something, and not always the same.
  expect(new Set(told.map(({ header }) => header.join('|'))).size).toBeGreaterThan(10);
  expect(
    told.every(({ header }) => header.every((each) => each !== undefined && each !== '')),
  ).toBe(true);
});
