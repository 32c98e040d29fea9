import { expect, test } from 'vitest';

import { nextMoment, nextSpeed, placeFrom, replayPath, SPEEDS } from './replay-link.ts';

test('a copied link opens at the same moment, speed and symbol', () => {
  const place = { at: 1_723_075_402_120, speed: 5, symbol: 'BTCUSDT@binance-usdm' };
  const url = new URL(replayPath('s 1', place), 'http://x');
  const read = (key: string) => url.searchParams.get(key);
  expect(url.pathname).toBe('/replay/s%201');
  expect(placeFrom({ t: read('t'), s: read('s'), sym: read('sym') })).toEqual(place);
});

test('epochs are moments, too; invalid values are left out', () => {
  expect(placeFrom({ t: '1723075402120' }).at).toBe(1_723_075_402_120);
  expect(placeFrom({ t: 'yesterday', s: '0', sym: null })).toEqual({
    at: undefined,
    speed: undefined,
    symbol: undefined,
  });
  expect(placeFrom({ s: 'max' }).speed).toBe('max');
  expect(placeFrom({ s: '5000' }).speed).toBeUndefined();
});

test('the speed keys walk through every step and stop at the ends', () => {
  let speed = SPEEDS[0] ?? 1;
  const seen = [speed];
  for (let step = 0; step < SPEEDS.length + 2; step++) {
    speed = nextSpeed(speed, 1);
    if (speed !== seen.at(-1)) seen.push(speed);
  }
  expect(seen).toEqual(SPEEDS);
  expect(nextSpeed('max', -1)).toBe(1_000);
  expect(nextSpeed(7, 1)).toBe(10);
  expect(nextSpeed(7, -1)).toBe(5);
  expect(nextSpeed(0.1, -1)).toBe(0.1);
});

test('the next moment is after the clock, and the one before is not the clock’s own', () => {
  const moments = [300, 100, 200];
  expect(nextMoment(moments, 100, 1)).toBe(200);
  expect(nextMoment(moments, 200, -1)).toBe(100);
  // A seek to 200 leaves the clock just after it: back means further back.
  expect(nextMoment(moments, 201, -1)).toBe(100);
  expect(nextMoment(moments, 300, 1)).toBeUndefined();
  expect(nextMoment([], 100, -1)).toBeUndefined();
});
