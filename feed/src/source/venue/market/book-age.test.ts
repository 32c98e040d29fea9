import { expect, test } from 'vitest';

import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

import { BookAge } from './book-age.ts';
import { VenueTime } from './venue-time.ts';

const START = 1_000 as MonotonicMs;

/** How long after its last delta a book is old, if it changed every `pauseMs`. */
function oldAfter(pauseMs: number, changes: number): number {
  const age = new BookAge();
  let now = START;
  for (let i = 0; i < changes; i++) {
    age.fresh(now);
    now = later(now, pauseMs);
  }
  const last = later(now, -pauseMs);
  for (let ms = 0; ; ms += 100) if (age.isOld(later(last, ms))) return ms;
}

test('V9: a busy book is old after 2.5 s, a quiet one after 2.5 usual pauses once 16 of them are known', () => {
  expect(oldAfter(100, 200)).toBe(2_600);
  expect(oldAfter(1_500, 200)).toBe(2_600);
  expect(oldAfter(4_000, 200)).toBeGreaterThan(9_900);
  expect(oldAfter(4_000, 3)).toBe(2_600);
});

test('V9: a book that never began is not old, and an earlier time does not make a book younger', () => {
  const age = new BookAge();
  expect(age.isOld(later(START, 60_000))).toBe(false);
  age.fresh(later(START, 500));
  age.fresh(START);
  expect(age.isOld(later(START, 3_100))).toBe(true);
});

test('V16: a clock that is years off is not lateness; a message is late by its delay beyond the fastest one', () => {
  const time = new VenueTime();
  const eventTime = 1_700_000_000_000;
  expect(time.came(eventTime, START)).toBe(0);
  expect(time.came(eventTime + 100, later(START, 100))).toBe(0);
  expect(time.came(eventTime + 200, later(START, 4_200))).toBe(4_000);
  // The reference does not adapt, however long that lasts.
  for (let ms = 0; ms < 40_000; ms += 100)
    expect(time.came(eventTime + 300 + ms, later(START, 4_300 + ms))).toBe(4_000);
  time.reset();
  expect(time.came(eventTime + 50_000, later(START, 54_000))).toBe(0);
});
