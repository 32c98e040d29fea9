/* A price alert from the form to the toast, the bell and the drawer; and its deletion. */
import { expect } from '@playwright/test';

import { test } from './servers.ts';

test('P13e: a rule created, changed and deleted elsewhere is on open pages at once, and one that fired once says when', async ({
  page,
  servers,
}) => {
  const send = async (method: string, path: string, body?: object) =>
    (
      await fetch(`${servers.feedUrl}/v1/alerts${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    ).text();
  await page.goto(`${servers.webUrl}/alerts`);
  const rules = page.getByTestId('alert-rule');
  await expect(page.getByText('No alerts yet')).toBeVisible();
  const draft = { symbol: 'BTC-USD@sim', kind: 'at-most', priceTicks: 10, repeat: 'every' };
  const { id } = JSON.parse(await send('POST', '', draft)) as { readonly id: string };
  await expect(rules).toHaveCount(1);
  await send('PATCH', `/${id}`, { note: 'the floor', forMs: 1_500 });
  await expect(rules.first()).toContainText('the floor');
  await expect(rules.first()).toContainText('for 1.5 s');
  await send('DELETE', `/${id}`);
  await expect(rules).toHaveCount(0);
  // A rule that fires once: off after it has fired, and it shows the time.
  const once = JSON.parse(
    await send('POST', '', { ...draft, kind: 'at-least', repeat: 'once' }),
  ) as {
    readonly id: string;
  };
  await expect(rules.first()).toContainText('fired', { timeout: 15_000 });
  await expect(rules.first()).not.toContainText(/\boff\b/);
  await expect(rules.first()).toContainText(/fired \d\d-\d\d \d\d:\d\d/);
  await expect(page.locator('[data-sonner-toast]').first()).toContainText(/or above 1\.0/);
  await send('DELETE', `/${once.id}`);
});

test('the page itself announces a dead feed: toast, sound, title and icon, until it answers again', async ({
  page,
  servers,
}) => {
  await page.addInitScript(() => {
    localStorage.setItem('tapedeck.settings.v1', JSON.stringify({ sounds: true }));
    Object.assign(globalThis, { heard: 0 });
    class CountedAudio extends AudioContext {
      constructor() {
        super();
        Object.assign(globalThis, {
          heard: (globalThis as unknown as { heard: number }).heard + 1,
        });
      }
    }
    Object.assign(globalThis, { AudioContext: CountedAudio });
  });
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await expect(page.getByTestId('lamp-transport')).toContainText('connected', { timeout: 30_000 });
  const heard = () => page.evaluate(() => (globalThis as unknown as { heard: number }).heard);
  expect(await heard()).toBe(0);
  await servers.killFeed();
  const toast = page.locator('[data-sonner-toast]', { hasText: 'The feed does not answer' });
  await expect(toast).toBeVisible({ timeout: 12_000 });
  expect(await heard()).toBe(1);
  await expect(page).toHaveTitle(/^\(!\) /);
  await expect(page.locator('link[rel="icon"]').first()).toHaveAttribute('href', /favicon-alert/);
  await servers.restartFeed();
  await expect(page.getByText('The feed answers again').first()).toBeVisible({ timeout: 15_000 });
  await expect(toast).toHaveCount(0);
  await expect(page).not.toHaveTitle(/^\(!\)/);
  expect(await heard()).toBe(1);
});

test('an alert fires in the feed and reaches the page as toast, count and history', async ({
  page,
  servers,
}) => {
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 15_000,
  });
  // Through the API, as from another tab: every page is updated.
  const made = await fetch(`${servers.feedUrl}/v1/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ symbol: 'BTC-USD@sim', kind: 'at-least', priceTicks: 10, note: 'ten' }),
  });
  expect(made.status).toBe(201);
  await expect(page.locator('[data-sonner-toast]')).toContainText('BTC-USD@sim', {
    timeout: 15_000,
  });
  await expect(page.getByTestId('bell')).toContainText(/\d/);
  await page.getByTestId('bell').click();
  await expect(page.getByRole('dialog')).toContainText('BTC-USD@sim');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
