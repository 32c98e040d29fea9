/*
 * Every panel of a replay shows the state of a recorded market in the same words, rows and ages, however the moment
 * was reached: by playing, by a seek on the page, or by a link (P28, P28c, P28d, P28e).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, type Page } from '@playwright/test';

import { startFeed, untilHealthy } from '../../scripts/browser-test-servers.mjs';
import { type Servers, test } from './servers.ts';

const SYMBOL = 'STATES@desk';
const TAPE_ONLY = 'TAPE@desk';
const HOST = '127.0.0.1';

type Event = { readonly type: string; readonly [field: string]: unknown };
type Timed = Event & { readonly at: number };

const FIRST_TRADE = 250;
const FIRST_BOOK = 3_000;
const LAST = 24_000;

/** What the market did before the present, in milliseconds of its recording; its trades go on throughout. */
function past(): readonly Timed[] {
  const events: Timed[] = [];
  let sequence = 0;
  const book = (at: number, type: string, bids: number[][], asks: number[][] = []): void => {
    const previous = sequence++;
    events.push({ at, type, sequence, ...(type === 'update' && { previous }), bids, asks });
  };
  const runs = (from: number, to: number): void => {
    for (let at = from; at < to; at += 200) book(at, 'update', [[998, 7 + (at % 1_000) / 200]]);
  };
  // Before it only trades: no book yet.
  book(FIRST_BOOK, 'snapshot', BIDS, ASKS);
  runs(FIRST_BOOK + 200, 6_000);
  // Two changes never come: a gap, until the next snapshot.
  sequence += 2;
  book(6_000, 'update', [[997, 1]]);
  book(13_000, 'snapshot', BIDS, ASKS);
  runs(13_200, 15_000);
  book(15_000, 'update', [[1_002, 3]]);
  // From crossed to locked, and apart again.
  book(18_000, 'update', [
    [1_002, 0],
    [1_001, 3],
  ]);
  book(21_000, 'update', [[1_001, 0]]);
  runs(21_200, LAST);
  for (let at = FIRST_TRADE; at < LAST; at += 250)
    events.push({ at, type: 'trade', priceTicks: 1_000 + (at % 3), sizeLots: 1, aggressor: 'buy' });
  return events.toSorted((a, b) => a.at - b.at);
}

const BIDS = [
  [999, 5],
  [998, 7],
  [990, 2],
];
const ASKS = [
  [1_001, 4],
  [1_003, 6],
];
/** A source reports its market's state as of now: a halt and a rebuilt book last as long in the recording. */
const STAND_MS = 3_500;
const PRESENT: readonly (readonly Event[])[] = [
  [{ type: 'state', state: 'halted', reason: 'halt' }],
  [
    { type: 'state', state: 'ok' },
    { type: 'update', bids: [[998, 1]], asks: [] },
  ],
  [{ type: 'state', state: 'syncing', reason: 'upstream-reset' }],
  [
    { type: 'snapshot', bids: BIDS, asks: ASKS },
    { type: 'state', state: 'ok' },
  ],
  [{ type: 'update', bids: [[998, 3]], asks: [] }],
];

