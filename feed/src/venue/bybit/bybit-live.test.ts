import { expect, test } from 'vitest';

import { bybitInverse, bybitLinear, bybitSpot } from './bybit-live.ts';

const book = (rest: object, type = 'delta', depth = 50): string =>
  JSON.stringify({
    ...{ topic: `orderbook.${depth}.BTCUSDT`, ts: 1_731_035_685_345, type, cts: 1_731_035_685_342 },
    data: { s: 'BTCUSDT', b: [['75848.62', '0.014895']], a: [], seq: 47_474_967_823, ...rest },
  });

test('updates follow by u; a snapshot, and u 1 after a restart, are the whole book', () => {
  const levels = { bids: [['75848.62', '0.014895']], asks: [], eventTime: 1_731_035_685_345 };
  expect(bybitSpot.frame(book({ u: 2_876_701 }))).toEqual([
    {
      ...{ kind: 'event', market: 'BTCUSDT' },
      event: {
        type: 'diff',
        firstId: 2_876_701,
        lastId: 2_876_701,
        previousId: 2_876_700,
        stateId: 47_474_967_823,
        ...levels,
      },
    },
  ]);
  for (const text of [book({ u: 1 }), book({ u: 1 }, 'snapshot')])
    expect(bybitSpot.frame(text)).toMatchObject([{ event: { type: 'snapshot', updateId: 1 } }]);
  // The best level alone is no book: it states that of the same seq.
  const best = { a: [['75848.63', '2']], u: 7 };
  expect(bybitSpot.frame(book(best, 'snapshot', 1))).toMatchObject([
    { event: { type: 'ticker', updateId: 47_474_967_823, bid: ['75848.62', '0.014895'] } },
  ]);
  expect(bybitSpot.frame(book({ u: 7 }, 'snapshot', 1))).toMatchObject([
    { event: { type: 'quote' } },
  ]);
});

test('V13: u counts by one; another u is a gap, an older one is old', () => {
  const check = (u: number, eventTime = 1_000): string =>
    bybitSpot.rule.check(
      { id: 50, eventTime: 1_000, isSnapshot: false },
      { firstId: u, lastId: u, previousId: u - 1, eventTime },
    );
  expect([check(51), check(52), check(50), check(49), check(7, 3_000)]).toEqual([
    ...['apply', 'gap', 'old', 'old', 'reset'],
  ]);
});

test('a message may have many trades; their ids are names', () => {
  const row = {
    T: 1_672_304_486_865,
    s: 'BTCUSDT',
    S: 'Buy',
    v: '0.001',
    p: '16578.50',
    BT: false,
  };
  const data = [
    { ...row, i: '20f43950-d8dd-5b31-9112-a178eb6023af' },
    { ...row, i: '2200000000067341890', S: 'Sell' },
  ];
  const text = JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: 1, data });
  expect(bybitLinear.frame(text)).toMatchObject([
    {
      event: { id: undefined, key: data[0]?.i, aggressor: 'buy', price: '16578.50', size: '0.001' },
    },
    { event: { key: '2200000000067341890', aggressor: 'sell', eventTime: 1_672_304_486_865 } },
  ]);
});

test('refusals have the market and the words of the venue; answers and pongs say nothing', () => {
  const refusal =
    '{"success":false,"ret_msg":"Invalid symbol :[orderbook.50.NOSUCHSYM]","conn_id":"x","op":"subscribe"}';
  expect(bybitSpot.frame(refusal)).toEqual([
    {
      ...{ kind: 'refused', market: 'NOSUCHSYM' },
      detail: 'subscribe: Invalid symbol :[orderbook.50.NOSUCHSYM]',
    },
  ]);
  for (const text of [
    '{"success":true,"ret_msg":"pong","conn_id":"x","req_id":"p1","op":"ping"}',
    '{"op":"pong","args":["1753340040127"],"conn_id":"x"}',
    '{"success":true,"ret_msg":"subscribe","req_id":"1","op":"subscribe"}',
  ])
    expect(bybitSpot.frame(text)).toEqual([]);
  for (const text of ['', '{', '[]', 'null', '7', '{}', '{"topic":"orderbook.50.X"}', book({})])
    expect(bybitSpot.frame(text)).toMatchObject([{ kind: 'bad-line' }]);
});

