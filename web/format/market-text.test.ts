import { expect, test } from 'vitest';

import {
  basisPointsText,
  betweenPriceText,
  changeOf,
  compactText,
  parseUnits,
  percentText,
  priceText,
  signedPriceText,
  sizeParts,
  sizeText,
  sumText,
} from './market-text.ts';
import { numberStyle, styled } from './number-style.ts';

const BTC = { tickSize: '0.1', lotSize: '0.00000001' };
const QUARTER = { tickSize: '0.25', lotSize: '1' };

test('a price keeps every place of its tick size', () => {
  expect(priceText(612_345, BTC)).toBe('61,234.5');
  expect(priceText(612_340, BTC)).toBe('61,234.0');
  expect(priceText(-5, BTC)).toBe('\u22120.5');
  expect(priceText(17_363, QUARTER)).toBe('4,340.75');
  expect(priceText(undefined, BTC)).toBe('\u2013');
});

test('a size is exact where a float is not', () => {
  expect(sizeText(1, BTC)).toBe('0.00000001');
  expect(sizeText(9_007_199_254_740_991, BTC)).toBe('90,071,992.54740991');
  expect(sizeText(30, { tickSize: '1', lotSize: '0.1' })).toBe('3.0');
});

test('trailing zeros of a size are split off but never lost', () => {
  expect(sizeParts(50_000_000, BTC)).toEqual(['0.5', '0000000']);
  expect(sizeParts(1_200_000_000, BTC)).toEqual(['12.0', '0000000']);
  expect(sizeParts(100, QUARTER)).toEqual(['100', '']);
  for (const lots of [1, 10, 12_345_678, 100_000_000, 10_100_000_000])
    expect(sizeParts(lots, BTC).join('')).toBe(sizeText(lots, BTC));
});

test('a change always shows its sign, and none when it rounds to zero', () => {
  expect(percentText(0.0125)).toBe('+1.25%');
  expect(percentText(-0.004)).toBe('\u22120.40%');
  expect(percentText(0.00001)).toBe('0.00%');
  expect(percentText(undefined)).toBe('\u2013');
  expect(percentText(changeOf(110, 100))).toBe('+10.00%');
  expect(changeOf(110, 0)).toBeUndefined();
  expect(percentText(changeOf(-5, -10))).toBe('+50.00%');
  expect(signedPriceText(5, BTC)).toBe('+0.5');
});

test('figures between ticks have one more place', () => {
  expect(betweenPriceText(612_345.5, BTC)).toBe('61,234.55');
  expect(basisPointsText(1, 612_345)).toBe('0.02');
  expect(basisPointsText(1, -612_345)).toBe('0.02');
  expect(basisPointsText(1, 0)).toBe('\u2013');
});

test('compact text keeps three digits', () => {
  expect(compactText(1_240_000)).toBe('1.24M');
  expect(compactText(12_400)).toBe('12.4k');
  expect(compactText(999)).toBe('999');
  expect(compactText(0)).toBe('0');
  expect(compactText(0.03125)).toBe('0.0313');
});

test('the separators follow the locale', () => {
  expect(styled('-1234567.80', numberStyle('de-DE'))).toBe('\u22121.234.567,80');
  expect(styled('1234567.8', numberStyle('fr-FR'))).toBe('1\u202f234\u202f567,8');
  expect(styled('123', numberStyle('not a locale'))).toBe('123');
});

test('typed numbers are read in either notation and must lie on the grid', () => {
  expect(parseUnits('61,234.5', '0.1')).toEqual({ units: 612_345 });
  expect(parseUnits('61.234,5', '0.1')).toEqual({ units: 612_345 });
  expect(parseUnits('61,234', '0.1')).toEqual({ units: 612_340 });
  expect(parseUnits('1,5', '0.1')).toEqual({ units: 15 });
  expect(parseUnits('61234.55', '0.1')).toEqual({ problem: 'Must be a multiple of 0.1.' });
  expect(parseUnits('abc', '0.1')).toEqual({ problem: '“abc” is not a number.' });
  expect(parseUnits('', '0.1')).toEqual({ problem: 'Enter a number.' });
});

test('a running sum never needs more than six characters', () => {
  const grid = { tickSize: '0.1', lotSize: '0.00000001' };
  const lots = [1, 540_000, 5_400_000, 7_170_000, 22_800_000, 99_999_999, 1_270_000_000, 1e17];
  const texts = lots.map((each) => sumText(each, grid));
  expect(texts).toEqual(['<.0001', '0.0054', '0.0540', '0.0717', '0.228', '1.00', '12.7', '1.00B']);
  for (let exponent = 0; exponent < 18; exponent += 0.01)
    expect(sumText(Math.round(10 ** exponent), grid).length).toBeLessThanOrEqual(6);
});
