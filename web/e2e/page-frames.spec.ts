/*
 * How often a page changes. A frame costs the same for one panel as for all, so everything that moves shares one beat
 * of 100 ms. A frame counts as changed if the document or a canvas was written since the previous one.
 */
import { expect, type Page } from '@playwright/test';

import { test } from './servers.ts';

const SECONDS = 10;
/** A page that has just loaded, or begun to play, still changes by itself. */
const LEAD_MS = 3_000;
const MOST_A_SECOND = 11;

/** Frames per second in which something was written, over the next seconds. */
function changedFrames(page: Page): Promise<number> {
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
    [SECONDS, LEAD_MS] as const,
  );
}

/** Waits until the ladder has rows and the chart has candles. */
async function isWhole(page: Page): Promise<void> {
  await expect(
    page.getByTestId('ladder').locator('[role=row][data-side=bid]').first(),
  ).toBeVisible();
  await expect(page.getByTestId('chart-canvas').locator('canvas').first()).toBeVisible();
}

async function expectFewFrames(page: Page): Promise<void> {
  const rate = await changedFrames(page);
  test.info().annotations.push({ type: 'changed frames a second', description: String(rate) });
  expect(rate).toBeGreaterThan(4);
  expect(rate).toBeLessThanOrEqual(MOST_A_SECOND);
}

test('a live page changes at most eleven times a second', async ({ page, servers }) => {
  await page.goto(`${servers.webUrl}/s/BTC-USD@sim`);
  await isWhole(page);
  await expectFewFrames(page);
});

test('a replay changes at most eleven times a second', async ({ page, servers }) => {
  const response = await fetch(`${servers.feedUrl}/v1/sessions`);
  const { sessions } = (await response.json()) as {
    readonly sessions: readonly { readonly id: string; readonly from: number }[];
  };
  const [session] = sessions;
  // Not at the very beginning, where there is nothing to see yet.
  const at = `s=1&sym=BTC-USD@sim&t=${(session?.from ?? 0) + 10_000}`;
  await page.goto(`${servers.webUrl}/replay/${session?.id}?${at}`);
  await isWhole(page);
  await page.getByTestId('play').click();
  await expect(page.getByTestId('replay-state')).toContainText(/playing/i);
  await expectFewFrames(page);
});