/** Records it with a feed of its own, through the ingest (section 2a), and stops that feed properly. */
async function record(env: Readonly<Record<string, string>>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tapedeck-recording-'));
  const feed = await startFeed({
    host: HOST,
    port: 0,
    // Each change gets its own record, as the past ones are all pushed at once.
    env: { ...env, TAPEDECK_SOURCE: 'none', TAPEDECK_RECORD: 'raw' },
    logFile: join(folder, 'feed.log'),
  });
  await untilHealthy(feed, '/healthz');
  const push = async (events: readonly object[]): Promise<void> => {
    const response = await fetch(`${feed.url}/v1/ingest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    expect(response.ok, await response.text()).toBe(true);
  };
  const begin = Date.now() - LAST;
  const grid = { type: 'instrument', tickSize: '0.01', lotSize: '1' };
  await push([
    { ...grid, symbol: SYMBOL },
    { ...grid, symbol: TAPE_ONLY },
    ...past().flatMap(({ at, ...event }) => {
      const told = { ...event, symbol: SYMBOL, eventTime: begin + at };
      return event.type === 'trade' ? [told, { ...told, symbol: TAPE_ONLY }] : [told];
    }),
  ]);
  for (const events of PRESENT) {
    await push(events.map((event) => ({ ...event, symbol: SYMBOL })));
    await new Promise((resolve) => setTimeout(resolve, STAND_MS));
  }
  await feed.group.stop();
  await rm(folder, { recursive: true, force: true });
}

test.use({
  timezoneId: 'UTC',
  serversOptions: { env: { TAPEDECK_SOURCE: 'none' }, prepare: record },
});

type Stretch = {
  readonly from: number;
  readonly to: number;
  readonly state: string;
  readonly reason: string;
};
type Recording = {
  readonly id: string;
  readonly from: number;
  readonly states: readonly Stretch[];
  /** The origin of the times in `past`: a session begins with its first trade. */
  readonly begin: number;
};

async function recordingOf({ feedUrl }: Servers): Promise<Recording> {
  const get = async (path: string): Promise<unknown> => (await fetch(feedUrl + path)).json();
  const { sessions } = (await get('/v1/sessions')) as { sessions: Recording[] };
  const [session] = sessions;
  if (session === undefined) throw new Error('nothing was recorded');
  const { states } = (await get(`/v1/states?session=${session.id}&symbol=${SYMBOL}`)) as {
    states: Stretch[];
  };
  return { ...session, states, begin: session.from - FIRST_TRADE };
}

const PANELS = ['trade-header', 'ladder', 'chart', 'tape', 'lamp-data', 'source-badge', 'replay-clock', 'replay-state', 'scrubber'] as const; // prettier-ignore
type Told = Readonly<Record<string, string>>;

/** Everything the page says about the moment, panel by panel: words, states, rows, ages, scrubber marks, title. */
function read(page: Page): Promise<Told> {
  return page.evaluate((panels) => {
    const told: Record<string, string> = { title: document.title };
    for (const name of panels) {
      const panel = document.querySelector<HTMLElement>(`[data-testid=${name}]`);
      const { state = '', cross = '', lamp = '', source = '' } = panel?.dataset ?? {};
      const marks = [...(panel?.querySelectorAll<HTMLElement>('[data-testid^=band],[data-testid=scrubber-gap]') ?? [])].map((mark) => `${mark.title} ${mark.style.left} ${mark.style.width}`); // prettier-ignore
      const old = panel?.querySelector('.old-data') === null ? '' : 'old';
      told[name] = [
        [state, cross, lamp, source, old].filter((word) => word !== '').join(' '),
        panel?.getAttribute('aria-valuetext') ?? '',
        panel?.innerText.replaceAll(/\s+/g, ' ') ?? 'none',
        ...marks,
      ].join(' | ');
    }
    return told;
  }, PANELS);
}

const clockOf = (page: Page) => page.getByTestId('replay-clock');
const pillOf = (page: Page, panel: string) => page.getByTestId(panel).getByTestId('state-pill');

async function seek(page: Page, at: number): Promise<void> {
  await page.getByTestId('go-to').fill(new Date(at).toISOString().slice(11, 23));
  await page.getByTestId('go-to').press('Enter');
  await expect(clockOf(page)).toHaveAttribute('data-clock', `${at}`);
}

const linkTo = ({ webUrl }: Servers, { id }: Recording, at: number, symbol = SYMBOL): string =>
  `${webUrl}/replay/${id}?t=${new Date(at).toISOString()}&sym=${encodeURIComponent(symbol)}`;

/** The page's state once nothing on it changes any more. */
async function settled(page: Page): Promise<Told> {
  let before: Told = {};
  await expect(async () => {
    const now = await read(page);
    const isSame = JSON.stringify(now) === JSON.stringify(before);
    before = now;
    expect(isSame).toBe(true);
  }).toPass({ timeout: 10_000, intervals: [250] });
  return before;
}

/** Plays from one moment until another is reached, and pauses right after: the page itself watches its clock. */
async function play(page: Page, from: number, until: number): Promise<number> {
  await seek(page, from);
  await page.evaluate(
    (end) =>
      new Promise<void>((resolve) => {
        const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid=${id}]`);
        const look = (): void => {
          if (Number(find('replay-clock')?.dataset['clock']) < end) requestAnimationFrame(look);
          else {
            find('play')?.click();
            resolve();
          }
        };
        find('play')?.click();
        requestAnimationFrame(look);
      }),
    until,
  );
  await expect(page.getByTestId('replay-state')).toHaveText('paused');
  return Number(await clockOf(page).getAttribute('data-clock'));
}

