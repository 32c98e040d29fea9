/* V14: what venues are asked for candles from before the first start, and how their answers are read. */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { LIVE_VENUES } from './live-venues.ts';

const MINUTE_MS = 60_000;
const FROM = 1_785_840_000_000;
const FROM_S = FROM / 1_000;

function candlesOf(venue: string) {
  return must(must(LIVE_VENUES.get(venue), venue).candles, venue);
}

const BITFINEX = '/v2/candles/trade:1m:tBTCUSD/hist?limit=10000';
const BITSTAMP = '/api/v2/ohlc/btcusd/?step=60&limit=1000';
const OKX = '/api/v5/market/history-candles?instId=BTC-USDT&bar=1m&limit=300';
const COINBASE = '/api/v3/brokerage/market/products/BTC-USD/candles';
const DERIBIT = '/api/v2/public/get_tradingview_chart_data?instrument_name=BTC-PERPETUAL';

test.each<readonly [string, string, number, readonly string[]]>([
  // Both bounds are exclusive.
  [
    ...(['okx', 'BTC-USDT', 400] as const),
    [
      `${OKX}&before=${FROM + 100 * MINUTE_MS - 1}&after=${FROM + 400 * MINUTE_MS}`,
      `${OKX}&before=${FROM - 1}&after=${FROM + 100 * MINUTE_MS}`,
    ],
  ],
  // 349 candles, both ends included: the venue refuses 351.
  [
    ...(['coinbase', 'BTC-USD', 350] as const),
    [
      `${COINBASE}?start=${FROM_S + 60}&end=${FROM_S + 349 * 60}&granularity=ONE_MINUTE`,
      `${COINBASE}?start=${FROM_S}&end=${FROM_S}&granularity=ONE_MINUTE`,
    ],
  ],
  [
    ...(['deribit', 'BTC-PERPETUAL', 1_500] as const),
    [
      `${DERIBIT}&resolution=1&start_timestamp=${FROM}&end_timestamp=${FROM + 1_500 * MINUTE_MS - 1}`,
    ],
  ],
  [
    ...(['bitfinex', 'tBTCUSD', 1_500] as const),
    [`${BITFINEX}&start=${FROM}&end=${FROM + 1_500 * MINUTE_MS - 1}`],
  ],
  // Counted back from `end`; the newest page from now.
  [...(['bitstamp', 'btcusd', 1_998] as const), [BITSTAMP, `${BITSTAMP}&end=${FROM_S + 999 * 60}`]],
])('%s: %s is asked for in pages, the newest first', (venue, market, minutes, paths) => {
  const span = { market, interval: '1m', from: FROM, to: FROM + minutes * MINUTE_MS } as const;
  const requests = candlesOf(venue).requests(span);
  expect(requests).toEqual(paths.map((path) => ({ path, weight: 1 })));
});

test.each(['okx', 'coinbase', 'deribit', 'bitfinex', 'bitstamp'])(
  '%s: hours are hours',
  (venue) => {
    const span = { market: 'M', interval: '1h', from: FROM, to: FROM + 3_600_000 } as const;
    const [{ path } = { path: '' }] = candlesOf(venue).requests(span);
    expect(path).toMatch(/bar=1H|ONE_HOUR|resolution=60|trade:1h:|step=3600/);
  },
);

const PRICES = { open: '63464.5', high: '63480.5', low: '63460.0', close: '63480' };
const CHART = `{"result":{"volume":[9.846626e-2],"ticks":[${FROM}],"status":"ok","open":[63464.5],"low":[63460.0],"high":[63480.5],"cost":[6250.0],"close":[63480]},"jsonrpc":"2.0"}`;

