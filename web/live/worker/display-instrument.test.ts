import { expect, test } from 'vitest';

import { displayInstrument } from './display-instrument.ts';

const GRID = { tickSize: '0.1', lotSize: '1' };

test('base and quote are what the source says', () => {
  const said = { symbol: 'ODD@desk', ...GRID, base: 'Gas', quote: 'EUR' };
  expect(displayInstrument(said)).toEqual({ ...said, venue: 'desk' });
  expect(displayInstrument({ ...said })).toBe(displayInstrument(said));
});

test('where it says nothing they are read off the name, as an import does', () => {
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
