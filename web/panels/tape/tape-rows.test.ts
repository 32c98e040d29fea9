import { expect, test } from 'vitest';

import { mergePrints, sizeTiers, tierOf } from './tape-rows.ts';

const row = (sequence: number, eventTime: number, priceTicks: number, sizeLots: number) =>
  ({ sequence, eventTime, priceTicks, sizeLots, aggressor: 'buy' }) as const;

test('prints of one moment, side and price merge; another price stays apart', () => {
  const rows = [row(5, 10, 101, 1), row(4, 10, 100, 2), row(3, 10, 100, 3), row(2, 9, 100, 4)];
  expect(mergePrints(rows, true)).toEqual([
    { ...row(5, 10, 101, 1), count: 1 },
    { ...row(4, 10, 100, 5), count: 2 },
    { ...row(2, 9, 100, 4), count: 1 },
  ]);
});

test('merging loses no lot and no print', () => {
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

test('tiers come from the sizes seen; equal sizes are all ordinary', () => {
  const tiers = sizeTiers(Array.from({ length: 101 }, (_, n) => ({ sizeLots: n })));
  expect(tiers).toEqual([75, 95, 99]);
  expect([10, 80, 97, 100].map((size) => tierOf(size, tiers))).toEqual([0, 1, 2, 3]);
  expect(tierOf(5, sizeTiers([{ sizeLots: 5 }, { sizeLots: 5 }]))).toBe(0);
  expect(tierOf(5, sizeTiers([]))).toBe(0);
});
