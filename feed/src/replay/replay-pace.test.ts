/* The pace of a replay (P27, P29, P29a). */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import { TestNight } from './test-night.ts';

const SYMBOL = 'BTC-USD@sim';
let night: TestNight;

beforeAll(() => {
  night = new TestNight();
}, 60_000);

afterAll(() => night.close());

test('P27: the clock runs at the requested speed, and the number of frames does not grow with it', () => {
  const clock = new ManualClock();
  const frames: number[] = [];
  for (const speed of [1, 10, 100]) {
    const { viewer } = night.open(clock);
    viewer.say({ type: 'replay', command: 'speed', value: speed });
    viewer.say({ type: 'replay', command: 'play' });
    const from = viewer.clock;
    const before = viewer.frames;
    clock.advance(4_000);
    viewer.say({ type: 'replay', command: 'pause' });
    expect(viewer.clock - from).toBeGreaterThanOrEqual(3_900 * speed);
    expect(viewer.clock - from).toBeLessThanOrEqual(4_000 * speed);
    frames.push(viewer.frames - before);
  }
  expect(Math.max(...frames)).toBeLessThanOrEqual(4_000 / 50 + 40);
});

test('P29: at max it ends at the end of the session with its last book', () => {
  const clock = new ManualClock();
  const { viewer } = night.open(clock);
  viewer.say({ type: 'replay', command: 'speed', value: 'max' });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(200);
  expect(viewer.state).toMatchObject({ state: 'ended', speed: 'max', clock: night.session.to + 1 });
  const last = must(
    night.history.books.at(SYMBOL, night.session.to + 1, night.session.id),
    'the last book',
  ).book;
  expect(viewer.mirror.book.bids.top()).toEqual(last.bids.slice(0, 200));
  viewer.say({ type: 'replay', id: 4, command: 'play' });
  expect(viewer.messages.at(-1)).toMatchObject({ type: 'error', id: 4, code: 130 });
  viewer.say({ type: 'replay', command: 'seek', to: night.session.from + 5_000 });
  expect(viewer.state).toMatchObject({ state: 'paused', seeked: true });
});

test('P29, P29a: work that is never done in time causes buffering, holds the clock, and shows as drift', () => {
  const clock = new ManualClock();
  let isBusy = true;
  // Every reading of the clock says that the budget is used up.
  let watch = 0;
  const { room, viewer, rooms } = night.open(clock, {
    workNow: () => (isBusy ? (watch += 1_000) : watch),
  });
  viewer.say({ type: 'replay', command: 'speed', value: 1_000 });
  viewer.say({ type: 'replay', command: 'play' });
  const from = viewer.clock;
  clock.advance(600);
  expect(viewer.state?.state).toBe('buffering');
  expect(viewer.clock - from).toBeLessThan(600_000);
  expect(rooms.figures()).toMatchObject({ rooms: 1, playing: 1, connections: 1 });
  expect(rooms.figures().driftMs).toBeGreaterThan(100);
  expect(viewer.mirror.state).toBe('ok');
  isBusy = false;
  viewer.say({ type: 'replay', command: 'speed', value: 1 });
  clock.advance(600);
  expect(viewer.state?.state).toBe('playing');
  expect(room.driftMs).toBe(0);
});

test('P27: events of one time come in one slice, quiet periods stay quiet', () => {
  const clock = new ManualClock();
  const { viewer } = night.open(clock);
  const trades = [...night.history.trades.tradesFrom(night.session.id, SYMBOL, night.session.from)];
  viewer.say({ type: 'replay', command: 'play' });
  const wallStart = clock.now();
  const start = viewer.clock;
  let seen = viewer.trades.length;
  for (let slice = 0; slice < 400; slice++) {
    clock.advance(50);
    const due = start + (clock.now() - wallStart);
    for (const [sequence, eventTime] of viewer.trades.slice(seen)) {
      // Never before its time, and in the slice of its time.
      expect(eventTime).toBeLessThan(due);
      expect(eventTime).toBeGreaterThanOrEqual(due - 100);
      expect(sequence).toBe(trades[seen]?.sequence);
      seen++;
    }
  }
  expect(seen).toBeGreaterThan(20);
});