const REPLAY = /^REPLAY \d\d:\d\d:\d\d$/;
/** The market's state, how long it is played, and what the panels then say. */
const STATES = [
  { name: 'no book yet', from: 300, until: 1_500, ladder: /^NO BOOK$/, header: REPLAY, lamp: 'replay' },
  { name: 'a gap', from: 5_000, until: 9_000, ladder: /^STALE 00:0[3-6]$/, lamp: /^\d s$/ },
  { name: 'crossed', from: 14_200, until: 16_000, ladder: /^CROSSED \d\d:\d\d:\d\d$/, lamp: 'crossed' },
  { name: 'locked', from: 17_000, until: 18_800, ladder: /^LOCKED \d\d:\d\d:\d\d$/, lamp: 'locked' },
  { name: 'halted', of: 'halted', from: -500, until: 1_000, ladder: /^HALTED$/, lamp: 'halted' },
  { name: 'the book restarts', of: 'upstream-reset', from: -500, until: 5_000, ladder: /^STALE 00:0[3-7]$/, lamp: /^\d\d? s$/ },
] as const; // prettier-ignore

test('a moment looks the same in every panel and state, however it is reached', async ({
  page,
  context,
  servers,
}) => {
  test.setTimeout(120_000);
  const recording = await recordingOf(servers);
  const other = await context.newPage();
  await page.goto(`${linkTo(servers, recording, recording.from)}&s=2`);
  await expect(clockOf(page)).toBeVisible({ timeout: 20_000 });
  for (const [index, state] of STATES.entries()) {
    await test.step(state.name, async () => {
      const stretch =
        'of' in state
          ? recording.states.find(({ state: is, reason }) => [is, reason].includes(state.of))
          : undefined;
      const base = stretch?.from ?? recording.begin;
      const at = await play(page, base + state.from, base + state.until);
      const played = await settled(page);
      await expect(pillOf(page, 'ladder')).toHaveText(state.ladder);
      await expect(pillOf(page, 'trade-header')).toHaveText(
        'header' in state ? state.header : state.ladder,
      );
      await expect(page.getByTestId('lamp-data').locator('span span')).toHaveText(state.lamp);
      await expect(page.getByTestId('source-badge')).toHaveText('REPLAY');

      // From before it and, for the next state, from after it.
      const key = index % 2 === 0 ? 'Home' : 'End';
      await page.keyboard.press(key);
      await expect(clockOf(page)).not.toHaveAttribute('data-clock', `${at}`);
      await seek(page, at);
      await expect.poll(() => read(page), `sought after ${key}`).toEqual(played);
      await other.goto(linkTo(servers, recording, at));
      await expect
        .poll(() => read(other), { message: 'by a link', timeout: 15_000 })
        .toEqual(played);
    });
  }
});

test('P28d: a market without any book says so, however it is reached', async ({
  page,
  context,
  servers,
}) => {
  const recording = await recordingOf(servers);
  await page.goto(`${linkTo(servers, recording, recording.from, TAPE_ONLY)}&s=2`);
  const at = await play(page, recording.begin + 1_000, recording.begin + 2_000);
  const played = await settled(page);
  await expect(pillOf(page, 'ladder')).toHaveText('NO BOOK');
  await expect(page.getByText('No book was recorded')).toBeVisible();
  await page.keyboard.press('Home');
  await seek(page, at);
  await expect.poll(() => read(page)).toEqual(played);
  const other = await context.newPage();
  await other.goto(linkTo(servers, recording, at, TAPE_ONLY));
  await expect.poll(() => read(other), { timeout: 15_000 }).toEqual(played);
});

test('on a phone a replay shows a halted market beside its price', async ({ page, servers }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const recording = await recordingOf(servers);
  const halt = recording.states.find(({ state }) => state === 'halted');
  await page.goto(linkTo(servers, recording, (halt?.from ?? 0) + 1_000));
  await expect(pillOf(page, 'trade-header')).toHaveText('HALTED', { timeout: 20_000 });
  await expect(pillOf(page, 'trade-header')).toBeVisible();
});
