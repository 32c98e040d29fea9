/* V14: the chart of a market that is new to the history begins with its venue's candles. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';

import { TestHistory } from '@tapedeck/db/test/test-history';
import { must } from '@tapedeck/market/number/assert';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import { Random } from '@tapedeck/market/number/random';
import { bucketStart, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import { ManualClock } from '@tapedeck/market/time/clock';
import { type CandleBody, candlesSchema } from '@tapedeck/market/wire/http';

import { seedMarket } from '../../src/desk/market-seed.ts';
import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import { ReplayRooms } from '../../src/replay/replay-rooms.ts';
import { marketRoutes } from '../../src/route/market-routes.ts';
import { VenueCandleKeeper } from '../../src/source/venue/candle-keeper.ts';
import { HostBans } from '../../src/source/venue/host-bans.ts';
import { VenueHttp } from '../../src/source/venue/venue-http.ts';
import { VenueSource } from '../../src/source/venue/venue-source.ts';
import { ChannelIds } from '../../src/stream/channel/channel-ids.ts';
import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { CANDLE_REQUEST, doubleCandle } from './double-candles.ts';
import { DoubleWire } from './double-wire.ts';
import { type DoubleName, doubleOf } from './test-venue-rig.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** In the middle of an hour and of a minute. */
const START = Date.parse('2026-03-10T14:20:30Z');
const BOUND_MS = 1_500;
/** A socket opens, and the double's first delta comes. */
const USUAL_MS = 700;

/** Timers of the double end between two milliseconds of the manual clock: so may `since`. */
const bodySchema = candlesSchema.omit({ since: true });
type Body = z.infer<typeof bodySchema>;

let disk: TestHistory;
const cleanup: (() => void)[] = [];
beforeEach(() => {
  disk = new TestHistory();
});
afterEach(() => {
  for (const work of cleanup.splice(0).toReversed()) work();
  disk.close();
});

/** A feed of one venue, with the first `count` of its double's markets, on a manual clock. */
function feedOf(name: DoubleName, at = START, count = Infinity) {
  const { history } = disk;
  const clock = new ManualClock(at);
  const double = doubleOf(name, clock);
  for (const market of double.markets.values()) market.startAt(at);
  const ids = [...double.markets.keys()].slice(0, count);
  const engine = new MarketEngine({
    clock,
    nextEpoch: () => 'life',
    candles: (symbol, interval, from, to, grid) =>
      history.candles.nearest({ symbol, interval, from, to, limit: 100_000 }, grid),
  });
  const announced: number[] = [];
  engine.listen({
    instrument: (market, isNew) => {
      if (isNew) announced.push(clock.monotonic());
      if (isNew) seedMarket(market, history);
    },
  });
  const warnings: string[] = [];
  const keeper = new VenueCandleKeeper({ history, clock, tell: (text) => warnings.push(text) });
  const source = new VenueSource({
    wanted: [
      {
        venue: must(LIVE_VENUES.get(name), name),
        origins: { socket: 'ws://double:1', http: 'http://double:1' },
        markets: ids,
      },
    ],
    ...{ wire: new DoubleWire(clock, double), clock, random: new Random(1), keeper },
  });
  const channels = new ChannelIds();
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: channels,
    newId: () => 'r',
    workNow: () => 0,
  });
  const routes = marketRoutes({ engine, history, rooms, clock, workNow: () => 0 });
  cleanup.push(() => {
    source.close();
    double.stop();
  });
  double.start();
  const begin = clock.monotonic();
  source.start(new Ingest(engine, () => undefined).sink);
  const symbols = ids.map((id) => `${id}@${name}`);
  return {
    ...{ clock, double, engine, source, announced, symbols, warnings, begin },
    run(ms: number): void {
      for (let passed = 0; passed < ms; passed += 50) clock.advance(50);
    },
    isLive: () => symbols.every((symbol) => engine.market(symbol)?.state === 'ok'),
    async candles(interval: CandleInterval, symbol = symbols[0] ?? ''): Promise<Body> {
      const path = `/v1/candles?symbol=${encodeURIComponent(symbol)}&interval=${interval}&limit=5000`;
      const response = await routes.request(path);
      expect(response.status).toBe(200);
      return bodySchema.parse(await response.json());
    },
    asked: () => double.requests.filter(({ path }) => CANDLE_REQUEST.test(path)).length,
  };
}

