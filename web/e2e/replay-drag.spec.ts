/*
 * A drag of the scrubber shows the moments that the pointer passes. Painted moments are read frame by frame; a second
 * viewer of the same replay counts the seeks that the feed answered. The rate depends on the machine's load and is
 * only printed: the test requires that each answered seek is painted, beside its own clock.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { expect, type CDPSession, type Page } from '@playwright/test';

import { bookSchema } from '@tapedeck/market/wire/http';

import { type Servers, runTapedeck, test } from './servers.ts';

const EXCERPT = join(import.meta.dirname, '../../feed/fixtures/binance-20240808/spot-ethusdt.gz');
const MOVES = 200;
/** A mouse reports its position about this often. */
const MOVE_MS = 15;
const FROM_SHARE = 0.2;
const TO_SHARE = 0.8;

test.use({
  // A trace copies the page at every mouse move, which takes longer than the page's own work.
  trace: 'off',
  serversOptions: { prepare: async (env) => void (await runTapedeck(['import', EXCERPT], env)) },
});

type Session = {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly open: boolean;
  readonly symbols: readonly string[];
};
type Painted = { readonly clock: number; readonly sequence: number };
type Box = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/**
 * The state of the page as each frame is painted, if it differs from the previous frame. The page's frame callbacks
 * run within one of ours, which reads after the last of them: in between, a clock may be beside an older ladder.
 */
async function watchFrames(page: Page): Promise<() => Promise<readonly Painted[]>> {
  const handle = await page.evaluateHandle(() => {
    const seen: { clock: number; sequence: number }[] = [];
    const numberOf = (testId: string, name: string): number =>
      Number(document.querySelector(`[data-testid=${testId}]`)?.getAttribute(name));
    const look = (): void => {
      const now = {
        clock: numberOf('replay-clock', 'data-clock'),
        sequence: numberOf('ladder', 'data-sequence'),
      };
      const last = seen.at(-1);
      if (last?.clock !== now.clock || last.sequence !== now.sequence) seen.push(now);
    };
    const native = window.requestAnimationFrame.bind(window);
    let waiting = new Map<number, FrameRequestCallback>();
    let ids = 1e9;
    window.requestAnimationFrame = (callback) => {
      waiting.set(++ids, callback);
      return ids;
    };
    const cancel = window.cancelAnimationFrame.bind(window);
    window.cancelAnimationFrame = (id) => {
      if (!waiting.delete(id)) cancel(id);
    };
    const frame = (time: number): void => {
      const callbacks = waiting;
      waiting = new Map();
      for (const callback of callbacks.values()) callback(time);
      look();
      native(frame);
    };
    native(frame);
    return seen;
  });
  return () => handle.jsonValue();
}

