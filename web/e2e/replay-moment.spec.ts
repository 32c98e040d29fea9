/*
 * A replay is at the moment it shows: without a book, after a reload, under a drag, in a gap, on the night when
 * clocks go back, and at the end of a growing recording.
 */
import { join } from 'node:path';

import { expect, type Page } from '@playwright/test';

import { type Servers, runTapedeck, test } from './servers.ts';

const REPORTS = join(import.meta.dirname, '../../feed/fixtures/reports');
const FILES = [
  '02-two-reconnects/binance_incremental_book_L2_QABUSDT.csv',
  '04-nothing-but-candles/QADUSDT-1m-2024-08-02.csv',
  '05-nothing-but-trades/QAEUSDT-trades-2024-08-03.csv',
  '06-the-hour-that-comes-twice/QAFUSDT-trades-2024-10-26.csv',
];

test.use({
  timezoneId: 'Europe/Berlin',
  serversOptions: {
    prepare: async (env) => {
      await runTapedeck(['import', ...FILES.map((file) => join(REPORTS, file))], env);
    },
  },
});

type SessionRow = { id: string; from: number; to: number; open: boolean; symbols: string[] };

async function sessionOf(servers: Servers, is: (row: SessionRow) => boolean): Promise<SessionRow> {
  const response = await fetch(`${servers.feedUrl}/v1/sessions`);
  const { sessions } = (await response.json()) as { sessions: SessionRow[] };
  const found = sessions.find(is);
  if (found === undefined) throw new Error('no such session');
  return found;
}

const named = (name: string) => (row: SessionRow) =>
  row.symbols.some((each) => each.startsWith(name));
const isNight = (row: SessionRow) => !row.open && row.symbols.includes('BTC-USD@sim');

async function open(page: Page, servers: Servers, id: string, query = ''): Promise<void> {
  await page.goto(`${servers.webUrl}/replay/${id}${query}`);
  await expect(page.getByTestId('replay-clock')).toBeVisible({ timeout: 20_000 });
}

const ladderPill = (page: Page) => page.getByTestId('ladder').getByTestId('state-pill');

/** Nothing on the page waits for data that will not come, or is shown as old. */
async function expectNormalLook(page: Page): Promise<void> {
  for (const panel of ['chart', 'tape'])
    await expect(page.getByTestId(panel)).toHaveAttribute('data-state', 'replay');
  await expect(page.locator('.old-data')).toHaveCount(0);
  await expect(page.getByText(/RESYNCING|Waiting for/)).toHaveCount(0);
}

test('P28d: trades without a book are replayed with the normal look, and the ladder says why it is empty', async ({
  page,
  servers,
}) => {
  const { id, to } = await sessionOf(servers, named('QAEUSDT'));
  await open(page, servers, id);
  await expect(page.getByText('No book was recorded')).toBeVisible();
  await expect(ladderPill(page)).toHaveText('NO BOOK');
  await expectNormalLook(page);
  await page.keyboard.press('End');
  await expect(page.getByTestId('replay-clock')).toHaveAttribute('data-clock', `${to + 1}`);
  await expect(page.getByTestId('tape').locator('[role=row], tr, li')).not.toHaveCount(0);
  await page.keyboard.press('Home');
  await page.keyboard.press('Space');
  await expect(page.getByTestId('replay-state')).toHaveText('playing');
  await expect(page.getByText('No book was recorded')).toBeVisible();
  await expectNormalLook(page);
});

test('P28d: a recording of candles only opens at an interval that it has', async ({
  page,
  servers,
}) => {
  const { id } = await sessionOf(servers, named('QADUSDT'));
  await open(page, servers, id);
  await expect(
    page.getByTestId('chart').getByRole('button', { name: '1m', exact: true }),
  ).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByText(/No \S+ candles/)).toHaveCount(0);
  await expect(page.getByText('No book was recorded')).toBeVisible();
  await expectNormalLook(page);
});

test('at the very start of a simulated session nothing is resynced', async ({ page, servers }) => {
  const { id, from } = await sessionOf(servers, isNight);
  await open(page, servers, id, `?t=${from}&sym=BTC-USD@sim`);
  await expect(page.getByText('No book at this moment')).toBeVisible();
  await expectNormalLook(page);
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'replay');
  await expect(page.getByText('No book at this moment')).toHaveCount(0);
});