type Feed = ReturnType<typeof feedOf>;

function untilLive(feed: Feed): number {
  for (let passed = 0; passed < 10_000; passed += 50) {
    if (feed.isLive()) return passed;
    feed.run(50);
  }
  throw new Error('not live within 10 s');
}

/** One as the double made it, in the units of the answer. */
function madeBy({ instrument, interval }: Body, openTime: number) {
  const price = new DecimalScale(instrument.tickSize);
  const size = new DecimalScale(instrument.lotSize);
  const { open, high, low, close, volume, trades } = doubleCandle(openTime, INTERVAL_MS[interval]);
  const [o, h, l, c] = [open, high, low, close].map((text) => price.toUnits(text));
  return { openTime, open: o, high: h, low: l, close: c, volume: size.toUnits(volume), trades };
}

const openTimes = (candles: readonly CandleBody[]): readonly number[] =>
  candles.map(({ openTime }) => openTime);

function every(lengthMs: number, from: number, to: number): readonly number[] {
  return Array.from({ length: (to - from) / lengthMs + 1 }, (_, i) => from + i * lengthMs);
}

const DAY = bucketStart(START - DAY_MS, '1h');
const MONTH = bucketStart(START - 30 * DAY_MS, '1d');
const isCounting = (name: DoubleName): boolean => /binance|hyperliquid|kraken/.test(name);

test.each([
  ['binance', DAY, MONTH],
  ['binance-usdm', DAY, MONTH],
  ['binance-coinm', DAY, MONTH],
  // It has 720 of each: they begin with the first whole hour or day.
  ['kraken', bucketStart(START - 12 * HOUR_MS, '1h') + HOUR_MS, MONTH + DAY_MS],
  ['okx', DAY, MONTH],
  ['bybit', DAY, MONTH],
  ['bybit-linear', DAY, MONTH],
  ['bybit-inverse', DAY, MONTH],
  ['deribit', DAY, MONTH],
  ['bitfinex', DAY, MONTH],
  ['hyperliquid', DAY, MONTH],
  ['bitstamp', DAY, MONTH],
  // Half of its budget has no room for the oldest page.
  ['coinbase', DAY + 3 * HOUR_MS, MONTH],
] as const)(
  '%s: a new market has minutes of a day and hours of a month, and the seam neither gap nor overlap',
  async (name, from, fromHour) => {
    const feed = feedOf(name, START, 1);
    untilLive(feed);
    feed.run(45_000);
    const minutes = await feed.candles('1m');
    const own = bucketStart(START, '1m');
    const past = minutes.candles.filter(({ source }) => source === 'venue');
    expect(openTimes(past)).toEqual(every(60_000, from, own - 60_000));
    const counted = (made: ReturnType<typeof madeBy>) =>
      isCounting(name) ? made : { ...made, trades: 0 };
    for (const candle of past)
      expect(candle).toMatchObject(counted(madeBy(minutes, candle.openTime)));
    const hours = await feed.candles('1h');
    expect(openTimes(hours.candles)).toEqual(every(HOUR_MS, fromHour, bucketStart(START, '1h')));
    for (const hour of hours.candles.filter(({ openTime }) => openTime < from - HOUR_MS))
      expect(hour).toMatchObject({ ...counted(madeBy(hours, hour.openTime)), source: 'venue' });
    const recorded = minutes.candles.filter(({ source }) => source === undefined);
    expect(openTimes(minutes.candles)).toEqual([...openTimes(past), ...openTimes(recorded)]);
    expect(recorded[0]?.openTime).toBe(own);
    expect(recorded.length).toBeGreaterThan(1);
  },
);

test('markets of a small budget take turns: each has the newest candles, without a gap', async () => {
  const feed = feedOf('coinbase');
  const ms = untilLive(feed);
  expect(ms).toBeLessThanOrEqual(BOUND_MS + USUAL_MS);
  for (const symbol of feed.symbols)
    for (const [interval, least, newest] of [
      ['1m', 600, bucketStart(START, '1m') - MINUTE_MS],
      // Its minutes are the venue's.
      ['1h', 13 * 24, bucketStart(START, '1h')],
    ] as const) {
      const { candles } = await feed.candles(interval, symbol);
      const past = openTimes(candles.filter(({ source }) => source === 'venue'));
      expect(past.length).toBeGreaterThan(least);
      expect(past).toEqual(every(INTERVAL_MS[interval], past[0] ?? 0, newest));
    }
});

