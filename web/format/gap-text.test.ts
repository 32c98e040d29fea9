import { expect, test } from 'vitest';

import { GAP_REASONS } from '@tapedeck/market/instrument/session';

import { gapText, reasonText } from './gap-text.ts';

const FROM = Date.UTC(2024, 7, 5, 10, 3, 5);
const TO = Date.UTC(2024, 7, 5, 10, 4, 10);

test('a gap says its span and its reason in words', () => {
  const gap = { from: FROM, to: TO, reason: 'upstream-silent' };
  expect(gapText(gap, 'utc')).toBe('no data 10:03:05–10:04:10: the source went silent');
  expect(gapText({ ...gap, isOpen: true }, 'utc')).toBe(
    'no data since 10:03:05: the source went silent',
  );
  expect(gapText({ ...gap, to: TO + 86_400_000 }, 'utc')).toContain(
    '5 Aug 10:03:05–6 Aug 10:04:10',
  );
  expect(gapText({ ...gap, state: 'halted' }, 'utc')).toBe('halted 10:03:05–10:04:10');
  expect(gapText({ ...gap, state: 'ok' }, 'utc')).toBe('crossed or locked book 10:03:05–10:04:10');
});

test.each(GAP_REASONS)('the reason %s has words of its own', (reason) => {
  expect(reasonText(reason)).toMatch(/^[a-z]+ [a-z ]+$/);
  expect(GAP_REASONS.filter((other) => reasonText(other) === reasonText(reason))).toEqual([reason]);
});

test('a reason of another version is shown as it was written', () => {
  expect(reasonText('solar-flare')).toBe('solar-flare');
});
