import { expect, test } from 'vitest';

import { isSymbol, nameOf, venueOf } from './instrument.ts';

test.each([
  ['BTC-USD@sim', 'BTC-USD', 'sim'],
  ['BTCUSDT@binance-usdm', 'BTCUSDT', 'binance-usdm'],
  ['PEPE/WETH@dex', 'PEPE/WETH', 'dex'],
  ['BTC/USDT:USDT@okx', 'BTC/USDT:USDT', 'okx'],
  ['币安人生USDT@binance', '币安人生USDT', 'binance'],
  ['@107@hyperliquid', '@107', 'hyperliquid'],
])('P3a: %s is a symbol, %s of %s', (symbol, name, venue) => {
  expect([isSymbol(symbol), nameOf(symbol), venueOf(symbol)]).toEqual([true, name, venue]);
});

test.each([
  ['no venue', 'BTC-USD'],
  ['no name', '@sim'],
  ['a space', 'BTC USD@sim'],
  ['a comma, which separates symbols', 'A,B@sim'],
  ['a line break', 'BTC\n@sim'],
  ['an invisible character', 'BTC\u200bUSD@sim'],
  ['a lone surrogate', 'BTC\ud83d@sim'],
  ['a picture', '🚀USDT@sim'],
  ['a letter that is not NFC', 'CAFE\u0301@sim'],
  ['a venue in capitals', 'BTC-USD@SIM'],
  ['41 characters', `${'A'.repeat(41)}@sim`],
])('P3a: %s is not a symbol', (_, text) => {
  expect(isSymbol(text)).toBe(false);
});