test('a candle that the venue calls closed is one, though none follows it', async () => {
  const own = bucketStart(START, '1m');
  const row = (openTime: number, isClosed: string): readonly string[] => [
    ...[String(openTime), '5', '6', '4', '5', '1', '1', '5', isClosed],
  ];
  const feed = feedOf('okx', START, 1);
  const data = [row(own - MINUTE_MS, '1'), row(own - 2 * MINUTE_MS, '1')];
  feed.double.faults.candles = { body: JSON.stringify({ code: '0', msg: '', data }) };
  untilLive(feed);
  const { candles } = await feed.candles('1m');
  const past = candles.filter(({ source }) => source === 'venue');
  expect(openTimes(past)).toEqual([own - 2 * MINUTE_MS, own - MINUTE_MS]);
});

test.each(['binance', 'kraken', 'hyperliquid'] as const)(
  '%s: hours of a month, and days made of them',
  async (name) => {
    const feed = feedOf(name);
    untilLive(feed);
    feed.run(30_000);
    const now = bucketStart(START, '1h');
    const hours = await feed.candles('1h');
    const from = bucketStart(START - 30 * DAY_MS, '1d') + (name === 'kraken' ? DAY_MS : 0);
    expect(openTimes(hours.candles)).toEqual(every(HOUR_MS, from, now));
    expect(hours.candles.at(0)).toMatchObject({ ...madeBy(hours, from), source: 'venue' });
    // Where there are minutes, they make the hours; a longer candle has all of its hours.
    for (const interval of ['4h', '1d'] as const) {
      const longer = await feed.candles(interval);
      const length = INTERVAL_MS[interval];
      expect(openTimes(longer.candles)).toEqual(every(length, from, bucketStart(START, interval)));
      for (const candle of longer.candles) {
        const parts = hours.candles.filter(
          (hour) => bucketStart(hour.openTime, interval) === candle.openTime,
        );
        expect(candle.volume).toBe(parts.reduce((sum, { volume }) => sum + volume, 0));
        expect(candle.trades).toBe(parts.reduce((sum, { trades }) => sum + trades, 0));
        expect(candle.open).toBe(parts[0]?.open);
        expect(candle.high).toBe(Math.max(...parts.map(({ high }) => high)));
      }
      // As they are once the market is no longer live.
      const query = { symbol: feed.symbols[0] ?? '', interval, limit: 5_000 };
      const closed = longer.candles.filter(({ state }) => state === 'closed');
      expect(closed).toMatchObject(disk.history.candles.range(query).slice(0, closed.length));
    }
  },
);

test('the volume that takers bought is the venue’s where it states it, and unknown (0) elsewhere', async () => {
  for (const [name, isKnown] of [
    ['binance', true],
    ['kraken', false],
  ] as const) {
    const feed = feedOf(name);
    untilLive(feed);
    const { candles } = await feed.candles('1m');
    const [first] = candles;
    expect((first?.buyVolume ?? 0) > 0).toBe(isKnown);
  }
});

test('a second start asks for nothing, and has the same candles', async () => {
  const first = feedOf('binance');
  untilLive(first);
  expect(first.asked()).toBe(6);
  const before = (await first.candles('1m')).candles.filter(({ source }) => source === 'venue');
  for (const work of cleanup.splice(0).toReversed()) work();
  const second = feedOf('binance', START + 600_000);
  untilLive(second);
  expect(second.asked()).toBe(0);
  const after = (await second.candles('1m')).candles.filter(({ source }) => source === 'venue');
  expect(after).toEqual(before);
  const sessions = disk.history.sessions.list();
  expect(sessions.map(({ label, open }) => ({ label, open }))).toEqual([
    { label: 'Candles of binance before the first start', open: false },
  ]);
  expect(sessions[0]?.symbols.length).toBe(2);
});

/** An answer of Binance with this row, and one that follows it. */
function klines([openTime, ...numbers]: readonly [number, ...string[]]): string {
  const rest = [0, '0', 1, '1', '0', '0'];
  const next = [openTime + MINUTE_MS, '5', '5', '5', '5', '1', ...rest];
  return JSON.stringify([[openTime, ...numbers, ...rest], next]);
}

