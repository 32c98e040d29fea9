import { expect, test } from 'vitest';

import type { Gap } from '@tapedeck/market/instrument/session';

import { OpenHoles } from './open-holes.ts';

function told(): { readonly holes: OpenHoles; readonly gaps: [Gap, boolean][] } {
  const gaps: [Gap, boolean][] = [];
  const holes = new OpenHoles({
    gap: (gap, breaksBook) => void gaps.push([gap, breaksBook === true]),
  });
  return { holes, gaps };
}
const gap = (to: number, reason = 'upstream-silent') => ({ symbol: 'A', from: 1_000, to, reason });

test('a hole is a gap from its start on, always recorded ahead of the present', () => {
  const { holes, gaps } = told();
  holes.open('A', 1_000, 1_200, 'upstream-silent');
  holes.extend(2_200);
  holes.extend(3_200);
  expect(gaps).toEqual([
    [gap(6_200), false],
    [gap(7_200), false],
    [gap(8_200), false],
  ]);
});

test('a second reason does not restart it, and it ends once', () => {
  const { holes, gaps } = told();
  holes.open('A', 1_000, 1_000, 'upstream-silent');
  holes.open('A', 1_500, 1_500, 'upstream-gap');
  holes.close('A', 1_700, true);
  holes.close('A', 1_900, true);
  holes.extend(2_000);
  expect(gaps).toEqual([
    [gap(6_000), false],
    [gap(1_700), true],
  ]);
});

test('a hole still open at the end of the recording lasts until that end', () => {
  const { holes, gaps } = told();
  holes.open('A', 1_000, 1_000, 'upstream-silent');
  holes.open('B', 2_000, 2_000, 'upstream-gap');
  holes.closeAll(4_000);
  holes.extend(9_000);
  expect(gaps.slice(2)).toEqual([
    [gap(4_000), false],
    [{ symbol: 'B', from: 2_000, to: 4_000, reason: 'upstream-gap' }, false],
  ]);
});
