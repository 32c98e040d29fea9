/* Live venues through a whole feed, over real sockets, with doubles at the other end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { DecimalScale } from '@tapedeck/market/number/decimal';
import { type BookBody, bookSchema, instrumentsSchema } from '@tapedeck/market/wire/http';

import { SystemClock } from '../src/machine/system-clock.ts';
import { LIVE_VENUES } from '../src/venue/live/live-venues.ts';
import { TestFeed } from './test-feed.ts';
import { DoubleServer } from './venue-double/double-server.ts';
import type { DoubleVenue } from './venue-double/double-venue.ts';
import { type DoubleName, doubleOf } from './venue-double/test-venue-rig.ts';

type Venue = {
  readonly name: DoubleName;
  readonly double: DoubleVenue;
  readonly server: DoubleServer;
};

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).toReversed()) await work();
});

async function venueOf(name: DoubleName): Promise<Venue> {
  const double = doubleOf(name, new SystemClock());
  const server = await DoubleServer.start(double);
  double.start();
  cleanup.push(async () => {
    double.stop();
    await server.close();
  });
  return { name, double, server };
}

async function feedOf(venues: readonly Venue[], source?: string): Promise<TestFeed> {
  const own = venues.map(({ name, double }) => `${name}:${[...double.markets.keys()].join()}`);
  const feed = await TestFeed.start({
    TAPEDECK_SOURCE: source ?? own.join(';'),
    TAPEDECK_VENUE_ENDPOINTS: venues
      .map(({ name, server }) => `${name}=${server.endpoint}`)
      .join(';'),
  });
  cleanup.push(() => feed.close());
  return feed;
}

async function bookOf(feed: TestFeed, symbol: string): Promise<BookBody> {
  const { body } = await feed.get(`/v1/book?symbol=${encodeURIComponent(symbol)}&depth=0`);
  return bookSchema.parse(body);
}

/** Expects the double's book and the feed's to be equal at one moment of the venue's clock. */
async function expectSame(feed: TestFeed, { name, double }: Venue, id: string): Promise<void> {
  await expect
    .poll(async () => {
      const market = double.markets.get(id);
      const before = market?.eventTime;
      const book = await bookOf(feed, `${id}@${name}`);
      if (market === undefined || market.eventTime !== before || book.eventTime !== before)
        return 'another moment';
      const price = new DecimalScale(book.instrument.tickSize);
      const size = new DecimalScale(book.instrument.lotSize);
      const own = (['bids', 'asks'] as const).map((side) =>
        book[side].map(([p, s]) => `${price.toPlainText(p)} ${size.toPlainText(s)}`).toSorted(),
      );
      const real = [textsOf(market.truth.bids), textsOf(market.truth.asks)];
      return JSON.stringify(own) === JSON.stringify(real) ? book.state : 'wrong';
    })
    .toBe('ok');
}

const ready = async (feed: TestFeed): Promise<number> => (await feed.get('/readyz')).status;

test('V1, V3, V6: three venues are live side by side, each with its capability', async () => {
  const venues = await Promise.all((['binance', 'binance-usdm', 'kraken'] as const).map(venueOf));
  const feed = await feedOf(venues);
  await expect.poll(() => ready(feed)).toBe(200);
  for (const venue of venues)
    for (const id of venue.double.markets.keys()) await expectSame(feed, venue, id);
  const { instruments } = instrumentsSchema.parse((await feed.get('/v1/instruments')).body);
  expect(instruments.find(({ symbol }) => symbol === 'ETHUSDT@binance')).toMatchObject({
    ...{ venue: 'binance', tickSize: '0.01', lotSize: '0.00000001' },
    capability: { depth: 'l2', loss: 'chain', sides: true, clock: 'venue', cadenceMs: 100 },
  });
  expect(instruments.find(({ symbol }) => symbol === 'BTC/USD@kraken')).toMatchObject({
    ...{ base: 'BTC', quote: 'USD', tickSize: '0.1', capability: { loss: 'checksum' } },
  });
});

