import { expect, test } from 'vitest';

import type { VenueLinkBody } from '@tapedeck/market/wire/venue/venue-body';

import { linkDetail, microsText, offsetText } from './link-words.ts';

const link = (changes: Partial<VenueLinkBody>): VenueLinkBody => ({
  ...{ id: 1, path: '/stream', state: 'back-off', attempts: 0, streams: 2 },
  ...{ messagesPerSecond: 0, bytesPerSecond: 0 },
  ...changes,
});

test('a link says since when it is up, or how often it failed and when it is tried again', () => {
  expect(linkDetail(link({ state: 'up', upMs: 7_200_000 }), 0)).toBe('for 2h');
  expect(linkDetail(link({ attempts: 1, nextAttemptAt: 4_000 }), 1_000)).toBe(
    '1 failed attempt, next attempt in 3.0s',
  );
  expect(linkDetail(link({ attempts: 12, nextAttemptAt: 900 }), 1_000)).toBe(
    '12 failed attempts, next attempt now',
  );
  expect(linkDetail(link({ state: 'dialling' }), 0)).toBeUndefined();
});

test('V16: a venue ahead of us has an offset, never a negative latency', () => {
  expect(offsetText(2_500)).toBe('2.50 s ahead of ours');
  expect(offsetText(-42)).toBe('42 ms behind ours');
  expect(offsetText(0.4)).toBe('with ours');
  expect(offsetText(-60_000 * 60 * 24 * 800)).toBe('800 d behind ours');
  expect(offsetText(null)).toBe('unknown');
  for (const ms of [-5_000, -1, 0, 1, 5_000]) expect(offsetText(ms)).not.toMatch(/[-\u2212]/);
});

test('a parse cost is in microseconds, and absent before the first message', () => {
  expect(microsText(12.34)).toBe('12.3 µs a message');
  expect(microsText(null)).toBe('–');
});
