import { expect, test } from 'vitest';

import { ConfigError, isLoopback, readConfig } from './config.ts';
import { TrustedProxies } from './trusted-proxies.ts';

test('without settings, the protocol’s defaults apply', () => {
  expect(readConfig({ PATH: '/bin' })).toEqual({
    host: '127.0.0.1',
    port: 8080,
    webPort: 3000,
    db: 'data/tapedeck.db',
    source: { text: 'sim', hasSimulator: true, venues: [] },
    venueEndpoints: [],
    seed: 7,
    scenario: 'normal',
    simSpeed: 1,
    record: '100ms',
    retention: undefined,
    news: [],
    newsWords: [],
    newsEveryMs: 120_000,
    token: undefined,
    origins: [],
    webKey: undefined,
    trustedProxies: new TrustedProxies(),
    build: 'dev',
    chaos: undefined,
  });
});

test.each([
  ['TAPEDECK_PROT', '1', 'unknown setting'],
  ['TAPEDECK_PORT', 'http', '"http" is not a whole number from 0 to 65535'],
  ['TAPEDECK_PORT', '70000', '"70000"'],
  ['TAPEDECK_PORT', '-1', '"-1"'],
  ['TAPEDECK_WEB_PORT', '3.5', '"3.5"'],
  ['TAPEDECK_SOURCE', 'nasdaq', '"nasdaq"'],
  ['TAPEDECK_SOURCE', 'sim;mtgox:BTC', '"mtgox" is not a venue that can be live'],
  ['TAPEDECK_SOURCE', 'binance:', '"binance:" names no instrument'],
  ['TAPEDECK_SOURCE', 'none;sim', '"none" stands alone'],
  ['TAPEDECK_VENUE_ENDPOINTS', 'kraken=http://a|http://b', '"http://a" in "kraken='],
  ['TAPEDECK_VENUE_ENDPOINTS', 'kraken=ws://a/v2|http://b', 'more than scheme, host and port'],
  ['TAPEDECK_VENUE_ENDPOINTS', 'kraken=ws://a', '"" in "kraken=ws://a" is not an origin'],
  ['TAPEDECK_VENUE_PROXY', 'proxy:3128', 'not an address like http://host:port'],
  ['TAPEDECK_SEED', 'x', '"x"'],
  ['TAPEDECK_SCENARIO', 'doom', '"doom" is not one of normal'],
  ['TAPEDECK_SIM_SPEED', '0', '"0"'],
  ['TAPEDECK_SIM_SPEED', '1e3', '"1e3"'],
  ['TAPEDECK_RECORD', 'all', '"all" is not one of off, 100ms, raw'],
  ['TAPEDECK_RETENTION', '7', '"7" is neither an age'],
  ['TAPEDECK_RETENTION', '7d,lots', '"lots"'],
  ['TAPEDECK_RETENTION', '0d', '"0d" is neither an age'],
  ['TAPEDECK_RETENTION', '1d,10GB,2d', '"2d" is a second limit'],
  ['TAPEDECK_NEWS', 'ftp://a.example/f', '"ftp://a.example/f" is not an address'],
  ['TAPEDECK_NEWS', 'https://a.example/f;feed.xml', '"feed.xml" is not an address'],
  ['TAPEDECK_NEWS', 'https://u:p@a.example/f', 'at a.example has a user name or password'],
  ['TAPEDECK_NEWS', `${'x'.repeat(61)}=https://a.example`, 'is not a name'],
  ['TAPEDECK_NEWS_WORDS', 'bitcoin', '"bitcoin" has no "="'],
  ['TAPEDECK_NEWS_WORDS', '=BTC', '"=BTC" has no word'],
  ['TAPEDECK_NEWS_WORDS', 'fed=BTC USD', '"BTC USD" in "fed=BTC USD" is neither a symbol'],
  ['TAPEDECK_NEWS_WORDS', '--=BTC', '"--" is not a word'],
  ['TAPEDECK_NEWS_EVERY', '10s', '"10s" is not a time from 30s to 24h'],
  ['TAPEDECK_NEWS_EVERY', '5', '"5" is not a time'],
  ['TAPEDECK_ORIGINS', 'example.com', '"example.com" is not an origin'],
  ['TAPEDECK_ORIGINS', 'https://a.example/path', '"https://a.example/path"'],
  ['TAPEDECK_WEB_KEY', 'abc', '3 characters'],
  ['TAPEDECK_WEB_KEY', 'schlüssel', 'not printable ASCII'],
  ['TAPEDECK_TRUSTED_PROXIES', '10.0.0.1,proxy', '"proxy" is not an address'],
  ['TAPEDECK_CHAOS', 'yes', '"yes" is none of off, on, drop='],
  ['TAPEDECK_CHAOS', 'drop=0.01,lose=0.1', '"lose=0.1" is none of'],
  ['TAPEDECK_CHAOS', 'drop=0.9', '"0.9" is not a share from 0 to 0.5'],
  ['TAPEDECK_CHAOS', 'drop', '"" is not a share'],
  ['TAPEDECK_CHAOS', 'stall=2', '"2" is not a time up to 60s'],
  ['TAPEDECK_CHAOS', 'stall=61s', '"61s" is not a time'],
  ['TAPEDECK_ROLE', 'gateway', '"gateway"'],
  ['TAPEDECK_HOST', '0.0.0.0', 'TAPEDECK_TOKEN: required'],
])('%s=%s is refused: %s', (name, value, why) => {
  const read = () => readConfig({ [name]: value });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(why);
  expect(read).toThrow(name === 'TAPEDECK_HOST' ? value : name);
});