test('a reload, Back and a second tab show the same moment, speed and symbol', async ({
  page,
  context,
  servers,
}) => {
  const { id, from } = await sessionOf(servers, isNight);
  await open(page, servers, id, `?t=${from + 200_000}&sym=BTC-USD@sim`);
  await page.getByTestId('go-to').fill('+12.345s');
  await page.getByTestId('go-to').press('Enter');
  const at = from + 212_345;
  const clock = page.getByTestId('replay-clock');
  await expect(clock).toHaveAttribute('data-clock', `${at}`);
  await page.keyboard.press('Period');
  await page.getByLabel('Symbol', { exact: true }).first().click();
  await page.getByRole('option', { name: 'ETH-USD@sim' }).click();
  const expectHere = async (tab: Page): Promise<void> => {
    await expect(tab.getByTestId('replay-clock')).toHaveAttribute('data-clock', `${at}`, {
      timeout: 20_000,
    });
    await expect(tab.getByLabel('Speed')).toContainText('2×');
    await expect(tab.getByTestId('ladder')).toHaveAttribute('data-state', 'replay');
    await expect(tab.getByTestId('trade-header')).toContainText('ETH-USD@sim');
  };
  await expectHere(page);
  await expect(page).toHaveURL(new RegExp(`t=${new Date(at).toISOString().slice(0, 13)}.*s=2`));
  await page.reload();
  await expectHere(page);
  const tab = await context.newPage();
  await tab.goto(page.url());
  await expectHere(tab);
  await tab.close();
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await expect(page).toHaveURL(/\/status/);
  await page.goBack();
  await expectHere(page);
  // Another symbol was a page of its own: Back again is the previous one, at the same moment.
  await page.goBack();
  await expect(page.getByTestId('trade-header')).toContainText('BTC-USD@sim');
  await expect(clock).toHaveAttribute('data-clock', `${at}`);
});

test('the key for the next gap stops where it begins, and the gap is visible', async ({
  page,
  servers,
}) => {
  const { id, from } = await sessionOf(servers, named('QABUSDT'));
  await open(page, servers, id, `?t=${from + 500}`);
  await expect(page.getByTestId('scrubber-gap').first()).toBeVisible();
  await page.keyboard.press('x');
  await expect(page.getByTestId('replay-clock')).toHaveAttribute(
    'data-clock',
    `${from + 1_000 + 1}`,
  );
  await expect(ladderPill(page)).toHaveText(/^STALE/);
});

test('on the night when clocks go back, a time is read with the offset of that time', async ({
  page,
  servers,
}) => {
  const { id } = await sessionOf(servers, named('QAFUSDT'));
  await page.addInitScript(() =>
    localStorage.setItem('tapedeck.settings.v1', '{"timeZone":"local"}'),
  );
  await open(page, servers, id, '?t=2024-10-27T00:30:00.000Z');
  const clock = page.getByTestId('replay-clock');
  const transport = page.getByTestId('transport');
  await expect(clock).toHaveText('02:30:00.000');
  const goTo = async (text: string, iso: string, zone: string): Promise<void> => {
    await page.getByTestId('go-to').fill(text);
    await page.getByTestId('go-to').press('Enter');
    await expect(clock).toHaveAttribute('data-clock', `${Date.parse(iso)}`);
    await expect(transport).toContainText(zone);
    await expect(page.getByTestId('chart-zone')).toHaveText(zone);
  };
  await goTo('02:45:00', '2024-10-27T00:45:00Z', 'UTC+02:00');
  await goTo('03:45:00', '2024-10-27T02:45:00Z', 'UTC+01:00');
  await expect(clock).toHaveText('03:45:00.000');
  await goTo('02:45+01:00', '2024-10-27T01:45:00Z', 'UTC+01:00');
});

test('a session over midnight names its days', async ({ page, servers }) => {
  const { id } = await sessionOf(servers, named('QAFUSDT'));
  await open(page, servers, id, '?t=2024-10-27T00:30:00.000Z');
  await expect(page.getByTestId('scrubber-day')).toHaveText(['27 Oct']);
  await expect(page.getByTestId('transport')).toContainText('26 Oct 23:00:00');
});
