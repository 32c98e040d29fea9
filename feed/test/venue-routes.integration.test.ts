/* `/v1/venues`, what a venue lists and what it refuses, through a whole feed over real sockets (P36, P36c). */
import { afterEach, expect, test } from 'vitest';

import {
  sourcesSchema,
  venueInstrumentsSchema,
  venuesSchema,
  venuesStatusSchema,
} from '@tapedeck/market/wire/venue/venue-body';

import { TestFeed } from './test-feed.ts';
import type { DoubleVenue } from './venue-double/double-venue.ts';
import { playDouble } from './venue-double/play-double.ts';
import type { DoubleName } from './venue-double/test-venue-rig.ts';

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).toReversed()) await work();
});

async function start(
  name: DoubleName,
  source: string,
): Promise<{ readonly feed: TestFeed; readonly double: DoubleVenue }> {
  const { double, server, stop } = await playDouble(name);
  cleanup.push(stop);
  return { feed: await feedOf(source, `${name}=${server.endpoint}`), double };
}

async function feedOf(source: string, endpoints: string): Promise<TestFeed> {
  const feed = await TestFeed.start({
    TAPEDECK_SOURCE: source,
    TAPEDECK_VENUE_ENDPOINTS: endpoints,
  });
  cleanup.push(() => feed.close());
  return feed;
}

const listed = (double: DoubleVenue): number =>
  double.requests.filter(({ path }) => /exchangeInfo|AssetPairs/.test(path)).length;

test('P36c: a venue is searched without case and punctuation, and asked for its list once', async () => {
  const { feed, double } = await start('kraken', 'none');
  const find = async (query: string) =>
    venueInstrumentsSchema.parse((await feed.get(`/v1/venues/kraken/instruments${query}`)).body);
  const [all] = await Promise.all([find(''), find(''), find('?search=eth')]);
  expect(all.instruments.map(({ symbol }) => symbol)).toEqual(['BTC/USD@kraken', 'ETH/USD@kraken']);
  expect(await find('?search=ethusd')).toMatchObject({
    found: 1,
    instruments: [{ id: 'ETH/USD', base: 'ETH', quote: 'USD', status: 'open', isLive: false }],
  });
  expect(await find('?limit=1')).toMatchObject({ found: 2, instruments: [{ id: 'BTC/USD' }] });
  expect(await find('?search=doge')).toEqual({ venue: 'kraken', instruments: [], found: 0 });
  expect(listed(double)).toBe(1);
  await feed.post('/v1/sources', { venue: 'kraken', id: 'ETH/USD' });
  expect((await find('?search=eth')).instruments[0]?.isLive).toBe(true);
  for (const [query, status, said] of [
    ['/v1/venues/mtgox/instruments', 404, 'venue: "mtgox" is not one of binance'],
    ['/v1/venues/kraken/instruments?limit=0', 400, 'limit'],
    ['/v1/venues/kraken/instruments?word=a', 400, 'word: unknown query field'],
  ] as const) {
    const refused = await feed.get(query);
    expect(refused.status).toBe(status);
    expect(JSON.stringify(refused.body)).toContain(said.replaceAll('"', '\\"'));
  }
});

test('P36c: a venue that gives no list is quoted, and not asked again at once', async () => {
  const { feed, double } = await start('binance', 'none');
  double.faults.requests = { status: 451, body: 'Service unavailable from a restricted location' };
  const ask = () => feed.get('/v1/venues/binance/instruments');
  const message =
    'venue: binance does not list its instruments: it answers 451: Service unavailable from a ' +
    'restricted location; it may refuse this region';
  expect(await ask()).toMatchObject({
    status: 503,
    body: { error: { code: 120, message, temporary: true } },
  });
  expect((await ask()).status).toBe(503);
  expect(listed(double)).toBe(1);
});

test('P36: /v1/venues names the venues, their hosts and markets; /v1/venues/status their links', async () => {
  const { feed } = await start('kraken', 'kraken:BTC/USD');
  const { venues } = venuesSchema.parse((await feed.get('/v1/venues')).body);
  expect(venues.find(({ venue }) => venue === 'kraken')).toMatchObject({
    ...{ markets: 1, capability: { loss: 'checksum' } },
    hosts: { socket: expect.stringMatching(/^ws:\/\/127/) as string },
  });
  expect(venues.find(({ venue }) => venue === 'binance')).toMatchObject({ markets: 0 });
  await expect.poll(async () => (await feed.get('/readyz')).status).toBe(200);
  const status = venuesStatusSchema.parse((await feed.get('/v1/venues/status')).body);
  expect(status.venues.map(({ venue }) => venue)).toEqual(['kraken']);
  expect(status.venues[0]?.links).toMatchObject([{ state: 'up', streams: 2 }]);
  expect(status.venues[0]?.parseMicros).toBeGreaterThan(0);
  const metrics = await (await fetch(`${feed.base}/metrics`)).text();
  expect(metrics).toMatch(/tapedeck_venue_links_up\{venue="kraken"\} 1\n/);
  expect(metrics).toMatch(/tapedeck_venue_messages_total\{venue="kraken"\} [1-9]/);
});

test('V13: a source says in the words of its venue or of the network why it has no data', async () => {
  const { feed } = await start('binance', 'binance:ETHUSDT,NOSUCH');
  const problemsOf = async (at: TestFeed) =>
    Object.fromEntries(
      sourcesSchema
        .parse((await at.get('/v1/sources')).body)
        .sources.map(({ symbol, state, problem }) => [symbol, problem ?? state]),
    );
  await expect
    .poll(() => problemsOf(feed))
    .toEqual({
      'ETHUSDT@binance': 'ok',
      'NOSUCH@binance': expect.stringContaining('the venue') as string,
    });
  // Nothing listens there.
  const nobody = 'ws://127.0.0.1:1|http://127.0.0.1:1';
  const alone = await feedOf('kraken:BTC/USD', `kraken=${nobody}`);
  await expect
    .poll(() => problemsOf(alone))
    .toEqual({
      'BTC/USD@kraken': expect.stringMatching(/^no connection: .*ECONNREFUSED/) as string,
    });
});
