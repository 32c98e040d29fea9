/*
 * A wall under every possible fault, checked every second: no number is shown without its true state. WALL_S sets the
 * duration in seconds; WALL_SHOTS names a folder for screenshots.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, type Page } from '@playwright/test';

import { BlockingProxy } from '../../scripts/blocking-proxy.mjs';
import { type Servers, test } from './servers.ts';
import { SharedWorkers } from './shared-workers.ts';
import { type Fault, FeedTruth, problemsOf, readWall, SETTLE_MS } from './wall-truth.ts';

const SECONDS = Number(process.env['WALL_S'] ?? 40);
const SHOTS = process.env['WALL_SHOTS'];
const SIMULATED = ['BTC-USD@sim', 'ETH-USD@sim', 'SOL-USD@sim', 'XRP-USD@sim', 'PEPE-USD@sim'];
/** A pushed market beside them: it can be halted. */
const OWN = 'MINE@desk';
const HOUR_MS = 3_600_000;
const BEAT_MS = 300;
/** Longer than the age at which nothing is live. */
const SHORT_S = 8;

test.use({
  viewport: { width: 1920, height: 1080 },
  serversOptions: { env: { TAPEDECK_CHAOS: 'on' } },
});

type Rig = {
  readonly page: Page;
  readonly servers: Servers;
  readonly proxies: readonly BlockingProxy[];
  readonly own: OwnMarket;
  /** Checks the wall every second until the time is over. */
  readonly watch: (fault: Omit<Fault, 'since' | 'unsettledAt'>, seconds: number) => Promise<void>;
};

async function post(servers: Servers, path: string, body: object): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(900);
  return fetch(servers.feedUrl + path, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal,
  }).then(
    (response) => response.ok,
    () => false,
  );
}

/** Pushed while the feed accepts it, and announced again if a feed has forgotten it. */
class OwnMarket {
  isHalted = false;
  #isKnown = false;
  #size = 5;
  readonly #servers: Servers;
  readonly #beat: NodeJS.Timeout;

  constructor(servers: Servers) {
    this.#servers = servers;
    this.#beat = setInterval(() => void this.push(), BEAT_MS);
  }

