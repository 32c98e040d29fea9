import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import type { LiveSocket } from '../live-venue.ts';
import { coinbaseLive } from './coinbase-live.ts';

const TIME = '2026-09-30T02:39:59.566460558Z';

function frame(number: number, channel: string, event: unknown, timestamp = TIME): string {
  return JSON.stringify({ channel, timestamp, sequence_num: number, events: [event] });
}

function book(number: number, timestamp?: string): string {
  const update = { side: 'bid', price_level: '2667.24', new_quantity: '0', event_time: TIME };
  const event = { type: 'update', product_id: 'ETH-USD', updates: [update] };
  return frame(number, 'l2_data', event, timestamp);
}

function socket(): LiveSocket {
  return must(coinbaseLive.socket?.(), 'a socket');
}

const kindsOf = (from: LiveSocket, text: string): readonly string[] =>
  from.frame(text, 0).map(({ kind }) => kind);

test('a missing frame of the connection is a hole, whatever channel it was of', () => {
  const one = socket();
  expect(kindsOf(one, frame(0, 'subscriptions', { subscriptions: {} }))).toEqual([]);
  expect(kindsOf(one, book(1))).toEqual(['event']);
  expect(kindsOf(one, frame(2, 'heartbeats', { heartbeat_counter: 7 }))).toEqual([]);
  // Again, and one from before.
  expect(kindsOf(one, book(1))).toEqual([]);
  expect(kindsOf(one, book(4))).toEqual(['hole', 'event']);
  expect(kindsOf(one, book(5))).toEqual(['event']);
  // A frame that cannot be read is missing, too.
  expect(kindsOf(one, frame(6, 'l2_data', { type: 'update' }))).toEqual(['bad-line']);
  expect(kindsOf(one, book(7))).toEqual(['hole', 'event']);
  // Another connection counts by itself.
  expect(kindsOf(socket(), book(7))).toEqual(['event']);
});

test('a counter that restarts is a hole', () => {
  const one = socket();
  expect(kindsOf(one, book(900))).toEqual(['event']);
  expect(kindsOf(one, book(0, '2026-09-30T02:40:01Z'))).toEqual(['hole', 'event']);
  expect(kindsOf(one, book(1, '2026-09-30T02:40:01Z'))).toEqual(['event']);
});

test('levels keep their text; the time of a change is that of its message', () => {
  expect(socket().frame(book(1), 0)).toEqual([
    {
      kind: 'event',
      market: 'ETH-USD',
      event: {
        ...{ type: 'diff', firstId: 0, lastId: 0, previousId: undefined },
        ...{ eventTime: Date.UTC(2026, 8, 30, 2, 39, 59, 566), bids: [['2667.24', '0']], asks: [] },
      },
    },
  ]);
});

test('trades come oldest first, with the opposite side of their maker, and say whether they are of before', () => {
  const trades = ['22381691', '22381690', '9007199254740993'].map((trade_id) => ({
    ...{ product_id: 'ETH-USD', trade_id, price: '2375.56', size: '0.5', side: 'BUY' },
    time: '2026-10-04T07:13:31.084859Z',
  }));
  const found = socket().frame(frame(1, 'market_trades', { type: 'snapshot', trades }), 0);
  const event = { aggressor: 'sell', isPast: true, eventTime: 1_791_098_011_084 };
  expect(found).toMatchObject([
    { event: { ...event, id: 22_381_690 } },
    { event: { ...event, id: 22_381_691 } },
    { event: { ...event, id: 9_007_199_254_740_993n } },
  ]);
  const [update] = socket().frame(frame(1, 'market_trades', { type: 'update', trades }), 0);
  expect(update).not.toMatchObject({ event: { isPast: true } });
});

test('heartbeats are subscribed once and first; each market and channel has a frame of its own', () => {
  const one = socket();
  const streams = [coinbaseLive.book('ETH-USD'), coinbaseLive.trades('ETH-USD')[0]];
  expect(one.subscribe(streams, 1).map((text) => JSON.parse(text) as unknown)).toEqual([
    { type: 'subscribe', channel: 'heartbeats' },
    { type: 'subscribe', product_ids: ['ETH-USD'], channel: 'level2' },
    { type: 'subscribe', product_ids: ['ETH-USD'], channel: 'market_trades' },
  ]);
  expect(one.subscribe(streams, 2)).toHaveLength(2);
  expect(one.unsubscribe(streams, 3)).toHaveLength(2);
  const error = '{"type":"error","message":"failure to subscribe","reason":"NO-USD: no product"}';
  expect(one.frame(error, 0)).toEqual([
    { kind: 'refused', market: 'ETH-USD', detail: 'failure to subscribe: NO-USD: no product' },
  ]);
  for (const text of ['', '{', '[]', 'null', '7', '{"channel":"l2_data"}'])
    expect(one.frame(text, 0)).toMatchObject([{ kind: 'bad-line' }]);
});

test('products: one or all of them, and what a 404 says', () => {
  const { instruments } = coinbaseLive;
  const products = '/api/v3/brokerage/market/products';
  expect(instruments.request(undefined).path).toBe(products);
  expect(instruments.request('BTC-USD').path).toBe(`${products}/BTC-USD`);
  const product = {
    ...{ product_id: 'BTC-USD', base_currency_id: 'BTC', quote_currency_id: 'USD' },
    ...{ price_increment: '0.01', quote_increment: '0.1', base_increment: '0.00000001' },
    ...{ status: 'online', trading_disabled: false, auction_mode: true },
  };
  const steps = { tickSize: '0.01', lotSize: '0.00000001' };
  const known = { market: 'BTC-USD', base: 'BTC', quote: 'USD', ...steps };
  expect(instruments.read(JSON.stringify(product))).toEqual([{ ...known, status: 'open' }]);
  const list = [
    ...[{ trading_disabled: true }, { cancel_only: true }, { status: 'delisted' }].map((each) => ({
      ...product,
      ...each,
    })),
    {},
  ];
  expect(instruments.read(JSON.stringify({ products: list }))).toEqual([
    { ...known, status: 'halted', says: 'trading_disabled' },
    { ...known, status: 'halted', says: 'cancel_only' },
    { ...known, status: 'gone', says: 'delisted' },
  ]);
  for (const text of ['<html>', '[]', 'null', '{}', '7'])
    expect(instruments.read(text)).toEqual(expect.stringContaining(text));
  const answer = '{"error":"NOT_FOUND","message":"valid product_id is required"}';
  expect(instruments.unlisted?.(answer)).toBe('valid product_id is required');
  expect(instruments.unlisted?.('<html>404</html>')).toBeUndefined();
});

test('V12: missed trades are asked for by time, in whole seconds, and chosen by id', () => {
  const hole = {
    ...{ market: 'BTC-USD', from: 7, to: 9, after: 1_700_000_000_900, before: 1_700_000_003_100 },
    isAggregate: false,
  };
  expect(coinbaseLive.missed.request(hole).path).toBe(
    '/api/v3/brokerage/market/products/BTC-USD/ticker?limit=1000&start=1700000000&end=1700000005',
  );
  const row = { product_id: 'BTC-USD', price: '2', size: '3', side: 'SELL', time: TIME };
  const trades = ['6', '7', '8', '10'].map((trade_id) => ({ ...row, trade_id }));
  expect(coinbaseLive.missed.read(JSON.stringify({ trades }), hole)).toMatchObject([
    { id: 7, aggressor: 'buy' },
    { id: 8, aggressor: 'buy' },
  ]);
  expect(coinbaseLive.missed.read('{}', hole)).toEqual(expect.any(String));
});
