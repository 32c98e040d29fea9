/* A recorded night of Binance, imported by the command line, replayed in a browser: the ladder against the golden. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, type Page } from '@playwright/test';

import { DecimalScale } from '@tapedeck/market/number/decimal';
import { bookSchema, instrumentsSchema } from '@tapedeck/market/wire/http';

import { runTapedeck, test } from './servers.ts';

type Mark = {
  readonly mark_ms: number;
  readonly top_bids: readonly (readonly [string, string])[];
  readonly top_asks: readonly (readonly [string, string])[];
  readonly book_sha256: string;
};
type Golden = { readonly book_marks: readonly Mark[] };

const ROOT = resolve(import.meta.dirname, '../..');
const FIXTURES = process.env['TAPEDECK_FIXTURES'] ?? join(ROOT, '../shared/data');
const NIGHT = ['btcusdt_20240808.gz', 'btcusdt_20240809.gz'].map((name) =>
  join(FIXTURES, 'binance_20240808/spot', name),
);
const isWhole = NIGHT.every((file) => existsSync(file));
const EXCERPT = join(ROOT, 'feed/fixtures/binance-20240808');
const FILES = isWhole ? NIGHT : [join(EXCERPT, 'spot-ethusdt.gz')];
const SYMBOL = isWhole ? 'BTCUSDT@binance' : 'ETHUSDT@binance';
const GOLDEN = JSON.parse(
  readFileSync(
    isWhole
      ? join(FIXTURES, 'goldens/spot_btcusdt_2024-08-08-09.json')
      : join(EXCERPT, 'spot-ethusdt.golden.json'),
    'utf8',
  ),
) as Golden;

test.use({
  serversOptions: {
    env: { TAPEDECK_SOURCE: 'none' },
    prepare: async (env) => {
      await runTapedeck(['import', ...FILES], env);
    },
  },
});

/** The ladder as the page shows it: `[priceTicks, sizeLots]`, best first. */
function ladderSide(page: Page, side: 'bid' | 'ask'): Promise<number[][]> {
  return page
    .getByTestId('ladder')
    .locator(`[role=row][data-side=${side}]`)
    .evaluateAll(
      (rows, sign) => {
        const levels = rows.map((row) => ({
          price: Number(row.getAttribute('data-price-ticks')),
          size: Number(row.getAttribute('data-size-lots')),
        }));
        return levels
          .sort((a, b) => sign * (a.price - b.price))
          .map(({ price, size }) => [price, size]);
      },
      side === 'ask' ? 1 : -1,
    );
}

test('P28: after a seek in the browser the ladder is the golden one; played to the same moment, it is the same', async ({
  page,
  servers,
}) => {
  const get = async (path: string): Promise<unknown> =>
    (await fetch(servers.feedUrl + path)).json();
  const { instruments } = instrumentsSchema.parse(await get('/v1/instruments'));
  const instrument = instruments.find((each) => each.symbol === SYMBOL);
  if (instrument === undefined) throw new Error(`${SYMBOL} was not imported`);
  const price = new DecimalScale(instrument.tickSize);
  const size = new DecimalScale(instrument.lotSize);
  const units = (levels: Mark['top_bids']): number[][] =>
    levels.map(([p, s]) => [price.toUnits(p), size.toUnits(s)]);

  // Every mark over HTTP, whole books: the last mark is the end of the recording.
  for (const mark of GOLDEN.book_marks) {
    const path = `/v1/book?symbol=${encodeURIComponent(SYMBOL)}&depth=0&at=${mark.mark_ms}`;
    const book = bookSchema.parse(await get(path));
    const text = [
      ...book.bids.map(([p, s]) => `b ${price.toPlainText(p)} ${size.toPlainText(s)}`),
      ...book.asks.map(([p, s]) => `a ${price.toPlainText(p)} ${size.toPlainText(s)}`),
    ].join('\n');
    expect(createHash('sha256').update(text).digest('hex'), `at ${mark.mark_ms}`).toBe(
      mark.book_sha256,
    );
  }

  await page.goto(`${servers.webUrl}/replay`);
  await page.getByTestId('session-row').first().waitFor();
  const session = ((await get('/v1/sessions')) as { sessions: { id: string }[] }).sessions[0]?.id;
  const marks = GOLDEN.book_marks.slice(0, -1);
  const mark = marks[Math.floor(marks.length / 2)] ?? GOLDEN.book_marks[0];
  if (mark === undefined || session === undefined) throw new Error('nothing to look at');

  await page.goto(`${servers.webUrl}/replay/${session}?t=${mark.mark_ms}`);
  await expect(page.getByTestId('replay-clock')).toHaveAttribute('data-clock', `${mark.mark_ms}`);
  const expectGolden = async (): Promise<void> => {
    await expect(async () => {
      expect((await ladderSide(page, 'bid')).slice(0, 10)).toEqual(units(mark.top_bids));
      expect((await ladderSide(page, 'ask')).slice(0, 10)).toEqual(units(mark.top_asks));
    }).toPass({ timeout: 10_000 });
  };
  await expectGolden();
  await expect(page.getByTestId('replay-frame')).toBeVisible();
  await expect(page).toHaveTitle(/replay/i);

  // Two seconds earlier, then step by step to the same moment.
  await page.goto(`${servers.webUrl}/replay/${session}?t=${mark.mark_ms - 2_000}`);
  const clock = page.getByTestId('replay-clock');
  await expect(clock).toHaveAttribute('data-clock', `${mark.mark_ms - 2_000}`);
  await page.keyboard.press('ArrowRight');
  await expect(clock).toHaveAttribute('data-clock', `${mark.mark_ms - 1_000}`);
  await page.keyboard.press('ArrowRight');
  await expect(clock).toHaveAttribute('data-clock', `${mark.mark_ms}`);
  await expectGolden();

  // Nothing on the page is live.
  await expect(page.locator('[data-state=live]')).toHaveCount(0);
});