test('V1: OKX, Bybit and Deribit are live over real sockets', async () => {
  const names = ['okx', 'bybit', 'bybit-linear', 'bybit-inverse', 'deribit'] as const;
  const venues = await Promise.all(names.map(venueOf));
  const feed = await feedOf(venues);
  await expect.poll(() => ready(feed)).toBe(200);
  for (const venue of venues)
    for (const id of venue.double.markets.keys()) await expectSame(feed, venue, id);
  const { instruments } = instrumentsSchema.parse((await feed.get('/v1/instruments')).body);
  for (const { venue, ...instrument } of instruments) {
    expect(names).toContain(venue);
    expect(instrument).toMatchObject({
      ...{ tickSize: '0.1', lotSize: '0.00000001', capability: { loss: 'chain', sides: true } },
    });
  }
});

test('V10: a socket that is cut and refused comes back, with at most 20 attempts in 2 s', async () => {
  const venue = await venueOf('binance');
  const feed = await feedOf([venue]);
  await expect.poll(() => ready(feed)).toBe(200);
  venue.double.faults.upgrades = { status: 502 };
  const from = venue.double.dials.length;
  venue.double.cut(1006);
  await expect.poll(() => venue.double.dials.length).toBeGreaterThan(from + 1);
  const [first = 0] = venue.double.dials.slice(from);
  expect(await ready(feed)).toBe(503);
  delete venue.double.faults.upgrades;
  await expect.poll(() => ready(feed)).toBe(200);
  const within = venue.double.dials.slice(from).filter((at) => at - first < 2_000);
  expect(within.length).toBeLessThanOrEqual(20);
  for (const id of venue.double.markets.keys()) await expectSame(feed, venue, id);
});

test('V10: after a 429 nothing is sent to that host until Retry-After has passed', async () => {
  const venue = await venueOf('kraken');
  const feed = await feedOf([venue]);
  await expect.poll(() => ready(feed)).toBe(200);
  const { double } = venue;
  double.faults.upgrades = { status: 429, retryAfter: 3 };
  const from = double.dials.length;
  double.cut(1012);
  await expect.poll(() => double.dials.length).toBe(from + 1);
  delete double.faults.upgrades;
  await expect.poll(() => ready(feed)).toBe(200);
  const [banned = 0, next = 0] = double.dials.slice(from);
  expect(next - banned).toBeGreaterThanOrEqual(3_000);
  const asked = double.requests.map(({ at }) => at);
  expect(asked.filter((at) => at > banned && at < banned + 3_000)).toEqual([]);
});

