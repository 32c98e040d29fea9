import { expect, test } from 'vitest';

import { splitInstrumentName } from './instrument-name.ts';

test.each([
  ['BTC-USD', 'BTC', 'USD'],
  ['XBT/USD', 'XBT', 'USD'],
  ['BTC/USDT:USDT', 'BTC', 'USDT'],
  ['BTC-USDT-SWAP', 'BTC', 'USDT'],
  ['BTC-USD-240628', 'BTC', 'USD'],
  ['1INCH-USDT', '1INCH', 'USDT'],
  ['BTCUSDT', 'BTC', 'USDT'],
  ['BTCUSD_PERP', 'BTC', 'USD'],
  ['BTCUSDT_240628', 'BTC', 'USDT'],
  ['BTC-27JUN25-100000-C', 'BTC', ''],
  ['BTC-PERPETUAL', 'BTC', ''],
  ['BTCBRL', 'BTC', 'BRL'],
  ['BTCGBP', 'BTC', 'GBP'],
  ['ETHBTC', 'ETH', 'BTC'],
  ['币安人生USDT', '币安人生', 'USDT'],
  ['AAPL', 'AAPL', ''],
  ['USDT', 'USDT', ''],
])('%s is %s in %s', (name, base, quote) => {
  expect(splitInstrumentName(name)).toEqual({ base, quote });
});
