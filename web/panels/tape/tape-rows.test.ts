import { expect, test } from 'vitest';

import type { Instrument } from '@tapedeck/market/instrument/instrument';

import type { TapeView } from '../../live/live.ts';
import {
  earlierLines,
  mergePrints,
  sizeTiers,
  type TapeGap,
  tapeLines,
  tierOf,
} from './tape-rows.ts';

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
  const lines = tapeLines(view, { merge: true, least: '1' }).map((line) =>
    'print' in line ? [line.print.sequence, line.instrument.tickSize, line.isBefore] : line,
  );
  expect(lines).toEqual([
    [1, '0.05', false],
    { steps: 'tick size 0.01 \u2192 0.05' },
    [9, '0.01', true],
  ]);
});

test('trades of the history continue the tape, with a line where any may be missing', () => {
  const view: TapeView = {
    symbol: 'X-Y@z',
    instrument: { symbol: 'X-Y@z', venue: 'z', base: 'X', quote: 'Y', tickSize: '1', lotSize: '1' },
    rows: [row(4, 90, 100, 5), row(3, 80, 100, 5)],
    notShown: 0,
    boughtLots: 10,
    soldLots: 0,
  };
  const shown = (
    rows: TapeView['rows'],
    { gaps = [], least = '' }: { gaps?: readonly TapeGap[]; least?: string } = {},
  ): unknown[] =>
    earlierLines(view, { rows, gaps }, { merge: true, least }).map((line) =>
      'print' in line ? line.print.sequence : line,
    );
  const same = [row(2, 70, 100, 5), row(1, 60, 101, 1)];
  expect(shown(same)).toEqual([2, 1]);
  // In an earlier life of the feed, two trades are missing.
  expect(shown([...same, row(9, 50, 100, 5), row(6, 40, 100, 5)])).toEqual([
    ...[2, 1, { from: 50, to: 60 }, 9, { from: 40, to: 50 }, 6],
  ]);
  // A restart continues the numbers of what was stored: that proves nothing.
  const stop = { from: 71, to: 78, reason: 'restart' };
  const book = { from: 61, to: 69, reason: 'sequence-gap' };
  expect(shown(same, { gaps: [book, stop] })).toEqual([{ from: 71, to: 78 }, 2, 1]);
  // Prints at both sides of a break are not one.
  expect(shown([...same, row(9, 50, 100, 5), row(6, 50, 100, 5)]).slice(2)).toEqual([
    ...[{ from: 50, to: 60 }, 9, { from: 50, to: 50 }, 6],
  ]);
  expect(shown([...same, row(9, 50, 100, 1)], { least: '2' })).toEqual([2, { from: 50, to: 60 }]);
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
