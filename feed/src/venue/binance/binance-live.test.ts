import { expect, test } from 'vitest';

import { binanceCoinm, binanceSpot, binanceUsdm } from './binance-live.ts';

const SPOT = {
  ...{ symbol: 'BTCUSDT', status: 'TRADING', baseAsset: 'BTC', quoteAsset: 'USDT' },
  baseAssetPrecision: 8,
  filters: [
    { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
    { filterType: 'LOT_SIZE', stepSize: '0.00010000' },
  ],
};

test('V5a: spot counts sizes by the precision of the coin, USD-M by the step of orders', () => {
  const text = JSON.stringify({ symbols: [SPOT, { ...SPOT, symbol: 'OLD', status: 'BREAK' }] });
  const names = { base: 'BTC', quote: 'USDT', tickSize: '0.01' };
  expect(binanceSpot.instruments.read(text)).toEqual([
    { market: 'BTCUSDT', ...names, lotSize: '0.00000001', status: 'open' },
    { market: 'OLD', ...names, lotSize: '0.00000001', status: 'halted', says: 'BREAK' },
  ]);
  expect(binanceUsdm.instruments.read(text)).toMatchObject([{ lotSize: '0.0001' }, {}]);
});

test('COIN-M states its contracts, and trades have the same stream on two paths', () => {
  const perpetual = {
    ...{ symbol: 'BTCUSD_PERP', pair: 'BTCUSD', contractStatus: 'TRADING', contractSize: 100 },
    ...{ baseAsset: 'BTC', quoteAsset: 'USD', baseAssetPrecision: 8 },
    filters: [
      { filterType: 'PRICE_FILTER', tickSize: '0.1' },
      { filterType: 'LOT_SIZE', stepSize: '1' },
    ],
  };
  const statuses = ['TRADING', 'PENDING_TRADING', 'PRE_DELIVERING', 'DELIVERING', 'DELIVERED'];
  const symbols = statuses.map((contractStatus) => ({ ...perpetual, contractStatus }));
  const read = binanceCoinm.instruments.read(JSON.stringify({ symbols }));
  const fields = { market: 'BTCUSD_PERP', base: 'BTC', quote: 'USD', tickSize: '0.1' };
  expect(read).toEqual(
    ['open', 'halted', 'gone', 'gone', 'gone'].map((status, i) => ({
      ...{ ...fields, lotSize: '1', status },
      ...(status === 'open' ? {} : { says: statuses[i] }),
    })),
  );
  expect(binanceCoinm.trades('BTCUSD_PERP')).toMatchObject([
    { name: 'btcusd_perp@aggTrade', path: '/stream' },
    { name: 'btcusd_perp@aggTrade', path: '/market/ws' },
  ]);
  expect(binanceCoinm.snapshot?.request('BTCUSD_PERP', false)).toEqual({
    ...{ path: '/dapi/v1/depth?symbol=BTCUSD_PERP&limit=1000', weight: 20 },
  });
});

test('what is no list of instruments, no snapshot and no list of trades is told with what it is', () => {
  const hole = { market: 'X', from: 1, to: 2, after: 0, isAggregate: false };
  for (const text of [
    '<html>no</html>',
    '[]',
    'null',
    '{"code":-1121,"msg":"Invalid symbol."}',
    '7',
  ]) {
    expect(binanceSpot.instruments.read(text)).toEqual(expect.stringContaining(text.slice(0, 5)));
    expect(binanceSpot.snapshot?.read(text)).toEqual(expect.stringContaining('no depth snapshot'));
    if (text !== '[]') expect(binanceSpot.missed.read(text, hole)).toEqual(expect.any(String));
  }
});

test('V11: the word that a socket ends, refusals, acknowledgements and garbage are told apart', () => {
  expect(binanceSpot.frame('{"result":null,"id":1}')).toEqual([]);
  expect(binanceSpot.frame('{"e":"serverShutdown","E":1}')).toMatchObject([{ kind: 'move' }]);
  const refusal = '{"error":{"code":2,"msg":"Invalid request"},"id":3}';
  expect(binanceSpot.frame(refusal)).toEqual([
    { kind: 'refused', market: undefined, detail: '2: Invalid request' },
  ]);
  for (const text of ['', '{', '[]', 'null', '<html>', '{"data":7}'])
    expect(binanceSpot.frame(text)).toMatchObject([{ kind: 'bad-line' }]);
});

test('V12: missed trades are asked for by their own numbers, or by those of aggregates', () => {
  const hole = { market: 'ETHUSDT', from: 7, to: 9, after: 0, isAggregate: false };
  expect(binanceSpot.missed.request(hole).path).toBe(
    '/api/v3/historicalTrades?symbol=ETHUSDT&fromId=7&limit=1000',
  );
  const aggregates = { ...hole, isAggregate: true };
  expect(binanceUsdm.missed.request(aggregates).path).toBe(
    '/fapi/v1/aggTrades?symbol=ETHUSDT&fromId=7&limit=1000',
  );
  const single = '[{"id":7,"price":"2.5","qty":"3","time":1700000000000,"isBuyerMaker":true}]';
  expect(binanceSpot.missed.read(single, hole)).toMatchObject([
    {
      type: 'trade',
      id: 7,
      price: '2.5',
      size: '3',
      aggressor: 'sell',
      eventTime: 1_700_000_000_000,
    },
  ]);
  const aggregate = '[{"a":7,"p":"2.5","q":"3","f":70,"l":75,"T":1700000000000,"m":false}]';
  expect(binanceUsdm.missed.read(aggregate, aggregates)).toMatchObject([
    { type: 'trade', id: 75, firstId: 70, aggregateId: 7, aggressor: 'buy' },
  ]);
});
