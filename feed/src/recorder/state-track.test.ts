/* H6: which states of a market are recorded, and how they reach the worker. */
import { expect, test } from 'vitest';

import { MARKET_STATES, STATE_REASONS } from '@tapedeck/market/instrument/instrument';
import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';

import { BatchEncoder, decodeBatch } from './batch-encoder.ts';
import { StateTrack } from './state-track.ts';

const HALTED = { state: 'halted', reason: 'halt' } as const;
const RESUMED = { state: 'ok', reason: 'halt' } as const;

test('a market that was always ok has no row; a change is recorded once', () => {
  const track = new StateTrack();
  track.change({ time: 10, ...RESUMED, crossed: false });
  expect(track.take(10)).toBeUndefined();
  track.change({ time: 20, ...HALTED, crossed: false });
  expect(track.take(10)).toEqual({ time: 20, ...HALTED, since: 20, crossedSince: undefined });
  expect(track.take(20)).toBeUndefined();
});

test('P15: a crossed book has the time of its record; one crossed only between two records leaves nothing', () => {
  const track = new StateTrack();
  track.cross(12, true);
  expect(track.take(19)).toMatchObject({ time: 19, state: 'ok', crossedSince: 19 });
  track.change({ time: 30, ...HALTED, crossed: true });
  expect(track.take(30)).toMatchObject({ time: 30, since: 30, crossedSince: 19 });
  track.cross(41, false);
  track.cross(42, true);
  track.cross(43, false);
  expect(track.take(44)).toMatchObject({ ...HALTED, time: 44, since: 30, crossedSince: undefined });
  track.cross(51, true);
  track.cross(52, false);
  expect(track.take(60)).toBeUndefined();
});

test('without room only the latest state is recorded, with its own time, and the skipped ones are counted', () => {
  const track = new StateTrack();
  expect(track.change({ time: 10, ...HALTED, crossed: false })).toBe(false);
  expect(track.change({ time: 20, ...RESUMED, crossed: false })).toBe(true);
  expect(track.change({ time: 15, ...HALTED, crossed: false })).toBe(true);
  // Rows are in order of their times.
  expect(track.take(0)).toMatchObject({ ...HALTED, time: 20 });
});

test('P13: a new session gets the states that are not ok, and nothing if all are ok', () => {
  const track = new StateTrack();
  track.change({ time: 10, ...HALTED, crossed: false });
  const row = track.take(10);
  track.restart();
  expect(track.take(99)).toEqual(row);
  track.change({ time: 20, ...RESUMED, crossed: false });
  track.take(20);
  track.restart();
  expect(track.take(99)).toBeUndefined();
});

test('every state and reason survives encoding in a batch', () => {
  const encoder = new BatchEncoder();
  const rows = MARKET_STATES.flatMap((state) =>
    STATE_REASONS.map((reason, i) => {
      const crossedSince = i % 2 === 0 ? undefined : 1_760_000_000_000 + i;
      return { time: 1_760_000_000_009 + i, state, reason, since: 1_760_000_000_000, crossedSince };
    }),
  );
  for (const row of rows) encoder.state(3, row);
  const read: (readonly [number, RecordedState])[] = [];
  const unexpected = (): never => {
    throw new Error('nothing else was put in');
  };
  decodeBatch(encoder.take(), {
    snapshot: unexpected,
    delta: unexpected,
    trade: unexpected,
    state: (market, state) => read.push([market, state]),
  });
  expect(read).toEqual(rows.map((row) => [3, row]));
});
