import { expect, type Page } from '@playwright/test';

/* The law: old data is never shown as live. The feed is killed with -9 under an open page, and restarted. */
import { sessionsSchema } from '@tapedeck/market/wire/http';

import { test } from './servers.ts';

/** Anything that claims to be live, in words or in state. */
async function liveClaims(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const states = [...document.querySelectorAll('[data-state=live]')].map(
      (element) => `state of ${element.getAttribute('data-testid') ?? element.tagName}`,
    );
    const words = [
      ...document.querySelectorAll('[data-testid=state-pill], [data-testid=source-badge]'),
    ]
      .map((element) => element.textContent ?? '')
      .filter((text) => /\blive\b/i.test(text));
    return [...states, ...words];
  });
}

test('the feed dies: within 6 s nothing says live; it returns: within 5 s the page is right', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  const ladder = page.getByTestId('ladder');
  await expect(ladder).toHaveAttribute('data-state', 'live', { timeout: 15_000 });
  expect((await liveClaims(page)).length).toBeGreaterThan(2);
  // A reload would lose this.
  await page.evaluate(() => Object.assign(window, { notReloaded: true }));

  const killedAt = Date.now();
  await servers.killFeed();
  await expect(async () => expect(await liveClaims(page)).toEqual([])).toPass({
    timeout: 6_000 - (Date.now() - killedAt),
    intervals: [100],
  });
  await expect(page.getByTestId('lamp-transport')).toContainText(
    /disconnected|waiting|retry|closed/i,
  );

  await servers.restartFeed();
  const backAt = Date.now();
  await expect(ladder).toHaveAttribute('data-state', 'live', { timeout: 5_000 });
  await expect(async () => {
    const shown = Number(await ladder.getAttribute('data-sequence'));
    const answer = await fetch(`${servers.feedUrl}/v1/book?symbol=BTC-USD@sim&depth=10`);
    const { sequence } = (await answer.json()) as { sequence: number };
    // Within half a second of a market with about 400 changes a second.
    expect(sequence - shown).toBeLessThan(600);
    expect(shown).toBeGreaterThan(0);
  }).toPass({ timeout: 5_000 - (Date.now() - backAt), intervals: [100] });
  expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true);

  await expect(async () => {
    const answer = await fetch(`${servers.feedUrl}/v1/sessions`);
    const { sessions } = sessionsSchema.parse(await answer.json());
    const restarts = sessions.flatMap(({ gaps }) => gaps.filter((gap) => gap.reason === 'restart'));
    expect(restarts.map((gap) => gap.symbol)).toContain('BTC-USD@sim');
    const hole = restarts.find((gap) => gap.symbol === 'BTC-USD@sim');
    expect(hole?.to).toBeGreaterThan(hole?.from ?? 0);
    expect(hole?.from).toBeLessThan(killedAt + 1_000);
  }).toPass({ timeout: 10_000 });
});

test('the feed dies under a replay: the replay returns to the same moment by itself', async ({
  page,
  servers,
}) => {
  const answer = await fetch(`${servers.feedUrl}/v1/sessions`);
  const { sessions } = sessionsSchema.parse(await answer.json());
  const session = sessions.find(({ open }) => !open);
  await page.goto(`${servers.webUrl}/replay/${session?.id ?? ''}`);
  const ladder = page.getByTestId('ladder');
  await expect(ladder).toHaveAttribute('data-state', 'replay', { timeout: 15_000 });
  const clock = page.getByTestId('replay-clock');
  const at = await clock.getAttribute('data-clock');

  await servers.killFeed();
  await expect(page.getByTestId('replay-state')).toHaveText('no link');
  // Its age is that of the cut, not of the recording.
  await expect(ladder.getByTestId('state-pill')).toHaveText(/^DISCONNECTED 00:\d\d$/);

  await servers.restartFeed();
  await expect(ladder).toHaveAttribute('data-state', 'replay', { timeout: 5_000 });
  await expect(clock).toHaveAttribute('data-clock', at ?? '');
});

test('a chart whose candles cannot be read says so while the feed answers, and keeps its candles while it does not', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  const chart = page.getByTestId('chart');
  await expect(page.getByTestId('chart-legend')).toContainText(/O\s*[\d,.]+/, { timeout: 15_000 });
  await page.route('**/v1/candles*', (route) => route.abort());
  await servers.killFeed();
  await expect(chart).toHaveAttribute('data-state', 'disconnected');
  await expect(chart.getByRole('alert')).toHaveCount(0);
  await servers.restartFeed();
  await expect(chart.getByRole('alert')).toBeVisible();
  await servers.killFeed();
  await expect(chart).toHaveAttribute('data-state', 'disconnected');
  await expect(chart.getByRole('alert')).toHaveCount(0);
  await page.unroute('**/v1/candles*');
  await servers.restartFeed();
  await expect(chart).toHaveAttribute('data-state', 'live', { timeout: 10_000 });
  await expect(chart.getByRole('alert')).toHaveCount(0);
});
