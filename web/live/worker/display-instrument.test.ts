import { expect, test } from 'vitest';

import { displayInstrument } from './display-instrument.ts';

const GRID = { tickSize: '0.1', lotSize: '1' };

test('base and quote are those of the source', () => {
  const said = { symbol: 'ODD@desk', ...GRID, base: 'Gas', quote: 'EUR' };
  expect(displayInstrument(said)).toEqual({ ...said, venue: 'desk' });
  expect(displayInstrument({ ...said })).toBe(displayInstrument(said));
});

test('if the source has none, they are read from the name, as in an import', () => {
  expect(displayInstrument({ symbol: 'BTCUSD_PERP@binance-coinm', ...GRID })).toMatchObject({
    base: 'BTC',
    quote: 'USD',
    venue: 'binance-coinm',
  });
  expect(displayInstrument({ symbol: 'BTC/USDT:USDT@okx', ...GRID, base: '' })).toMatchObject({
    base: 'BTC',
    quote: 'USDT',
  });
});
