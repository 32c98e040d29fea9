import { expect, test } from 'vitest';

import type { NewsAddressReport } from '@tapedeck/market/wire/news/news-body';

import { newsOutcome, newsTimes } from './news-words.ts';

const report = (changes: Partial<NewsAddressReport>): NewsAddressReport => ({
  ...{ address: 'https://a.example/rss', name: 'Wire', state: 'ok', items: 3 },
  ...{ lastReadAt: null, nextReadAt: null },
  requests: { read: 1, unchanged: 0, failed: 0 },
  stories: { told: 0, duplicate: 0, old: 0, undated: 0, unusable: 0, excess: 0 },
  ...changes,
});

test('an address says when it was read, and when it is read again', () => {
  expect(newsTimes(report({ lastReadAt: 1_000, nextReadAt: 64_000 }), 4_000)).toBe(
    '3.0s ago, next in 60s',
  );
  expect(newsTimes(report({ state: 'failing', nextReadAt: 3_000 }), 4_000)).toBe('next in 0.0s');
  expect(newsTimes(report({ state: 'waiting' }), 4_000)).toBe('asked now');
  expect(newsTimes(report({ state: 'gone', lastReadAt: 4_000 }), 4_000)).toBe(
    '0.0s ago, not asked again',
  );
});

test('every reason for which an item was not told is counted', () => {
  expect(newsOutcome(report({}))).toBe('0 told');
  const stories = { told: 1_200, duplicate: 2, old: 3, undated: 4, unusable: 5, excess: 6 };
  expect(newsOutcome(report({ stories })).replaceAll(/[^\w ·]/g, '')).toBe(
    '1200 told · 2 told already · 3 over a day old · 4 without a date · 5 without text · 6 too many',
  );
});
