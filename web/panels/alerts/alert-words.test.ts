import { expect, test } from 'vitest';

import { conditionText, draftOf, type AlertFormValues } from './alert-words.ts';

const BTC = { tickSize: '0.1', lotSize: '0.001' };
const FORM: AlertFormValues = {
  symbol: 'BTC-USD@sim',
  kind: 'crosses',
  price: '61,234.5',
  ageSeconds: '10',
  forSeconds: '',
  repeat: 'once',
  note: ' top ',
};

test('a price becomes ticks, exactly', () => {
  expect(draftOf(FORM, BTC)).toEqual({
    draft: {
      symbol: 'BTC-USD@sim',
      kind: 'crosses',
      repeat: 'once',
      forMs: 0,
      note: 'top',
      priceTicks: 612_345,
      tickSize: '0.1',
    },
  });
});

test('a spread trades at zero and below, and an alert can have such a price', () => {
  expect(draftOf({ ...FORM, price: '0' }, BTC)).toMatchObject({ draft: { priceTicks: 0 } });
  expect(draftOf({ ...FORM, price: '-14.5' }, BTC)).toMatchObject({ draft: { priceTicks: -145 } });
});

test('each mistake names its field', () => {
  expect(draftOf(FORM, undefined)).toEqual({ problems: { symbol: 'Choose a symbol.' } });
  expect(draftOf({ ...FORM, price: '1.23' }, BTC)).toEqual({
    problems: { price: 'The tick size is 0.1.' },
  });
  expect(draftOf({ ...FORM, price: '' }, BTC)).toEqual({ problems: { price: 'Enter a number.' } });
  const age = { ...FORM, kind: 'feed-age' as const };
  expect(draftOf({ ...age, ageSeconds: '0.5' }, BTC)).toHaveProperty('problems.ageSeconds');
  expect(draftOf({ ...age, ageSeconds: 'x' }, BTC)).toHaveProperty('problems.ageSeconds');
});

test('how long a condition must hold is typed in seconds, and shown with the rule', () => {
  expect(draftOf({ ...FORM, forSeconds: '2.5' }, BTC)).toMatchObject({ draft: { forMs: 2_500 } });
  expect(draftOf({ ...FORM, forSeconds: '3601' }, BTC)).toHaveProperty('problems.forSeconds');
  expect(draftOf({ ...FORM, forSeconds: 'x' }, BTC)).toHaveProperty('problems.forSeconds');
  expect(draftOf({ ...FORM, note: 'x'.repeat(201) }, BTC)).toHaveProperty('problems.note');
  const rule = { kind: 'at-most', priceTicks: 10, tickSize: '0.1', forMs: 90_000 } as const;
  expect(conditionText(rule, BTC)).toBe('is at or below 1.0 for 90 s');
  expect(conditionText({ ...rule, forMs: 1_500 }, BTC)).toBe('is at or below 1.0 for 1.5 s');
});

test('an age is typed in seconds and sent in milliseconds', () => {
  expect(draftOf({ ...FORM, kind: 'feed-age', ageSeconds: '2.5' }, BTC)).toMatchObject({
    draft: { ageMs: 2_500 },
  });
});

test('a rule is shown in its own steps, whatever the market has by now', () => {
  const rule = { kind: 'at-least', priceTicks: 612_345, tickSize: '0.1' } as const;
  for (const grid of [BTC, { tickSize: '1', lotSize: '1' }, undefined])
    expect(conditionText(rule, grid)).toBe('is at or above 61,234.5');
});

test('a rule reads as a sentence', () => {
  expect(conditionText({ kind: 'at-least', priceTicks: 612_345 }, BTC)).toBe(
    'is at or above 61,234.5',
  );
  expect(conditionText({ kind: 'feed-age', ageMs: 10_000 }, undefined)).toBe(
    'data older than 10 s',
  );
});
