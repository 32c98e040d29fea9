import { expect, test } from 'vitest';

import { candleCsv } from './candle-csv.ts';

test('the file holds exact decimals and ISO times', () => {
  const csv = candleCsv(
    [
      {
        openTime: Date.UTC(2024, 7, 8, 14),
        open: 612_345,
        high: 612_350,
        low: 612_300,
        close: 612_340,
        volume: 123_456_789,
        buyVolume: 1,
        trades: 17,
        state: 'closed',
      },
    ],
    { tickSize: '0.1', lotSize: '0.00000001' },
  );
  expect(csv.split('\n')).toEqual([
    'time,open,high,low,close,volume,buy_volume,trades,state',
    '2024-08-08T14:00:00.000Z,61234.5,61235.0,61230.0,61234.0,1.23456789,0.00000001,17,closed',
    '',
  ]);
});
