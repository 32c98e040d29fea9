/* V14 through a whole feed, over real sockets: its recorder, its routes, and a second start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { candlesSchema, sessionsSchema } from '@tapedeck/market/wire/http';

import { SystemClock } from '../src/machine/system-clock.ts';
import { TestFeed } from './test-feed.ts';
import { DoubleServer } from './venue-double/double-server.ts';
import { doubleOf } from './venue-double/test-venue-rig.ts';

const MINUTE_MS = 60_000;
const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).toReversed()) await work();
});

test.each([
  ['binance', 'BTCUSDT', 1_440],
  ['kraken', 'BTC/USD', 660],
] as const)(
  'V14: %s: a new chart begins with the venue’s minutes; a second start asks for nothing',
  async (name, id, least) => {
    const clock = new SystemClock();
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-candles-'));
    cleanup.push(() => rmSync(folder, { recursive: true }));
    const double = doubleOf(name, clock);
    for (const market of double.markets.values()) market.startAt(clock.now());
    const server = await DoubleServer.start(double);
    double.start();
    cleanup.push(async () => {
      double.stop();
      await server.close();
    });
    const start = () =>
      TestFeed.start({
        TAPEDECK_SOURCE: `${name}:${[...double.markets.keys()].join()}`,
        TAPEDECK_VENUE_ENDPOINTS: `${name}=${server.endpoint}`,
        TAPEDECK_DB: join(folder, 'history.db'),
      });
    const asked = () => double.requests.filter(({ path }) => /klines|OHLC/.test(path)).length;
    const symbol = encodeURIComponent(`${id}@${name}`);
    const minutesOf = async (feed: TestFeed) => {
      const { body } = await feed.get(`/v1/candles?symbol=${symbol}&interval=1m&limit=5000`);
      return candlesSchema.parse(body).candles;
    };
    const recorded = async (feed: TestFeed) =>
      (await minutesOf(feed)).filter(({ source }) => source === undefined).length;

    const first = await start();
    cleanup.push(() => first.close());
    await expect.poll(async () => (await first.get('/readyz')).status).toBe(200);
    await expect.poll(() => recorded(first)).toBeGreaterThan(0);
    const candles = await minutesOf(first);
    const told = candles.filter(({ source }) => source === 'venue');
    expect(told.length).toBeGreaterThanOrEqual(least);
    for (const [i, { openTime }] of told.entries())
      expect(openTime).toBe((told[0]?.openTime ?? 0) + i * MINUTE_MS);
    expect(candles.at(told.length)?.openTime).toBeGreaterThan(told.at(-1)?.openTime ?? 0);
    // The end of the venue's candles is not that of a recording: nothing is missing after it.
    const { sessions } = sessionsSchema.parse((await first.get('/v1/sessions')).body);
    expect(sessions.flatMap(({ gaps }) => gaps.map(({ reason }) => reason))).not.toContain(
      'restart',
    );
    expect(sessions.map(({ label }) => label)).toContain(
      `Candles of ${name} before the first start`,
    );
    const requests = asked();
    expect(requests).toBeGreaterThan(0);
    await cleanup.pop()?.();

    const second = await start();
    cleanup.push(() => second.close());
    await expect.poll(async () => (await second.get('/readyz')).status).toBe(200);
    expect(asked()).toBe(requests);
    const again = (await minutesOf(second)).filter(({ source }) => source === 'venue');
    expect(again).toEqual(told);
  },
);
