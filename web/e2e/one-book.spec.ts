/* One page, one book: header and ladder show the same best prices in every frame, crossed or not. */
import { expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

test.use({ serversOptions: { env: { TAPEDECK_SOURCE: 'none' } } });

const SYMBOL = 'MINE@desk';

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
    // Ages tick by themselves on both sides, at the same flush; the state word must agree.
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

/** A market whose best prices move ten times a second; `overlap` ticks crosses them, 0 locks them. */
class MovingMarket {
  readonly #feedUrl: string;
  #overlap: number | undefined;
  #turn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(feedUrl: string) {
    this.#feedUrl = feedUrl;
  }

  async begin(): Promise<void> {
    const grid = { type: 'instrument', symbol: SYMBOL, tickSize: '0.01', lotSize: '1' };
    await this.#push([grid, ...this.#events()]);
    this.#timer = setInterval(() => void this.#push(this.#events()).catch(() => {}), 100);
  }

  cross(overlap: number): void {
    this.#overlap = overlap;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #events(): readonly object[] {
    const bid = 1_000 + (++this.#turn % 7);
    const ask = this.#overlap === undefined ? bid + 2 + (this.#turn % 3) : bid - this.#overlap;
    const levels = (best: number, step: number) =>
      Array.from({ length: 12 }, (_, i) => [best + i * step, 5 + ((this.#turn + i) % 9)]);
    return [
      { type: 'snapshot', symbol: SYMBOL, bids: levels(bid, -1), asks: levels(ask, 1) },
      { type: 'trade', symbol: SYMBOL, priceTicks: bid, sizeLots: 1, aggressor: 'sell' },
    ];
  }

  async #push(events: readonly object[]): Promise<void> {
    const response = await fetch(`${this.#feedUrl}/v1/ingest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    if (!response.ok) throw new Error(await response.text());
  }
}

test('P15: header and ladder never contradict each other, and a crossed or locked book is shown everywhere', async ({
  page,
  context,
  servers,
}) => {
  test.slow();
  const market = new MovingMarket(servers.feedUrl);
  await market.begin();
  try {
    const overview = await context.newPage();
    await overview.goto(servers.webUrl);
    const row = overview.locator(`[data-testid="watch-row"][data-symbol="${SYMBOL}"]`);
    await expect(row.getByTestId('state-pill')).toBeVisible({ timeout: 30_000 });
    await page.goto(`${servers.webUrl}/s/${encodeURIComponent(SYMBOL)}`);
    await page.bringToFront();
    const ladder = page.getByTestId('ladder');
    await expect(ladder.getByRole('grid')).toBeVisible({ timeout: 30_000 });
    const told = [...(await samples(page, 150))];
    for (const [overlap, word] of [
      [3, 'CROSSED'],
      [0, 'LOCKED'],
    ] as const) {
      market.cross(overlap);
      await page.bringToFront();
      await expect(ladder).toHaveAttribute('data-cross', word.toLowerCase(), { timeout: 20_000 });
      told.push(...(await samples(page, 100)));
      for (const panel of ['trade-header', 'ladder'])
        await expect(page.getByTestId(panel).getByTestId('state-pill')).toContainText(word);
      await expect(page.getByTestId('source-badge')).toHaveText(word, { timeout: 20_000 });
      await overview.bringToFront();
      await expect(row.getByTestId('state-pill')).toContainText(word, { timeout: 20_000 });
    }
    const contradictions = told.filter(
      ({ header, ladder: book }) => header.join('|') !== book.join('|'),
    );
    expect(contradictions.slice(0, 3)).toEqual([]);
    // They showed something, and not always the same.
    expect(new Set(told.map(({ header }) => header.join('|'))).size).toBeGreaterThan(10);
    const texts = told.flatMap(({ header }) => header);
    expect(texts.filter((each) => each === undefined || each === '')).toEqual([]);
  } finally {
    market.end();
  }
});