test('sources, hosts of venues and a proxy are parsed', () => {
  const config = readConfig({
    TAPEDECK_SOURCE: 'sim; binance:BTCUSDT,ETHUSDT;kraken:BTC/USD;binance:BTCUSDT',
    TAPEDECK_VENUE_ENDPOINTS: 'kraken=ws://127.0.0.1:9302|http://127.0.0.1:9302/;',
    TAPEDECK_VENUE_PROXY: 'http://user:secret@proxy:3128',
  });
  expect(config.source).toMatchObject({
    hasSimulator: true,
    venues: [
      { venue: 'binance', markets: ['BTCUSDT', 'ETHUSDT'] },
      { venue: 'kraken', markets: ['BTC/USD'] },
    ],
  });
  expect(config.venueEndpoints).toEqual([
    { venue: 'kraken', socket: 'ws://127.0.0.1:9302', http: 'http://127.0.0.1:9302' },
  ]);
  expect(config.venueProxy?.host).toBe('proxy:3128');
});

test('addresses of news, their words and how often they are read are parsed', () => {
  const config = readConfig({
    TAPEDECK_NEWS:
      'https://a.example/feed?key=1=2#top; Wire = http://b.example ;https://a.example/feed?key=1=2',
    TAPEDECK_NEWS_WORDS: 'Fed, rate cut=BTC,BTC/USD@kraken; link=',
    TAPEDECK_NEWS_EVERY: '5m',
  });
  expect(config.news).toEqual([
    { url: 'https://a.example/feed?key=1=2', name: undefined },
    { url: 'http://b.example/', name: 'Wire' },
  ]);
  expect(config.newsWords).toEqual([
    { word: 'Fed', markets: ['BTC', 'BTC/USD@kraken'] },
    { word: 'rate cut', markets: ['BTC', 'BTC/USD@kraken'] },
    { word: 'link', markets: [] },
  ]);
  expect(config.newsEveryMs).toBe(300_000);
});

test('ages, sizes, origins and tokens are parsed', () => {
  const config = readConfig({
    TAPEDECK_HOST: '0.0.0.0',
    TAPEDECK_TOKEN: 'secret',
    TAPEDECK_RETENTION: '7d,10GB',
    TAPEDECK_ORIGINS: 'https://wall.example, http://10.0.0.5:3000',
    TAPEDECK_TRUSTED_PROXIES: '10.0.0.7, fd00::/8',
  });
  const { trustedProxies } = config;
  const asked = ['10.0.0.7', '10.0.0.8', 'fd12::1', 'fe80::1'];
  expect(asked.map((each) => trustedProxies.has(each))).toEqual([true, false, true, false]);
  expect(config.retention).toEqual({ ageMs: 604_800_000, bytes: 10e9 });
  expect(config.origins).toEqual(['https://wall.example', 'http://10.0.0.5:3000']);
  expect(config.token).toBe('secret');
});

test('chaos is off, allowed, or active from the start', () => {
  const chaos = (text: string) => readConfig({ TAPEDECK_CHAOS: text }).chaos;
  const none = { drop: 0, duplicate: 0, reorder: 0, corrupt: 0, stallMs: 0 };
  expect(chaos('off')).toBeUndefined();
  expect(chaos('on')).toEqual(none);
  expect(chaos('drop=0.01, corrupt=0.001,stall=2s')).toEqual({
    ...none,
    drop: 0.01,
    corrupt: 0.001,
    stallMs: 2_000,
  });
});

test.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1', '[::1]'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true);
});
test.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', '128.0.0.1'])('%s is not', (host) => {
  expect(isLoopback(host)).toBe(false);
});
