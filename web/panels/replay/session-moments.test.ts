import { expect, test } from 'vitest';

import { nextMoment } from '../../address/replay-link.ts';
import { begunBy, gapAt, gapsOf, headlinesOf, seenFrom } from './session-moments.ts';

const [BTC, ETH] = ['BTC-USD@sim', 'ETH-USD@sim'];
const session = {
  from: 1_000,
  to: 9_000,
  gaps: [
    { symbol: BTC, from: 100, to: 1_000, reason: 'restart' },
    { symbol: BTC, from: 5_000, to: 6_000, reason: 'upstream-gap' },
    { symbol: ETH, from: 3_000, to: 3_500, reason: 'upstream-gap' },
    { symbol: BTC, from: 8_500, to: 12_000, reason: 'upstream-gap' },
    { symbol: BTC, from: 500, to: 2_000, reason: 'upstream-gap' },
  ],
};

test('the gaps of a market are its own, cut to its session', () => {
  expect(gapsOf(session, BTC).map(({ from, to }) => [from, to])).toEqual([
    [1_000, 2_000],
    [5_000, 6_000],
    [8_500, 9_000],
  ]);
  expect(gapsOf(session, ETH)).toHaveLength(1);
});

test('stepping from gap to gap stops where each becomes visible, forward and back', () => {
  const moments = gapsOf(session, BTC).map(seenFrom);
  expect(nextMoment(moments, 4_000, 1)).toBe(5_001);
  expect(nextMoment(moments, 5_001, 1)).toBe(8_501);
  expect(nextMoment(moments, 5_001, -1)).toBe(1_001);
  expect(nextMoment(moments, 5_600, -1)).toBe(5_001);
  expect(nextMoment(moments, 8_501, 1)).toBeUndefined();
});

test('P28b: a chart has no gap or state before its beginning is visible', () => {
  const gaps = gapsOf(session, BTC);
  expect(begunBy(gaps, 1_000)).toBe(0);
  expect(begunBy(gaps, 1_001)).toBe(1);
  expect(begunBy(gaps, 5_000)).toBe(1);
  expect(begunBy(gaps, 5_001)).toBe(2);
  expect(begunBy(gaps, 20_000)).toBe(3);
});

test('headlines are those that the market’s panel shows, within the session', () => {
  const told = (time: number, ...symbols: string[]) => ({ time, symbols });
  const headlines = [
    told(500, BTC),
    told(1_000, BTC),
    told(2_000, ETH),
    told(3_000),
    told(9_001, BTC),
  ];
  expect(headlinesOf({ ...session, headlines }, BTC)).toEqual([told(1_000, BTC)]);
});

test('a gap narrower than a pointer is found near it, the nearest first', () => {
  const gaps = [
    { from: 100, to: 110 },
    { from: 130, to: 500 },
  ];
  expect(gapAt(gaps, 105, 0)).toBe(gaps[0]);
  expect(gapAt(gaps, 112, 0)).toBeUndefined();
  expect(gapAt(gaps, 112, 30)).toBe(gaps[0]);
  expect(gapAt(gaps, 125, 30)).toBe(gaps[1]);
});
