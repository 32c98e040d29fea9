import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { bytesText, millisecondsText, rateText } from './rate-text.ts';
import { isOld, stateText } from './state-text.ts';
import { ageText, dateTimeText, spanText, stopwatchText, timeText, zoneText } from './time-text.ts';
import { midnightsWithin } from './time-zone.ts';

const at = (ms: number) => ms as MonotonicMs;
const AT = Date.UTC(2024, 7, 8, 14, 3, 22, 120);

test('clock times have milliseconds on request', () => {
  expect(timeText(AT, 'utc')).toBe('14:03:22');
  expect(timeText(AT, 'utc', 3)).toBe('14:03:22.120');
  expect(dateTimeText(AT, 'utc')).toBe('2024-08-08 14:03:22');
});

test('an offset is that of the moment beside it', () => {
  const change = Date.UTC(2024, 9, 27, 1);
  expect(zoneText('Europe/Berlin', change - 1)).toBe('UTC+02:00');
  expect(zoneText('Europe/Berlin', change)).toBe('UTC+01:00');
  expect(dateTimeText(change - 1_000, 'Europe/Berlin')).toBe('2024-10-27 02:59:59');
  expect(dateTimeText(change, 'Europe/Berlin')).toBe('2024-10-27 02:00:00');
  expect(zoneText('America/St_Johns', Date.UTC(2024, 0, 1))).toBe('UTC\u221203:30');
});

test('days begin at the zone’s midnights, also when a day lasts 25 h', () => {
  const [from, to] = [Date.UTC(2024, 9, 26, 12), Date.UTC(2024, 9, 28, 12)];
  expect(midnightsWithin('Europe/Berlin', from, to)).toEqual([
    Date.UTC(2024, 9, 26, 22),
    Date.UTC(2024, 9, 27, 23),
  ]);
  expect(midnightsWithin('utc', Date.UTC(2024, 9, 26), Date.UTC(2024, 9, 27))).toEqual([]);
});

test('ages, stopwatches and spans', () => {
  expect(ageText(200)).toBe('0.2s');
  expect(ageText(42_000)).toBe('42s');
  expect(ageText(-5)).toBe('0.0s');
  expect(stopwatchText(12_400)).toBe('00:12');
  expect(stopwatchText(3_723_000)).toBe('1:02:03');
  expect(spanText(22_320_000)).toBe('6 h 12 min');
});

test('rates and bytes', () => {
  expect(rateText(1_240.4)).toBe('1,240');
  expect(rateText(0.25)).toBe('0.3');
  expect(bytesText(24_100)).toBe('24.1 kB');
  expect(millisecondsText(null)).toBe('\u2013');
  expect(millisecondsText(1_240)).toBe('1.24 s');
});

test('the words of a state', () => {
  expect(stateText({ kind: 'stale', ageMs: 12_000 }, at(0)).text).toBe('STALE 00:12');
  expect(stateText({ kind: 'quiet', ageMs: 42_000 }, at(0)).text).toBe('QUIET 42s');
  expect(stateText({ kind: 'resyncing', from: 1_204, to: 1_211, ageMs: 0 }, at(0)).text).toBe(
    'RESYNCING 1,204 \u2192 1,211',
  );
  // No gap: a snapshot is awaited. A gap whose ends do not fit shows its length; nothing is cut off.
  const resyncing = (from: number, to: number) =>
    stateText({ kind: 'resyncing', from, to, ageMs: 0 }, at(0));
  expect(resyncing(17_457, 17_457).text).toBe('RESYNCING');
  expect(
    stateText({ kind: 'resyncing', from: 9, to: 9, ageMs: 6_500 }, at(0)).text,
    'dimmed values have an age',
  ).toBe('RESYNCING 00:06');
  expect(resyncing(17_457, 17_461).text).toBe('RESYNCING gap 4');
  expect(resyncing(17_457, 17_461).detail).toContain('17,457 \u2192 17,461');
  expect(
    stateText({ kind: 'disconnected', ageMs: 1_000, retryAt: at(3_000) }, at(500)).detail,
  ).toBe('Next try in 3 s');
  expect(isOld({ kind: 'disconnected', ageMs: 0, retryAt: undefined })).toBe(true);
  expect(isOld({ kind: 'quiet', ageMs: 90_000 })).toBe(false);
});
