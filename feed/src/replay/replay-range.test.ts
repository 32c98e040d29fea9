/* P26: a replay plays the whole requested range, or the request is refused; nothing is cut silently. */

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, START } from '@tapedeck/db/test/test-recording';
import { ManualClock } from '@tapedeck/market/time/clock';
import type { CreateReplay } from '@tapedeck/market/wire/http';

import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { ReplayRooms } from './replay-rooms.ts';

const NOW = START + 1_000_000;
let disk: TestHistory;
let history: History;
let rooms: ReplayRooms;

/** A session of one symbol, with or without a book, from its first to its last event. */
function record(
  id: string,
  symbol: string,
  {
    from,
    to,
    book = true,
    open = false,
  }: { from: number; to: number; book?: boolean; open?: boolean },
): void {
  const writer = beginRecording(history, {
    id,
    now: from,
    instrument: { symbol, venue: 'sim', base: 'A', quote: 'B', tickSize: '1', lotSize: '1' },
  });
  const trade = { sequence: 1, priceTicks: 5, sizeLots: 1, aggressor: 'buy' as const };
  writer.trade(symbol, { ...trade, eventTime: from });
  if (book) {
    const times = { eventTime: from, receiveTime: from };
    writer.snapshot(symbol, { sequence: 1, ...times, bids: [[4, 1]], asks: [[6, 1]] });
    writer.delta(symbol, { previous: 1, sequence: 2, ...times, bids: [[4, 2]], asks: [] });
  }
  writer.trade(symbol, { ...trade, sequence: 2, eventTime: to });
  if (open) writer.flush({ partial: true, now: to });
  else writer.close(to);
}

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
  record('one', 'A-B@sim', { from: START, to: START + 100_000 });
  record('two', 'A-B@sim', { from: START + 200_000, to: START + 300_000 });
  const clock = new ManualClock(NOW);
  const ids = new ChannelIds();
  rooms = new ReplayRooms({ history, clock, ids, newId: () => 'r', workNow: () => 0 });
});

afterEach(() => {
  rooms.close();
  disk.close();
});

function made(request: CreateReplay) {
  const room = rooms.create(request);
  return 'error' in room ? room : room.describe();
}

test('a range within one session is played whole', () => {
  const range = { from: START + 210_000, to: START + 290_000 };
  expect(made(range)).toMatchObject({ session: 'two', from: range.from, to: range.to + 1 });
  expect(made({ ...range, session: 'two' })).toMatchObject({ from: range.from, to: range.to + 1 });
  const all = { from: START, to: START + 100_001 };
  expect(made(all)).toMatchObject({ session: 'one', ...all });
});

test.each([
  ['two sessions', 0, 300_000, /^to: \d+ is after session one.*; two is from \d+ to \d+$/],
  ['the time before', -9_000_000, 50_000, /^from: \d+ is before session one, which begins at \d+/],
  ['the time after', 250_000, 300_002, /^to: \d+ is after session two, which ends at \d+/],
] as const)('a range that includes %s is refused, naming the field', (_, from, to, message) => {
  expect(made({ from: START + from, to: START + to })).toMatchObject({
    error: 'badRequest',
    message: expect.stringMatching(message),
  });
});

test('a range that leaves the named session is refused too', () => {
  expect(made({ session: 'one', from: START - 1, to: START + 9 })).toMatchObject({
    error: 'badRequest',
    message: `from: ${START - 1} is before session one, which begins at ${START}`,
  });
  expect(made({ session: 'one', to: START + 200_000 })).toMatchObject({
    error: 'badRequest',
    message: `to: ${START + 200_000} is after session one, which ends at ${START + 100_000}`,
  });
});

test('a range may end between the last event of a session being recorded and now', () => {
  record('now', 'A-B@sim', { from: NOW - 50_000, to: NOW - 2_000, open: true });
  expect(made({ from: NOW - 20_000, to: NOW })).toMatchObject({ session: 'now', to: NOW - 1_999 });
  expect(made({ from: NOW - 20_000, to: NOW + 1 })).toMatchObject({ error: 'badRequest' });
});

test('of several sessions with the range, the one with books and the requested symbols is played', () => {
  record('tape', 'A-B@sim', { from: START - 5, to: START + 100_005, book: false });
  record('other', 'C-D@sim', { from: START - 5, to: START + 150_000, book: false });
  const range = { from: START + 10, to: START + 90_000 };
  expect(made(range)).toMatchObject({ session: 'one' });
  expect(made({ ...range, symbols: ['C-D@sim'] })).toMatchObject({ session: 'other' });
  expect(made({ ...range, symbols: ['E-F@sim'] })).toMatchObject({
    error: 'unknown',
    message: expect.stringContaining('nothing is recorded for E-F@sim'),
  });
});