test.each([
  ['binance', 5],
  ['binance-usdm', 10],
] as const)(
  'V10: %s gets at most %i frames a second from the feed, pongs included',
  async (name, most) => {
    const venue = await venueOf(name);
    const feed = await feedOf([venue]);
    await expect.poll(() => ready(feed)).toBe(200);
    for (let i = 0; i < 30; i++) venue.server.ping(`ping ${i}`);
    await expect.poll(() => venue.server.pongs.at(-1)).toBe('ping 29');
    const { heard } = venue.double;
    for (const from of heard)
      expect(heard.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(
        most,
      );
  },
);

test('V13: an instrument that the venue does not list keeps the feed from being ready, and is reported', async () => {
  const venue = await venueOf('kraken');
  const feed = await feedOf([venue], 'kraken:BTC/USD,NO/SUCH');
  await expect
    .poll(async () => (await feed.get('/readyz')).body)
    .toMatchObject({ ready: false, reasons: ['NO/SUCH@kraken is not there yet'] });
  const { body } = await feed.get('/v1/status');
  expect(JSON.stringify(body)).toContain('NO/SUCH@kraken: the venue lists no such instrument');
});

test('V1: the simulator runs alongside a venue', async () => {
  const venue = await venueOf('kraken');
  const feed = await feedOf([venue], 'sim;kraken:BTC/USD');
  await expect
    .poll(async () => {
      const { body } = await feed.get('/v1/instruments');
      return instrumentsSchema.parse(body).instruments.map(({ symbol }) => symbol);
    })
    .toEqual(expect.arrayContaining(['BTC/USD@kraken', 'BTC-USD@sim']));
});

test('V9: `at` returns the book before that moment, in the session that is being recorded', async () => {
  const venue = await venueOf('binance-usdm');
  const feed = await feedOf([venue]);
  await expect.poll(() => ready(feed)).toBe(200);
  const id = 'ETHUSDT';
  const past = new Map<number, readonly string[]>();
  venue.double.onChange = (market) => {
    if (market.id === id) past.set(market.eventTime, textsOf(market.truth.bids));
  };
  await expect.poll(() => past.size).toBeGreaterThan(40);
  venue.double.onChange = undefined;
  const moments = [...past].slice(5, -1).filter((_, i) => i % 5 === 0);
  for (const [eventTime, bids] of moments) {
    const path = `/v1/book?symbol=${id}@binance-usdm&depth=0&at=${eventTime + 1}`;
    await expect
      .poll(async () => (await feed.get(path)).status, { message: `at ${eventTime}` })
      .toBe(200);
    await expect
      .poll(async () => {
        const book = bookSchema.parse((await feed.get(path)).body);
        const price = new DecimalScale(book.instrument.tickSize);
        const size = new DecimalScale(book.instrument.lotSize);
        const own = book.bids.map(([p, s]) => `${price.toPlainText(p)} ${size.toPlainText(s)}`);
        return own.toSorted().join() === bids.join();
      })
      .toBe(true);
  }
});

function textsOf(side: ReadonlyMap<string, string>): readonly string[] {
  return [...side].map(([price, size]) => `${price} ${size}`).toSorted();
}

test('V1: an operator adds and removes a live market, and it comes back with the next start', async () => {
  const venue = await venueOf('kraken');
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-sources-'));
  cleanup.push(() => rmSync(folder, { recursive: true, force: true }));
  const settings = {
    TAPEDECK_DB: join(folder, 'history.db'),
    TAPEDECK_SOURCE: 'none',
    TAPEDECK_VENUE_ENDPOINTS: `kraken=${venue.server.endpoint}`,
  };
  const first = await TestFeed.start(settings);
  expect((await first.get('/v1/sources')).body).toEqual({ sources: [] });
  const input = { venue: 'kraken', id: 'BTC/USD' };
  expect(await first.post('/v1/sources', input)).toMatchObject({
    ...{ status: 201, body: { symbol: 'BTC/USD@kraken', isKept: true } },
  });
  await expect.poll(() => ready(first)).toBe(200);
  await expectSame(first, venue, 'BTC/USD');
  for (const [wrong, said] of [
    [
      { venue: 'mtgox', id: 'BTC' },
      `venue: "mtgox" is not one of ${[...LIVE_VENUES.keys()].join(', ')}`,
    ],
    [{ venue: 'kraken', id: 'a b' }, 'id: "a b" is not an instrument that kraken could have'],
  ] as const)
    expect(await first.post('/v1/sources', wrong)).toMatchObject({
      ...{ status: 400, body: { error: { message: said } } },
    });
  await first.close();
  const second = await TestFeed.start(settings);
  cleanup.push(() => second.close());
  await expect
    .poll(async () => (await second.get('/v1/sources')).body)
    .toMatchObject({
      sources: [{ symbol: 'BTC/USD@kraken', state: 'ok', isKept: true }],
    });
  const path = '/v1/sources?venue=kraken&id=BTC%2FUSD';
  const gone = await fetch(second.base + path, { method: 'DELETE' });
  expect(gone.status).toBe(204);
  expect((await second.get('/v1/sources')).body).toEqual({ sources: [] });
  await expect.poll(() => venue.double.lineCount).toBe(0);
  const again = await fetch(second.base + path, { method: 'DELETE' });
  expect(again.status).toBe(404);
});
