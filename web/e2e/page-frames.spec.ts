/*
 * How often a page changes. A frame costs the same for one panel as for all, so everything that moves shares one beat
 * of 100 ms. A frame counts as changed if the document or a canvas was written since the previous one.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, type Page } from '@playwright/test';

import { runTapedeck, test } from './servers.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FIXTURES = process.env['TAPEDECK_FIXTURES'] ?? join(ROOT, '../shared/data');
/** Eleven minutes of a real market, where they are available; the simulated session is about as long. */
const NIGHT = ['btcusdt_20240808.gz', 'btcusdt_20240809.gz']
  .map((name) => join(FIXTURES, 'binance_20240808/spot', name))
  .filter((file) => existsSync(file));
const SYMBOL = NIGHT.length === 2 ? 'BTCUSDT@binance' : 'BTC-USD@sim';

const SECONDS = 5;
/** At 100 times speed, eleven minutes last 6.5 s. */
const SECONDS_AT_100 = 3;
/** What starts a replay changes the page by itself. */
const LEAD_MS = 500;
const MOST_A_SECOND = 11;

test.use({
  serversOptions: {
    prepare: async (env) => {
      if (NIGHT.length === 2) await runTapedeck(['import', ...NIGHT], env);
    },
  },
});

/** Frames per second in which something was written, over the next seconds. */
function changedFrames(page: Page, ofSeconds: number): Promise<number> {
  return page.evaluate(
    async ([seconds, leadMs]) => {
      let isChanged = false;
      let frames = 0;
      const note = (): void => void (isChanged = true);
      const watch = new MutationObserver(note);
      watch.observe(document, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
      // Every canvas of the page clears or fills what it redraws.
      const prototype = CanvasRenderingContext2D.prototype as unknown as Record<string, unknown>;
      const own = { clearRect: prototype['clearRect'], fillRect: prototype['fillRect'] };
      for (const [name, draw] of Object.entries(own))
        prototype[name] = function (this: unknown, ...rectangle: readonly unknown[]) {
          note();
          return (draw as (...rectangle: readonly unknown[]) => void).apply(this, [...rectangle]);
        };
      await new Promise<void>((resolve) => {
        const start = performance.now() + leadMs;
        const end = start + seconds * 1_000;
        // After a frame: it paints what was written since the previous one and in its own callbacks.
        const painted = new MessageChannel();
        painted.port1.onmessage = () => {
          for (const _ of watch.takeRecords()) note();
          if (isChanged && performance.now() >= start) frames++;
          isChanged = false;
          if (performance.now() < end) requestAnimationFrame(look);
          else resolve();
        };
        const look = (): void => painted.port2.postMessage(undefined);
        requestAnimationFrame(look);
      });
      watch.disconnect();
      Object.assign(prototype, own);
      return frames / seconds;
    },
    [ofSeconds, LEAD_MS] as const,
  );
}

/** Waits until the ladder has rows and the chart has candles. */
async function isWhole(page: Page): Promise<void> {
  await expect(
    page.getByTestId('ladder').locator('[role=row][data-side=bid]').first(),
  ).toBeVisible();
  await expect(page.getByTestId('chart-canvas').locator('canvas').first()).toBeVisible();
}

/** Prints the rate and the CPU of the page's own thread; the rate is what must hold. */
async function expectFewFrames(page: Page, seconds = SECONDS): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const cpu = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  const before = await cpu();
  const rate = await changedFrames(page, seconds);
  const share = (((await cpu()) - before) / seconds) * 100;
  const figures = `${rate.toFixed(1)} changed frames a second, ${share.toFixed(0)} % of a core`;
  process.stdout.write(`${test.info().title}: ${figures}\n`);
  // It moves; how often it can depends on who else uses the machine.
  expect(rate).toBeGreaterThan(1);
  expect(rate).toBeLessThanOrEqual(MOST_A_SECOND);
}

test('a live page changes at most eleven times a second', async ({ page, servers }) => {
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await isWhole(page);
  await expectFewFrames(page);
});

for (const speed of [1, 100])
  test(`P27: a replay at ${speed} times changes at most eleven times a second`, async ({
    page,
    servers,
  }) => {
    const response = await fetch(`${servers.feedUrl}/v1/sessions`);
    const { sessions } = (await response.json()) as {
      readonly sessions: readonly {
        readonly id: string;
        readonly from: number;
        readonly open: boolean;
        readonly symbols: readonly string[];
      }[];
    };
    const session = sessions.find(({ open, symbols }) => !open && symbols.includes(SYMBOL));
    // Not at the very beginning, where there is nothing to see yet.
    const at = `s=${speed}&sym=${SYMBOL}&t=${(session?.from ?? 0) + 10_000}`;
    await page.goto(`${servers.webUrl}/replay/${session?.id}?${at}`);
    await isWhole(page);
    await page.getByTestId('play').click();
    const state = page.getByTestId('replay-state');
    await expect(state).toContainText(/playing|buffering/i);
    await expectFewFrames(page, speed === 100 ? SECONDS_AT_100 : SECONDS);
    // It went on for all of that time.
    await expect(state).toContainText(/playing|buffering/i);
  });