  async push(): Promise<void> {
    const size = ++this.#size;
    const priceTicks = 1_000 + (size % 2);
    const book = { type: 'snapshot', bids: [[999, size]], asks: [[1_002, 7]] };
    const trade = { type: 'trade', priceTicks, sizeLots: size, aggressor: 'buy' };
    const state = { type: 'state', state: this.isHalted ? 'halted' : 'ok', reason: 'halt' };
    const grid = { type: 'instrument', tickSize: '0.01', lotSize: '1' };
    const events = this.isHalted ? [state] : [...(this.#isKnown ? [] : [grid]), book, trade, state];
    const named = events.map((event) => ({ ...event, symbol: OWN }));
    this.#isKnown = await post(this.#servers, '/v1/ingest', { events: named });
  }

  stop(): void {
    clearInterval(this.#beat);
  }
}

/** The wall behind a network that can be cut: the page's own port, and the feed's. */
async function open(page: Page, servers: Servers): Promise<readonly BlockingProxy[]> {
  const web = await BlockingProxy.open(servers.webUrl);
  const feed = await BlockingProxy.open(servers.feedUrl);
  for (const proxy of [web, feed]) proxy.blocksUpgrades = false;
  feed.told = {
    'x-forwarded-host': new URL(web.url).host,
    'tapedeck-web-key': servers.webKey,
  };
  await page.route('**/config.json', (route) => route.fulfill({ json: { feedUrl: feed.url } }));
  await page.goto(`${web.url}/wall?symbols=${[...SIMULATED, OWN].join()}`);
  return [web, feed];
}

/** Sets the wall clock of the page and its worker, as a user or a time server would. */
async function stepClock(page: Page, byMs: number): Promise<void> {
  const step = (by: number): void => {
    const kept = globalThis as { realNow?: () => number; stepMs?: number };
    const real = (kept.realNow ??= Date.now.bind(Date));
    const stepMs = (kept.stepMs = (kept.stepMs ?? 0) + by);
    Date.now = () => real() + stepMs;
  };
  await page.evaluate(step, byMs);
  const workers = await SharedWorkers.of(page.context());
  expect(await workers.evaluate(`(${step.toString()})(${byMs})`)).toBe(1);
}

const FAULTS: readonly ((rig: Rig, seconds: number) => Promise<void>)[] = [
  async ({ servers, own, watch }, seconds) => {
    // They end by themselves, but only after the last check.
    const forMs = (seconds + 4) * 1_000;
    const harm = (symbol: string, fault: string) =>
      post(servers, '/v1/chaos', { target: 'symbol', symbol, fault, forMs });
    expect(await harm('BTC-USD@sim', 'crossed')).toBe(true);
    expect(await harm('ETH-USD@sim', 'gap')).toBe(true);
    expect(await harm('SOL-USD@sim', 'silent')).toBe(true);
    own.isHalted = true;
    await watch({ kind: 'markets', isStepped: false }, seconds);
    own.isHalted = false;
    await expect
      .poll(
        async () => {
          const answer = await fetch(`${servers.feedUrl}/v1/chaos`);
          return ((await answer.json()) as { active: boolean }).active;
        },
        { timeout: 15_000 },
      )
      .toBe(false);
  },
  async ({ page, servers, watch }, seconds) => {
    servers.pauseFeed();
    const half = seconds / 2;
    await watch({ kind: 'hung', isStepped: false }, half);
    // Setting a clock back must not make old data look new.
    await stepClock(page, -HOUR_MS);
    await watch({ kind: 'hung', isStepped: true }, half);
    await stepClock(page, HOUR_MS);
    servers.resumeFeed();
  },
  async ({ servers, watch }, seconds) => {
    await servers.killFeed();
    await watch({ kind: 'killed', isStepped: false }, seconds);
    await servers.restartFeed();
  },
  async ({ proxies, watch }, seconds) => {
    for (const proxy of proxies) {
      proxy.refuses = true;
      proxy.cut();
    }
    await watch({ kind: 'cut', isStepped: false }, seconds);
    for (const proxy of proxies) proxy.refuses = false;
  },
];
/** Only in the long form, as they take time. */
const LONG_FAULTS: typeof FAULTS = [
  async ({ servers, watch }, seconds) => {
    const faults = { drop: 0.05, duplicate: 0.05, reorder: 0.05, corrupt: 0.01, stallMs: 2_000 };
    expect(await post(servers, '/v1/chaos', { target: 'connections', faults })).toBe(true);
    await watch({ kind: 'connections', isStepped: false }, seconds);
    expect(await post(servers, '/v1/chaos', { target: 'connections', faults: {} })).toBe(true);
  },
  async ({ page, watch }, seconds) => {
    await stepClock(page, HOUR_MS);
    await watch({ kind: 'none', isStepped: true }, seconds);
    await stepClock(page, -HOUR_MS);
  },
];

test('under every fault no number on the wall is without its true state', async ({
  page,
  servers,
}) => {
  test.setTimeout((SECONDS * 1.5 + 90) * 1_000);
  if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
  const own = new OwnMarket(servers);
  await own.push();
  const proxies = await open(page, servers);
  const tiles = page.getByTestId('wall-tile');
  await expect(tiles).toHaveCount(SIMULATED.length + 1, { timeout: 15_000 });
  for (const tile of await tiles.all())
    await expect(tile).toHaveAttribute('data-state', 'live', { timeout: 15_000 });

  const truth = new FeedTruth(servers.feedUrl, [...SIMULATED, OWN]);
  const begun = Date.now();
  const problems: string[] = [];
  let looks = 0;
  let current: Fault = { kind: 'none', since: begun, isStepped: false, unsettledAt: begun };

  /** The screenshot is taken between two readings of the page, and these between two of the feed: all must agree. */
  const look = async (): Promise<void> => {
    const fault = current;
    await truth.ask();
    const before = await readWall(page);
    const shot = await page.screenshot(
      SHOTS === undefined
        ? {}
        : { path: join(SHOTS, `${String(++looks).padStart(4, '0')}-${fault.kind}.png`) },
    );
    expect(shot.length).toBeGreaterThan(0);
    const after = await readWall(page);
    await truth.ask();
    for (const each of [before, after]) {
      expect(each.tiles).toHaveLength(SIMULATED.length + 1);
      problems.push(...problemsOf(each, truth, fault));
    }
  };
  const watch: Rig['watch'] = async ({ kind, isStepped }, seconds) => {
    const now = Date.now();
    const since = current.kind === kind ? current.since : now;
    const heals = kind !== current.kind || isStepped !== current.isStepped;
    current = { kind, isStepped, since, unsettledAt: heals ? now : current.unsettledAt };
    const end = now + seconds * 1_000;
    for (let next = now; next < end; next += 1_000) {
      await look();
      await page.waitForTimeout(Math.max(0, next + 1_000 - Date.now()));
    }
  };

  /** Waits until every market is well again, as must be soon after a fault. */
  const healed = async (): Promise<void> => {
    const end = Date.now() + SETTLE_MS;
    for (let isWell = false; !isWell && Date.now() < end;) {
      await watch({ kind: 'none', isStepped: false }, 1);
      const { tiles: shown } = await readWall(page);
      isWell = shown.every(({ state }) => state === 'live' || state === 'delayed');
    }
    await watch({ kind: 'none', isStepped: false }, isLong ? 5 : 1);
    problems.push(...(await truth.judge()));
  };
  const rig: Rig = { page, servers, proxies, own, watch };
  const isLong = SECONDS > 60;
  const faults = isLong ? [...FAULTS, ...LONG_FAULTS] : FAULTS;
  for (let turn = 0; turn < faults.length || Date.now() - begun < SECONDS * 1_000; turn++) {
    // Longer from round to round: beyond the deadline of a link, and beyond what a proof of silence covers.
    const round = Math.floor(turn / faults.length);
    const seconds = isLong ? 9 + 9 * (round % 4) : SHORT_S;
    await faults[turn % faults.length]?.(rig, seconds);
    await healed();
  }
  own.stop();
  await page.close();
  for (const proxy of proxies) proxy.close();
  expect(problems).toEqual([]);
});