/** Counts the seeks that the feed answered, as a second viewer of the replay. */
async function watchSeeks(servers: Servers, replay: string, symbol: string): Promise<() => number> {
  const url = `${servers.feedUrl.replace('http', 'ws')}/v1/stream?replay=${replay}`;
  const socket = new WebSocket(url, 'tapedeck.v1.json');
  let seeks = 0;
  socket.addEventListener('message', ({ data }) => {
    seeks += String(data).match(/"seeked":true/g)?.length ?? 0;
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  socket.send(JSON.stringify({ type: 'subscribe', id: 1, channels: [`ticker:${symbol}`] }));
  return () => {
    socket.close();
    return seeks;
  };
}

/** Seconds of CPU of the page's own thread. */
async function cpuOf(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
}

/** Like a real drag: the mouse moves on whether or not the page keeps up. Returns its final position. */
async function drag(cdp: CDPSession, box: Box): Promise<number> {
  const moves: Promise<unknown>[] = [];
  const y = box.y + box.height / 2;
  let x = 0;
  for (let i = 1; i <= MOVES; i++) {
    x = Math.round(box.x + box.width * (FROM_SHARE + ((TO_SHARE - FROM_SHARE) * i) / MOVES));
    const move = { type: 'mouseMoved', x, y, button: 'left', buttons: 1 } as const;
    moves.push(cdp.send('Input.dispatchMouseEvent', move));
    await pause(MOVE_MS);
  }
  await Promise.all(moves);
  return x;
}

/** Playwright's own mouse does not know where this one is. */
async function release(cdp: CDPSession, box: Box, x: number): Promise<void> {
  const y = box.y + box.height / 2;
  await cdp.send('Input.dispatchMouseEvent', { type: 'mouseReleased', x, y, button: 'left' });
}

for (const source of ['simulated, nine markets', 'Binance, recorded'])
  test(`P28: a drag shows the moments it passes, each beside its own clock (${source})`, async ({
    page,
    servers,
  }) => {
    const get = async (path: string): Promise<unknown> =>
      (await fetch(servers.feedUrl + path)).json();
    const { sessions } = (await get('/v1/sessions')) as { readonly sessions: readonly Session[] };
    const symbol = source.startsWith('Binance') ? 'ETHUSDT@binance' : 'BTC-USD@sim';
    const session = sessions.find(({ open, symbols }) => !open && symbols.includes(symbol));
    if (session === undefined) throw new Error(`no session of ${symbol}`);
    const bookAt = async (at: number) =>
      bookSchema.parse(
        await get(`/v1/book?symbol=${symbol}&session=${session.id}&depth=25&at=${at}`),
      );

    const made = page.waitForResponse(
      (response) =>
        response.url().endsWith('/v1/replays') && response.request().method() === 'POST',
    );
    await page.goto(`${servers.webUrl}/replay/${session.id}?sym=${symbol}`);
    const { id: replay } = (await (await made).json()) as { readonly id: string };
    const ladder = page.getByTestId('ladder');
    await expect(ladder.locator('[role=row][data-side=bid]').first()).toBeVisible();
    await expect(page.getByTestId('chart-canvas').locator('canvas').first()).toBeVisible();
    const box = await page.getByTestId('scrubber').boundingBox();
    if (box === null) throw new Error('the scrubber has no place');

    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.mouse.move(box.x + box.width * FROM_SHARE, box.y + box.height / 2);
    await page.mouse.down();
    const seeks = await watchSeeks(servers, replay, symbol);
    const frames = await watchFrames(page);
    const before = await cpuOf(cdp);
    const begin = performance.now();
    const x = await drag(cdp, box);
    const seconds = (performance.now() - begin) / 1_000;
    const cpu = (await cpuOf(cdp)) - before;
    const painted = await frames();
    await release(cdp, box, x);

    // The moment under the pointer, to the millisecond, and its ladder.
    const share = (x - box.x) / box.width;
    const at = Math.round(session.from + share * (session.to - session.from));
    const clock = page.getByTestId('replay-clock');
    await expect(clock).toHaveAttribute('data-clock', `${at}`);
    const book = await bookAt(at);
    await expect(ladder).toHaveAttribute('data-sequence', `${book.sequence}`);
    for (const [side, levels] of [
      ['bid', book.bids],
      ['ask', book.asks.toReversed()],
    ] as const) {
      const rows = ladder.locator(`[role=row][data-side=${side}]`);
      const shown = await rows.evaluateAll((all) =>
        all.map((row) =>
          ['data-price-ticks', 'data-size-lots'].map((name) => Number(row.getAttribute(name))),
        ),
      );
      expect(shown).toEqual(
        levels.slice(side === 'bid' ? 0 : -shown.length).slice(0, shown.length),
      );
    }

    const moments = new Set(painted.map((each) => each.clock)).size;
    const answered = seeks();
    const figures = `${moments} moments painted of ${answered} answered in ${seconds.toFixed(1)} s: ${(moments / seconds).toFixed(1)} a second, ${((cpu * 1_000) / moments).toFixed(0)} ms of the page's CPU each`;
    test.info().annotations.push({ type: 'drag', description: figures });
    process.stdout.write(`${source}: ${figures}\n`);
    for (const each of painted)
      expect(each.sequence, `beside ${each.clock}`).toBe((await bookAt(each.clock)).sequence);
    // The last seeks, of the drag's end and the release, are answered after the painted moments were read.
    expect(moments).toBeGreaterThanOrEqual(0.8 * answered - 2);
    expect(moments).toBeGreaterThan(3);
  });
