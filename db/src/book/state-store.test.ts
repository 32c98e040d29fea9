import { readFileSync, writeFileSync } from 'node:fs';
/* H6: states of markets are stored like trades, and returned as periods. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';

import { copySession } from '../check/session-copy.ts';
import { sessionDigest } from '../check/session-digest.ts';
import { type History, openHistory } from '../history.ts';
import { Retention } from '../recording/retention.ts';
import type { SessionWriter } from '../recording/session-writer.ts';
import { TestHistory } from '../test/test-history.ts';
import { beginRecording, START, SYMBOL } from '../test/test-recording.ts';

const MINUTE = 60_000;
const END = START + 10 * MINUTE;

let disk: TestHistory;
let history: History;
beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});
afterEach(() => disk.close());

function record(write: (writer: SessionWriter) => void): void {
  const writer = beginRecording(history);
  const times = { eventTime: START, receiveTime: START };
  writer.snapshot(SYMBOL, { sequence: 1, ...times, bids: [[99, 5]], asks: [[101, 5]] });
  write(writer);
  for (let minute = 0; minute <= 10; minute++)
    writer.trade(SYMBOL, {
      sequence: minute + 1,
      eventTime: START + minute * MINUTE,
      priceTicks: 100,
      sizeLots: 1,
      aggressor: 'buy',
    });
  writer.close(END);
}
const at = (
  minute: number,
  change: Pick<RecordedState, 'state' | 'reason'>,
  crossed = false,
): RecordedState => {
  const time = START + minute * MINUTE;
  return { time, ...change, since: time, crossedSince: crossed ? time : undefined };
};
const HALTED = { state: 'halted', reason: 'halt' } as const;
const RESUMED = { state: 'ok', reason: 'halt' } as const;
const range = ([from, to]: readonly [number, number]) => ({
  from: START + from * MINUTE,
  to: START + to * MINUTE,
});

test('rows and gaps give one series of periods; a halt stays visible only in its own gap', () => {
  record((writer) => {
    for (const state of [
      at(1, HALTED),
      at(2, RESUMED),
      at(3, { state: 'syncing', reason: 'upstream-gap' }),
      at(4, { state: 'ok', reason: 'upstream-reset' }),
      at(5, { state: 'ok', reason: 'crossed' }, true),
      at(6, HALTED, true),
      at(9, RESUMED, false),
    ])
      writer.state(SYMBOL, state);
    writer.gap({ symbol: SYMBOL, ...range([3, 4]), reason: 'upstream-gap' }, false);
    writer.gap({ symbol: SYMBOL, ...range([7, 8]), reason: 'overflow' }, false);
    // A gap of trades does not hide the book.
    writer.gap({ symbol: SYMBOL, ...range([9, 10]), reason: 'trades-overflow' }, false);
  });
  const { bands, next } = history.states.bands('one', SYMBOL, START, END);
  expect(next).toBeUndefined();
  expect(bands).toEqual([
    { ...range([1, 2]), ...HALTED, crossed: false },
    { ...range([3, 4]), state: 'stale', reason: 'upstream-gap', crossed: false },
    { ...range([5, 6]), state: 'ok', reason: 'crossed', crossed: true },
    { ...range([6, 7]), ...HALTED, crossed: true },
    { ...range([7, 8]), state: 'stale', reason: 'upstream-gap', crossed: true },
    { ...range([8, 9]), ...HALTED, crossed: true },
  ]);
  // A part of the range is cut at its ends, and starts with the state from before it.
  const part = history.states.bands('one', SYMBOL, START + 1.5 * MINUTE, START + 3.5 * MINUTE);
  expect(part.bands).toEqual([
    { ...range([1.5, 2]), ...HALTED, crossed: false },
    { ...range([3, 3.5]), state: 'stale', reason: 'upstream-gap', crossed: false },
  ]);
});

test('a response is bounded, and says where the next one starts', () => {
  record((writer) => {
    for (let i = 0; i < 2_500; i++) {
      const [state, reason] =
        i % 2 === 0 ? (['halted', 'halt'] as const) : (['ok', 'halt'] as const);
      writer.state(SYMBOL, { ...at(0, { state, reason }), time: START + 1_000 + 100 * i });
    }
  });
  const first = history.states.bands('one', SYMBOL, START, END);
  expect(first.bands.length).toBe(1_000);
  const rest = history.states.bands('one', SYMBOL, first.next ?? 0, END);
  expect(rest.next).toBeUndefined();
  const all = [...first.bands, ...rest.bands];
  expect(all.map(({ from }) => from)).toEqual(
    Array.from({ length: 1_250 }, (_, i) => START + 1_000 + 200 * i),
  );
});

test('P28a: at any time the last change before it applies; changes are in order of time', () => {
  record((writer) => {
    writer.state(SYMBOL, at(2, HALTED));
    // A change that arrives late with an earlier time gets the time of the one before it.
    writer.state(SYMBOL, at(1, RESUMED));
  });
  const time = START + 2 * MINUTE;
  expect(history.states.before('one', SYMBOL, time)).toBeUndefined();
  const late = { ...at(1, RESUMED), time };
  expect(history.states.before('one', SYMBOL, time + 1)).toEqual(late);
  expect([...history.states.statesFrom('one', SYMBOL, 0)]).toEqual([at(2, HALTED), late]);
  expect([...history.states.statesFrom('one', SYMBOL, time + 1)]).toEqual([]);
});

test('a halt after the last trade belongs to the session; one before its first event does not start it', () => {
  record((writer) => writer.state(SYMBOL, at(12, HALTED)));
  expect(history.sessions.get('one')).toMatchObject({ from: START, to: START + 12 * MINUTE });
});

test('H2: a copy includes the states, and a second copy gives the same session', () => {
  record((writer) => writer.state(SYMBOL, at(2, HALTED)));
  const other = openHistory(join(disk.folder, 'other.db'));
  try {
    const { session } = copySession(history, 'one', other, { now: END });
    expect([...other.states.statesFrom(session, SYMBOL, 0)]).toEqual([at(2, HALTED)]);
    expect(sessionDigest(other, session)).toBe(sessionDigest(history, 'one'));
    expect(copySession(history, 'one', other, { now: END }).already).toBe(true);
    // Deleting the session deletes its states.
    other.sessions.delete(session);
    expect(other.connection.prepare('select count(*) from market_state').pluck().get()).toBe(0);
  } finally {
    other.close();
  }
});

test('H4: old states go with books and trades; the last change before the cut stays, as it applies after it', () => {
  record((writer) => {
    for (const minute of [1, 2, 3, 8]) writer.state(SYMBOL, at(minute, HALTED));
  });
  const retention = new Retention(history.connection, { ageMs: 5 * MINUTE });
  while (retention.step(END) !== undefined);
  expect([...history.states.statesFrom('one', SYMBOL, 0)]).toEqual([at(3, HALTED), at(8, HALTED)]);
});

test('a read-only file of an older version has no states, and can be copied', () => {
  const old = fileURLToPath(new URL('../../fixtures/format-1.db.gz', import.meta.url));
  const path = join(disk.folder, 'old.db');
  writeFileSync(path, gunzipSync(readFileSync(old)));
  const older = openHistory(path, { readonly: true });
  try {
    const [session] = older.sessions.list();
    expect(older.states.before('old', SYMBOL, END)).toBeUndefined();
    const { from = 0, to = 0 } = session ?? {};
    // Its gaps are returned nevertheless.
    const told = older.states.bands('old', SYMBOL, from, to).bands;
    expect(told.every(({ state }) => state === 'stale')).toBe(true);
    expect(copySession(older, 'old', history, { now: END }).already).toBe(false);
    expect([...history.states.statesFrom('old', SYMBOL, 0)]).toEqual([]);
  } finally {
    older.close();
  }
});
