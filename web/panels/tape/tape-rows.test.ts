import { expect, test } from 'vitest';

import type { Instrument } from '@tapedeck/market/instrument/instrument';

import type { TapeView } from '../../live/live.ts';
import { mergePrints, sizeTiers, tapeLines, tierOf } from './tape-rows.ts';

const row = (sequence: number, eventTime: number, priceTicks: number, sizeLots: number) =>
  ({ sequence, eventTime, priceTicks, sizeLots, aggressor: 'buy' }) as const;

test('prints of the same time, side and price merge; another price stays apart', () => {
  const rows = [row(5, 10, 101, 1), row(4, 10, 100, 2), row(3, 10, 100, 3), row(2, 9, 100, 4)];
  expect(mergePrints(rows, true)).toEqual([
    { ...row(5, 10, 101, 1), count: 1 },
    { ...row(4, 10, 100, 5), count: 2 },
    { ...row(2, 9, 100, 4), count: 1 },
  ]);
});

test('P13c: trades in old steps are below a line that names both step sizes', () => {
  const grid = (tickSize: string): Instrument => ({
    ...{ symbol: 'X-Y@z', venue: 'z', base: 'X', quote: 'Y', tickSize, lotSize: '0.5' },
  });
  const view: TapeView = {
    symbol: 'X-Y@z',
    instrument: grid('0.05'),
    rows: [row(1, 20, 20, 4)],
    before: { rows: [row(9, 10, 100, 4), row(8, 9, 101, 1)], instrument: grid('0.01') },
    notShown: 0,
    boughtLots: 4,
    soldLots: 0,
  };
  // The filter is a size, whatever the lot size.
  const lines = tapeLines(view, true, '1').map((line) =>
    'steps' in line ? line.steps : [line.print.sequence, line.instrument.tickSize, line.isBefore],
  );
  expect(lines).toEqual([[1, '0.05', false], 'tick size 0.01 \u2192 0.05', [9, '0.01', true]]);
});

test('merging loses no lots and no prints', () => {
  const rows = Array.from({ length: 60 }, (_, n) => row(60 - n, n >> 2, 100 + ((n % 3) >> 1), n));
  const merged = mergePrints(rows, true);
  const lots = (list: readonly { sizeLots: number }[]) =>
    list.reduce((sum, one) => sum + one.sizeLots, 0);
  expect(lots(merged)).toBe(lots(rows));
  expect(merged.reduce((sum, one) => sum + one.count, 0)).toBe(rows.length);
  expect(mergePrints(rows, false)).toHaveLength(rows.length);
});

test('opposite aggressors never merge', () => {
  const rows = [row(2, 1, 100, 1), { ...row(1, 1, 100, 1), aggressor: 'sell' as const }];
  expect(mergePrints(rows, true)).toHaveLength(2);
});

test('tiers come from the sizes seen; equal sizes have no tier', () => {
  const tiers = sizeTiers(Array.from({ length: 101 }, (_, n) => ({ sizeLots: n })));
  expect(tiers).toEqual([75, 95, 99]);
  expect([10, 80, 97, 100].map((size) => tierOf(size, tiers))).toEqual([0, 1, 2, 3]);
  expect(tierOf(5, sizeTiers([{ sizeLots: 5 }, { sizeLots: 5 }]))).toBe(0);
  expect(tierOf(5, sizeTiers([]))).toBe(0);
});