test.each<readonly [string, string, string, object]>([
  [
    ...(['okx', 'BTC-USDT-SWAP'] as const),
    `{"code":"0","msg":"","data":[["${FROM}","63464.5","63480.5","63460.0","63480","0.09846626","1","2","1"]]}`,
    { volume: '0.09846626', isForming: false },
  ],
  [
    ...(['okx', 'BTC-USDT'] as const),
    `{"code":"0","msg":"","data":[["${FROM}","63464.5","63480.5","63460.0","63480","3","1","2","0"]]}`,
    { volume: '3', isForming: true },
  ],
  [
    ...(['coinbase', 'BTC-USD'] as const),
    `{"candles":[{"start":"${FROM_S}","low":"63460.0","high":"63480.5","open":"63464.5","close":"63480","volume":"0.09846626"}]}`,
    { volume: '0.09846626' },
  ],
  // Of inverse contracts, trades are in USD: so is `cost`.
  ['deribit', 'BTC-PERPETUAL', CHART, { volume: '6250.0' }],
  ['deribit', 'BTC-25DEC26', CHART, { volume: '6250.0' }],
  ['deribit', 'BTC_USDC-PERPETUAL', CHART, { volume: '0.09846626' }],
  ['deribit', 'BTC_USDC', CHART, { volume: '0.09846626' }],
  ['deribit', 'BTC-25DEC26-60000-C', CHART, { volume: '0.09846626' }],
  [
    ...(['bitfinex', 'tBTCUSD'] as const),
    `[[${FROM},63464.5,63480,63480.5,63460.0,9.846626e-2]]`,
    { volume: '0.09846626' },
  ],
  [
    ...(['bitstamp', 'btcusd'] as const),
    `{"data":{"ohlc":[{"close":"63480","high":"63480.5","low":"63460.0","open":"63464.5","timestamp":"${FROM_S}","volume":"0.09846626"}],"pair":"BTC/USD"}}`,
    { volume: '0.09846626' },
  ],
])(
  'V5: %s: candles of %s have their source text; a row that is none spoils the answer',
  (venue, market, text, more) => {
    const candles = candlesOf(venue);
    expect(candles.read(text, '1m', market)).toEqual([
      {
        ...{ type: 'candle', interval: '1m', openTime: FROM, ...PRICES },
        ...{ buyVolume: '0', trades: 0, ...more },
      },
    ]);
    // Each of its numbers replaced.
    for (const { index, 0: number } of text.matchAll(/6346\d\.\d|63480(?!\.)|1785840000(?:000)?/g))
      for (const wrong of ['null', '-1', '[]', 'x', '']) {
        const spoiled = text.slice(0, index) + wrong + text.slice(index + number.length);
        expect(typeof candles.read(spoiled, '1m', market), spoiled).toBe('string');
      }
  },
);

test.each([...LIVE_VENUES.keys()].filter((venue) => LIVE_VENUES.get(venue)?.candles !== undefined))(
  '%s: an answer without a list of candles is none',
  (venue) => {
    const candles = candlesOf(venue);
    for (const text of [
      ...['', '<html>busy</html>', 'null', '{}', '{"data":{}}', '[[1,2,3],null]', '[null]'],
      ...['{"candles":[null]}', '{"candles":{}}', '{"code":"50011","data":[]}'],
      ...[
        '{"code":"0","data":[null]}',
        '{"code":"0","data":[["1","1","1","1","1","1","1","1","2"]]}',
      ],
      ...[
        '{"error":{"code":-32602}}',
        '{"result":{"ticks":[1],"open":[]}}',
        '{"data":{"ohlc":[[]]}}',
      ],
      '{"result":{"ticks":[60000],"open":[1],"high":[1],"low":[1],"close":[1,1],"cost":[1],"volume":[1]}}',
    ])
      expect(typeof candles.read(text, '1m', 'M-PERPETUAL'), text).toBe('string');
  },
);

test('deribit: no data is no candle', () => {
  const text =
    '{"result":{"volume":[],"ticks":[],"status":"no_data","open":[],"low":[],"high":[],"cost":[],"close":[]}}';
  expect(candlesOf('deribit').read(text, '1m', 'BTC-PERPETUAL')).toEqual([]);
});

test.each([
  ['3.3000000000000003', '3.3'],
  ['0.30000000000000004', '0.3'],
  ['1234567.1999999999', '1234567.2'],
  ['99999999999999.995', '100000000000000'],
  ['0.09999999999999999', '0.1'],
  // Not a fraction, and not more digits than are sure.
  ['12345678901234567', '12345678901234567'],
  ['1234567.12345678', '1234567.12345678'],
  ['0.000012345678901234', '0.000012345678901234'],
])('V14: a volume of %s is a sum of doubles, and %s', (sum, volume) => {
  const text = `[[${FROM},63464.5,63480,63480.5,63460.0,${sum}]]`;
  expect(candlesOf('bitfinex').read(text, '1m', 'tBTCUSD')).toMatchObject([{ volume }]);
});
