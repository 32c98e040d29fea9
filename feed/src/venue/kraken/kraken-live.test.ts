import { expect, test } from 'vitest';

import { krakenLive } from './kraken-live.ts';

test('V5: numbers keep their text, times are cut to milliseconds', () => {
  const book =
    '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":29430.0,"qty":1e-8}],"asks":[],"checksum":7,"timestamp":"2024-02-29T23:59:59.999999Z"}]}';
  expect(krakenLive.frame(book)).toEqual([
    {
      kind: 'event',
      market: 'BTC/USD',
      event: {
        ...{ type: 'diff', firstId: 0, lastId: 0, previousId: undefined, checksum: 7 },
        ...{ eventTime: Date.UTC(2024, 1, 29, 23, 59, 59, 999), bids: [['29430.0', '1e-8']] },
        asks: [],
      },
    },
  ]);
});

test('trades say their taker, and whether they are of before', () => {
  const trade = (type: string): string =>
    `{"channel":"trade","type":"${type}","data":[{"symbol":"ETH/USDT","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"}]}`;
  const event = { id: 4_665_906, price: '0.5117', size: '40.0', aggressor: 'sell' };
  expect(krakenLive.frame(trade('update'))).toMatchObject([{ market: 'ETH/USDT', event }]);
  expect(krakenLive.frame(trade('snapshot'))).toMatchObject([{ event: { isPast: true } }]);
});

test('V11: maintenance is a word to move; refusals name their market; the rest says nothing or is no frame', () => {
  const status = (system: string): string =>
    `{"channel":"status","type":"update","data":[{"system":"${system}","api_version":"v2"}]}`;
  expect(krakenLive.frame(status('online'))).toEqual([]);
  expect(krakenLive.frame(status('maintenance'))).toMatchObject([{ kind: 'move' }]);
  expect(krakenLive.frame('{"channel":"heartbeat"}')).toEqual([]);
  const refusal =
    '{"error":"Currency pair not supported NO/SUCH","method":"subscribe","success":false,"symbol":"NO/SUCH"}';
  expect(krakenLive.frame(refusal)).toMatchObject([{ kind: 'refused', market: 'NO/SUCH' }]);
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '7',
    '{"channel":"book"}',
    '{"channel":"book","data":[{}]}',
  ])
    expect(krakenLive.frame(text)).toMatchObject([{ kind: 'bad-line' }]);
});

test('requests name coins as the first version did; what is missed is asked for by time and chosen by id', () => {
  const pair = { wsname: 'XBT/USD', pair_decimals: 1, lot_decimals: 8, status: 'online' };
  const doge = { wsname: 'XDG/USD', pair_decimals: 7, lot_decimals: 0, status: 'cancel_only' };
  expect(
    krakenLive.instruments.read(JSON.stringify({ error: [], result: { pair, doge } })),
  ).toEqual([
    {
      market: 'BTC/USD',
      base: 'BTC',
      quote: 'USD',
      tickSize: '0.1',
      lotSize: '0.00000001',
      status: 'open',
    },
    {
      market: 'DOGE/USD',
      base: 'DOGE',
      quote: 'USD',
      tickSize: '0.0000001',
      lotSize: '1',
      status: 'halted',
      says: 'cancel_only',
    },
  ]);
  const hole = { market: 'BTC/USD', from: 5, to: 6, after: 1_688_671_200_000, isAggregate: false };
  expect(krakenLive.missed.request(hole).path).toBe(
    '/0/public/Trades?pair=BTC%2FUSD&since=1688671199999000000',
  );
  const row = (id: number): unknown[] => [
    '30243.4',
    '0.34507674',
    1_688_671_200.2,
    'b',
    'm',
    '',
    id,
  ];
  const body = JSON.stringify({
    error: [],
    result: { XXBTZUSD: [row(4), row(5), row(7)], last: '1' },
  });
  expect(krakenLive.missed.read(body, hole)).toMatchObject([
    { id: 5, price: '30243.4', eventTime: 1_688_671_200_200, aggressor: 'buy' },
  ]);
});
