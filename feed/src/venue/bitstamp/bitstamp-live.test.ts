import { expect, test } from 'vitest';

import { bitstampLive } from './bitstamp-live.ts';

const HOLE = { market: 'btcusd', from: 0, to: 0, after: 1_700_000_000_000, isAggregate: false };

test('deltas, trades, notices, refusals and heartbeats', () => {
  const diff =
    '{"data":{"timestamp":"1622520011","microtimestamp":"1622520011989838","bids":[["36653.62","0.75000000"]],"asks":[["36665.20","0.00000000"]]},"channel":"diff_order_book_btcusd","event":"data"}';
  expect(bitstampLive.frame(diff)).toMatchObject([
    { market: 'btcusd', event: { type: 'diff', lastId: 1_622_520_011_989_838 } },
  ]);
  const trade =
    '{"channel": "live_trades_btcusd", "data": {"amount": 1e-08, "amount_str": "1E-8", "buy_order_id": 1341285759094784, "id": 158457579, "microtimestamp": "1616297318187000", "price": 57748.8, "price_str": "57748.80", "sell_order_id": 1341285698236416, "timestamp": "1616297318", "type": 0}, "event": "trade"}';
  expect(bitstampLive.frame(trade)).toMatchObject([
    {
      market: 'btcusd',
      event: { key: '158457579', price: '57748.80', size: '1E-8', aggressor: 'buy' },
    },
  ]);
  expect(bitstampLive.frame('{"event":"bts:request_reconnect","channel":"","data":""}')).toEqual([
    { kind: 'move', detail: 'bts:request_reconnect' },
  ]);
  const error =
    '{"event":"bts:error","channel":"","data":{"code":null,"message":"Incorrect JSON format."}}';
  expect(bitstampLive.frame(error)).toMatchObject([
    { kind: 'refused', detail: 'Incorrect JSON format.' },
  ]);
  expect(bitstampLive.frame('{"event":"bts:heartbeat","channel":"","data":{}}')).toEqual([]);
});

test('V6: a frame that cannot be read may have been a delta of any book on its socket', () => {
  for (const text of ['', '{"data":{"timest', '[]', 'null', '{"data":7,"channel":"x"}'])
    expect(bitstampLive.frame(text)).toMatchObject([{ kind: 'bad-line' }, { kind: 'hole' }]);
});

test('V7: an older delta is in the book already', () => {
  const mark = { id: 5, eventTime: undefined, isSnapshot: true };
  const ids = { previousId: undefined, eventTime: 0 };
  const check = (lastId: number) =>
    bitstampLive.rule.check(mark, { ...ids, firstId: lastId, lastId });
  expect([4, 5, 6].map(check)).toEqual(['old', 'old', 'apply']);
});

test('instruments, and trades by request: oldest first, from a list that reaches far enough', () => {
  const pair = {
    ...{ trading: 'Enabled', base_decimals: 8, url_symbol: 'btcusd', name: 'BTC/USD' },
    counter_decimals: 2,
  };
  const pairs = JSON.stringify([pair, { ...pair, url_symbol: 'old', trading: 'Disabled' }, {}]);
  const known = { base: 'BTC', quote: 'USD', tickSize: '0.01', lotSize: '0.00000001' };
  expect(bitstampLive.instruments.read(pairs)).toEqual([
    { market: 'btcusd', ...known, status: 'open' },
    { market: 'old', ...known, status: 'halted', says: 'Disabled' },
  ]);
  const pathOf = (ms: number | undefined): string =>
    bitstampLive.missed.request({ ...HOLE, before: ms && HOLE.after + ms }).path;
  expect([undefined, 30_000, 60_000, 3_600_000].map(pathOf)).toEqual(
    ['minute', 'minute', 'hour', 'day'].map((time) => `/api/v2/transactions/btcusd/?time=${time}`),
  );
  const rows =
    '[{"date":"1560481868","tid":"9","price":"8194.79","type":"1","amount":"0.00288599"},{"date":"1560481858","tid":"8","price":"8193.12","type":"0","amount":"0.5"}]';
  expect(bitstampLive.missed.read(rows, HOLE)).toMatchObject([
    { key: '8', eventTime: 1_560_481_858_000, price: '8193.12', size: '0.5', aggressor: 'buy' },
    { key: '9', aggressor: 'sell' },
  ]);
  for (const text of ['<html>', '{}', 'null']) {
    expect(bitstampLive.instruments.read(text)).toEqual(expect.any(String));
    expect(bitstampLive.missed.read(text, HOLE)).toEqual(expect.any(String));
    expect(bitstampLive.snapshot?.read(text)).toEqual(expect.any(String));
  }
});
