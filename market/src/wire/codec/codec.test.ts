import { expect, test } from 'vitest';

import { parseChannel } from '../channel.ts';
import { decodeDown, decodeUp, encode, WireError } from './codec.ts';

test.each([
  ['{"type":"subscribe","channels":[]}', 'channels'],
  ['{"type":"subscribe","channels":"all"}', 'channels'],
  ['{"type":"subscribe","channels":["a"],"id":"x"}', 'id'],
  ['{"type":"unsubscribe","channels":[-1]}', 'channels.0'],
  ['{"type":"ack","at":1.5}', 'at'],
  ['{"type":"shout"}', 'type: "shout"'],
  ['{}', 'type: nothing'],
  ['[]', 'JSON object'],
  ['null', 'JSON object'],
  ['{"type":', 'not JSON'],
  ['{"type":"replay","command":"fly"}', 'command'],
  ['{"type":"replay","command":"speed","value":5000}', 'value'],
  ['{"type":"replay","command":"seek"}', 'to'],
])('%s is refused with an error that names the problem', (text, named) => {
  expect(() => decodeUp(text)).toThrow(WireError);
  expect(() => decodeUp(text)).toThrow(named);
});

test('an error carries the id of its request', () => {
  try {
    decodeUp('{"type":"ack","id":7}');
    expect.unreachable();
  } catch (error) {
    expect((error as WireError).id).toBe(7);
  }
});

test('P4: a frame is messages joined by newlines; unknown types and fields are ignored', () => {
  const pong = { type: 'pong', id: 1, now: 5 } as const;
  expect(
    decodeDown(`${encode(pong)}\n{"type":"news-flash"}\n{"type":"pong","now":6,"x":1}`),
  ).toEqual([pong, { type: 'pong', now: 6 }]);
  expect(() => decodeDown('{"type":"pong"}')).toThrow('now');
  expect(() => decodeDown('{"type":"pong","now":1}\n{"ty')).toThrow('not JSON');
});

test.each([
  ['book:BTC-USD@sim:25:100ms', { kind: 'book', symbol: 'BTC-USD@sim', depth: 25, tier: '100ms' }],
  ['trades:XBT/USD@kraken', { kind: 'trades', symbol: 'XBT/USD@kraken' }],
  [
    'candles:BTCUSDT@binance-usdm:1m',
    { kind: 'candles', symbol: 'BTCUSDT@binance-usdm', interval: '1m' },
  ],
  ['trades:BTC/USDT:USDT@okx', { kind: 'trades', symbol: 'BTC/USDT:USDT@okx' }],
  [
    'book:BTC/USDT:USDT@okx:25:raw',
    { kind: 'book', symbol: 'BTC/USDT:USDT@okx', depth: 25, tier: 'raw' },
  ],
  [
    'candles:币安人生USDT@binance:1s',
    { kind: 'candles', symbol: '币安人生USDT@binance', interval: '1s' },
  ],
  ['ticker:@107@hyperliquid', { kind: 'ticker', symbol: '@107@hyperliquid' }],
])('channel %s', (name, channel) => {
  expect(parseChannel(name)).toEqual(channel);
});

test.each([
  ['book:BTC-USD@sim:26:100ms', 'depth "26"'],
  ['book:BTC-USD@sim:25:99ms', 'tier "99ms"'],
  ['book:BTC-USD@sim', 'depth ""'],
  ['trades:BTC-USD', 'symbol "BTC-USD"'],
  ['trades:BTC-USD@sim:1', 'too many parts'],
  ['book:BTC/USDT:USDT@okx:25', 'tier ""'],
  ['trades:BTC/USDT:USDT', 'symbol "BTC/USDT"'],
  ['candles:BTC-USD@sim:2m', 'interval "2m"'],
  ['fills:BTC-USD@sim', 'kind "fills"'],
  ['', 'kind ""'],
  [`trades:${'A'.repeat(200)}@sim`, 'longer than'],
])('channel %s is unknown', (name, named) => {
  expect(parseChannel(name)).toContain(named);
});