test.each([
  ['no answer', { delayMs: 60_000 }, BOUND_MS],
  ['an answer after the bound', { body: '[]', delayMs: 1_800 }, BOUND_MS],
  ['404', { status: 404 }, 0],
  ['500', { status: 500 }, 0],
  ['HTML', { body: '<html>busy</html>' }, 0],
  ['rows of something else', { body: '[[1,2,3],null]' }, 0],
  [
    'a row whose high is below its open',
    { body: klines([START - 30_000, '5', '1', '1', '5', '1']) },
    0,
  ],
  ['a row between two minutes', { body: klines([START, '5', '5', '5', '5', '1']) }, 0],
  [
    'a row of next year',
    { body: klines([START - 30_000 + 365 * DAY_MS, '5', '5', '5', '5', '1']) },
    0,
  ],
] as const)(
  '%s to a request for candles delays no market beyond the bound',
  async (_, fault, boundMs) => {
    for (const name of ['binance', 'kraken'] as const) {
      const feed = feedOf(name);
      feed.double.faults.candles = fault;
      const ms = untilLive(feed);
      expect(ms).toBeLessThanOrEqual(boundMs + USUAL_MS);
      for (const at of feed.announced) expect(at - feed.begin).toBeLessThanOrEqual(boundMs + 300);
      feed.run(10_000);
      const { candles } = await feed.candles('1m');
      expect(candles.filter(({ source }) => source === 'venue')).toEqual([]);
      expect(feed.isLive()).toBe(true);
      expect(disk.history.sessions.list()).toEqual([]);
    }
  },
);

test('a market that is removed while it waits does not begin; added again, it begins once', () => {
  const feed = feedOf('binance');
  feed.double.faults.candles = { delayMs: 60_000 };
  feed.run(200);
  expect(feed.asked()).toBe(1);
  const ids = [...feed.double.markets.keys()];
  for (const id of ids) feed.source.remove('binance', id);
  feed.run(3_000);
  expect(feed.announced).toEqual([]);
  expect(feed.double.dials).toEqual([]);
  delete feed.double.faults.candles;
  for (const id of ids) feed.source.add('binance', id);
  untilLive(feed);
  expect(feed.announced.length).toBe(ids.length);
});

test('a request that is given up lets the next one pass', () => {
  const clock = new ManualClock(START);
  const double = doubleOf('kraken', clock);
  double.faults.candles = { delayMs: 4_000 };
  const http = new VenueHttp({
    ...{ origin: 'http://double:1', wire: new DoubleWire(clock, double), clock },
    ...{ bans: new HostBans(clock, () => undefined), forbiddenMs: undefined },
    weight: { count: 10, perMs: 1_000 },
  });
  cleanup.push(() => http.close());
  const answers: number[] = [];
  const cancel = http.ask({ path: '/0/public/OHLC', weight: 1 }, () => answers.push(0));
  http.ask({ path: '/0/public/AssetPairs', weight: 1 }, ({ status }) => answers.push(status));
  clock.advance(500);
  expect(answers).toEqual([]);
  cancel();
  clock.advance(500);
  expect(answers).toEqual([200]);
});

test('half of the budget stays free for what must be asked', () => {
  const clock = new ManualClock(START);
  const http = new VenueHttp({
    ...{ origin: 'http://double:1', wire: new DoubleWire(clock, doubleOf('kraken', clock)), clock },
    ...{ bans: new HostBans(clock, () => undefined), forbiddenMs: undefined },
    weight: { count: 10, perMs: 1_000 },
  });
  cleanup.push(() => http.close());
  const room: boolean[] = [];
  for (let asked = 0; asked < 6; asked++) {
    room.push(http.roomInMs(1) === 0);
    http.ask({ path: '/0/public/AssetPairs', weight: 1 }, () => undefined);
    clock.advance(50);
  }
  expect(room).toEqual([true, true, true, true, true, false]);
});

test('what else is asked for does not wait for the candles of other markets', () => {
  const feed = feedOf('binance');
  feed.double.faults.candles = { delayMs: 60_000 };
  untilLive(feed);
  // One stalls; the others give up with it.
  expect(feed.asked()).toBe(1);
});

test('a history that cannot be written leaves the market as it is, and says so', () => {
  const feed = feedOf('kraken');
  disk.history.connection.pragma('query_only = on');
  untilLive(feed);
  expect(feed.warnings.join()).toContain('no candles from before its first start');
});