test('a frame has one market, because one unknown symbol spoils the frame', () => {
  const streams = ['BTCUSDT', 'ETHUSDT'].flatMap((id) => [
    bybitSpot.book(id),
    ...bybitSpot.trades(id),
  ]);
  expect(bybitSpot.subscribe(streams, 3)).toEqual([
    '{"op":"subscribe","req_id":"3","args":["orderbook.50.BTCUSDT","publicTrade.BTCUSDT"]}',
    '{"op":"subscribe","req_id":"3","args":["orderbook.50.ETHUSDT","publicTrade.ETHUSDT"]}',
  ]);
  expect([bybitSpot, bybitLinear, bybitInverse].map((venue) => venue.book('X').path)).toEqual([
    ...['/v5/public/spot', '/v5/public/linear', '/v5/public/inverse'],
  ]);
});

test('instruments have the step of their kind', () => {
  const spot = {
    ...{ symbol: 'BTCUSDT', baseCoin: 'BTC', quoteCoin: 'USDT', status: 'Trading' },
    lotSizeFilter: { basePrecision: '0.000001', minOrderQty: '0.000048' },
    priceFilter: { tickSize: '0.01' },
  };
  const linear = {
    ...spot,
    ...{ status: 'Closed', lotSizeFilter: { qtyStep: '0.001' }, priceFilter: { tickSize: '0.10' } },
  };
  const list = (rows: readonly object[]): string =>
    JSON.stringify({ retCode: 0, retMsg: 'OK', result: { category: 'x', list: rows } });
  const names = { market: 'BTCUSDT', base: 'BTC', quote: 'USDT' };
  expect(bybitSpot.instruments.read(list([spot, linear, { symbol: 'X' }]))).toEqual([
    { ...names, tickSize: '0.01', lotSize: '0.000001', status: 'open' },
    { ...names, tickSize: '0.1', lotSize: '0.001', status: 'gone', says: 'Closed' },
  ]);
  const refused = (retCode: number, retMsg: string): string => JSON.stringify({ retCode, retMsg });
  expect(bybitSpot.instruments.read(refused(10_001, 'params error: symbol invalid'))).toEqual([]);
  expect(bybitSpot.instruments.read(refused(10_006, 'Too many visits!'))).toBe(
    '10006: Too many visits!',
  );
});

test('V12: recent trades are oldest first, with the keys of the stream', () => {
  const hole = { market: 'BTCUSDT', from: 0, to: 0, after: 5, isAggregate: false };
  expect(bybitInverse.missed.request(hole).path).toBe(
    '/v5/market/recent-trade?category=inverse&symbol=BTCUSDT&limit=500',
  );
  const row = {
    symbol: 'BTCUSDT',
    price: '16618.49',
    size: '0.00012',
    side: 'Buy',
    isBlockTrade: false,
  };
  const rows = [
    { ...row, execId: '2100000000007764263', time: '1672052955758' },
    { ...row, execId: '2100000000007764262', time: '1672052955700' },
  ];
  const text = JSON.stringify({
    retCode: 0,
    retMsg: 'OK',
    result: { category: 'spot', list: rows },
  });
  expect(bybitSpot.missed.read(text, hole)).toMatchObject([
    { key: '2100000000007764262', eventTime: 1_672_052_955_700, price: '16618.49' },
    { key: '2100000000007764263', aggressor: 'buy' },
  ]);
});

test('V14: candles are requested in pages, newest first, and read with their source text; the buy volume is unknown', () => {
  const span = { market: 'BTCUSDT', interval: '1m', from: 0, to: 1_500 * 60_000 } as const;
  expect(bybitLinear.candles?.requests(span).map(({ path }) => path)).toEqual([
    '/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1&start=30000000&end=89999999&limit=1000',
    '/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1&start=0&end=29999999&limit=1000',
  ]);
  const list = [['1670608800000', '17071', '17073', '17027', '17055.5', '268611', '15.74462667']];
  const text = JSON.stringify({ retCode: 0, retMsg: 'OK', result: { list } });
  const prices = { open: '17071', high: '17073', low: '17027', close: '17055.5' };
  expect(bybitInverse.candles?.read(text, '1h', 'BTCUSD')).toEqual([
    {
      ...{ type: 'candle', interval: '1h', openTime: 1_670_608_800_000, ...prices },
      ...{ volume: '268611', buyVolume: '0', trades: 0 },
    },
  ]);
  for (const bad of ['', '<html>', '{"retCode":10001,"result":{"list":[]}}', '{"retCode":0}'])
    expect(typeof bybitSpot.candles?.read(bad, '1m', 'BTCUSDT')).toBe('string');
  const number = text.replace('"17071"', '17071');
  expect(bybitSpot.candles?.read(number, '1m', 'BTCUSDT')).toContain('not a candle');
});
