import { expect, test } from 'vitest';

import { DecimalError, DecimalScale, decimalPlaces, plainDecimal } from './decimal.ts';
import { Random } from './random.ts';

test.each([
  ['0.01', '61837.63000000', 6_183_763],
  ['0.00000001', '1.54571953', 154_571_953],
  ['0.1', '452835', 4_528_350],
  ['1', '-12', -12],
  ['0.25', '100.75', 403],
  ['5', '35.00', 7],
  ['0.0000001', '1.5e-6', 15],
  ['0.01', '1e3', 100_000],
  ['1', '7.23e4', 72_300],
  ['10', '2.2E3', 220],
  ['0.001', '.5', 500],
  ['0.1', '7.', 70],
  ['0.1', '-0.0', 0],
])('on a step of %s, "%s" is %i units', (step, text, units) => {
  expect(new DecimalScale(step).toUnits(text)).toBe(units);
});

test.each([
  ['0.01', '1.005', 'whole number of steps'],
  ['0.25', '0.3', 'whole number of steps'],
  ['5', '7', 'whole number of steps'],
  ['0.01', 'abc', 'not a decimal'],
  ['0.01', '', 'not a decimal'],
  ['0.01', '1.2.3', 'not a decimal'],
  ['0.01', 'NaN', 'not a decimal'],
  ['0.01', '1e', 'not a decimal'],
  ['0.01', '-', 'not a decimal'],
  ['0.00000001', '99999999999', 'too many digits'],
])('on a step of %s, "%s" is refused: %s', (step, text, why) => {
  const scale = new DecimalScale(step);
  expect(() => scale.toUnits(text)).toThrow(DecimalError);
  expect(() => scale.toUnits(text)).toThrow(why);
  expect(() => scale.toUnits(text)).toThrow(`"${text}"`);
});

test.each(['0', '-1', '', 'x'])('a step of "%s" is refused', (step) => {
  expect(() => new DecimalScale(step)).toThrow(DecimalError);
});

test('toText pads to the decimals of the step, toPlainText drops trailing zeros', () => {
  const scale = new DecimalScale('0.00001');
  expect(scale.toText(1)).toBe('0.00001');
  expect(scale.toText(-268_380_000)).toBe('-2683.80000');
  expect(scale.toPlainText(268_380_000)).toBe('2683.8');
  expect(scale.toPlainText(1_200_000)).toBe('12');
  expect(new DecimalScale('1').toPlainText(100)).toBe('100');
});

test('units to text and back is exact where floats would round', () => {
  const seed = 20_261_120;
  const random = new Random(seed);
  for (let i = 0; i < 5_000; i++) {
    const decimals = random.integer(0, 10);
    const mantissa = random.pick([1, 2, 5, 25]);
    const digits = String(mantissa).padStart(decimals + 1, '0');
    const step =
      decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
    const scale = new DecimalScale(step);
    const units = Math.floor((random.next() * Number.MAX_SAFE_INTEGER) / 64) - 1_000;
    expect(scale.toUnits(scale.toText(units)), `seed ${seed} step ${step}`).toBe(units);
  }
});

test('plainDecimal removes only exponents and superfluous zeros', () => {
  expect(plainDecimal('1.50e-7')).toBe('0.00000015');
  expect(plainDecimal('12e2')).toBe('1200');
  expect(plainDecimal('0012.3400')).toBe('12.34');
  expect(decimalPlaces('61837.63000000')).toBe(2);
});
