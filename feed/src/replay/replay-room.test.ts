/* One replay: what its viewers see, and what they share. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { TestNight } from './test-night.ts';
import { TestViewer } from './test-viewer.ts';

const SYMBOL = 'BTC-USD@sim';
let night: TestNight;

beforeAll(() => {
  night = new TestNight();
}, 60_000);

afterAll(() => night.close());

const contentOf = (viewer: TestViewer) => {
  const { bids, asks } = viewer.mirror.book.snapshot();
  return { bids, asks, state: viewer.mirror.state };
};

test('P28: playing to t, a seek to t and the recording at t give the same book, tape and candle (seed 3)', () => {
  const random = new Random(3);
  const clock = new ManualClock();
  const { viewer } = night.open(clock);
  viewer.say({ type: 'replay', command: 'play' });
  for (let round = 0; round < 25; round++) {
    if (round % 5 === 4) {
      const to = random.integer(night.session.from, night.session.to - 60_000);
      viewer.say({ type: 'replay', command: 'seek', to });
    }
    viewer.say({ type: 'replay', command: 'speed', value: random.pick([0.5, 1, 7, 60, 200]) });
    clock.advance(random.integer(50, 1_500));
    viewer.say({ type: 'replay', command: 'pause' });
    clock.advance(50);
    const at = viewer.clock;
    const sought = night.open(clock, { at }).viewer;
    expect(sought.clock).toBe(at);
    expect(contentOf(viewer)).toEqual(contentOf(sought));
    const recorded = must(
      night.history.books.at(SYMBOL, at, night.session.id),
      `book at ${at}`,
    ).book;
    expect(viewer.mirror.book.bids.top()).toEqual(recorded.bids.slice(0, 200));
    expect(viewer.mirror.book.asks.top()).toEqual(recorded.asks.slice(0, 200));
    expect(viewer.trades.slice(-20)).toEqual(sought.trades.slice(-20));
    expect(viewer.trades.every(([, eventTime]) => eventTime < at)).toBe(true);
    expect(viewer.candle).toEqual({ ...sought.candle, channel: viewer.candle?.channel });
    viewer.say({ type: 'replay', command: 'play' });
  }
});

test('P18a: in a replay a candle is closed by the clock of the replay, played or after a seek', () => {
  const random = new Random(5);
  const clock = new ManualClock();
  const states = new Set<string>();
  for (let round = 0; round < 40; round++) {
    const { viewer, room } = night.open(clock, {
      at: random.integer(night.session.from, night.session.to - 60_000),
    });
    viewer.say({ type: 'subscribe', channels: [`candles:${SYMBOL}:1s`] });
    viewer.say({ type: 'replay', command: 'play' });
    clock.advance(random.integer(50, 2_500));
    viewer.say({ type: 'replay', command: 'pause' });
    clock.advance(50);
    const { openTime, state } = must(viewer.candle, 'a candle');
    states.add(state);
    expect(state).toBe(openTime + 1_000 <= room.time ? 'closed' : 'forming');
    viewer.leave(room);
    room.close();
  }
  expect(states.size).toBe(2);
});

test('P25, P28: after a seek back and playing on, the ticker has nothing later than the clock', () => {
  const clock = new ManualClock();
  const { room, viewer } = night.open(clock);
  viewer.say({ type: 'subscribe', channels: [`ticker:${SYMBOL}`] });
  const ticker = () => viewer.messages.findLast((message) => message.type === 'ticker');
  viewer.say({ type: 'replay', command: 'seek', to: night.session.from + 400_000 });
  viewer.say({ type: 'replay', command: 'seek', to: night.session.from + 60_000 });
  expect(ticker()?.eventTime).toBeLessThan(night.session.from + 60_000);
  viewer.say({ type: 'replay', command: 'speed', value: 100 });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(900);
  viewer.say({ type: 'replay', command: 'pause' });
  clock.advance(50);
  const played = ticker();
  viewer.say({ type: 'replay', command: 'seek', to: viewer.clock });
  const sought = ticker();
  expect(played).toEqual(sought);
  expect(played?.eventTime).toBeLessThan(room.time);
});

test('P30: after a seek the event stream restarts and continues with what follows', () => {
  const clock = new ManualClock();
  const { room, viewer } = night.open(clock);
  const heard: string[] = [];
  room.events.listen({
    event: (event) => heard.push(event.topic),
    restarted: () => heard.push('restarted'),
    ended: () => heard.push('ended'),
  });
  viewer.say({ type: 'replay', command: 'step', unit: 'news', count: 1 });
  expect(heard).toContain('news');
  const { epoch } = room.events;
  heard.length = 0;
  viewer.say({ type: 'replay', command: 'seek', to: night.session.from });
  expect(heard).toEqual(['restarted']);
  expect(room.events.epoch).not.toBe(epoch);
  viewer.say({ type: 'replay', command: 'step', unit: 'news', count: 1 });
  expect(heard).toContain('news');
  room.close();
  expect(heard.at(-1)).toBe('ended');
});

test('P28: a seek gives a new epoch, reset with reason seek, a snapshot, then seeked', () => {
  const clock = new ManualClock();
  const { viewer } = night.open(clock);
  const { epoch } = viewer.mirror;
  viewer.messages.length = 0;
  viewer.say({ type: 'replay', id: 7, command: 'seek', to: night.session.from + 30_000 });
  const types = viewer.messages.map((message) => message.type);
  expect(types.indexOf('reset')).toBeLessThan(types.indexOf('book-snapshot'));
  expect(types.indexOf('book-snapshot')).toBeLessThan(types.indexOf('replay-state'));
  expect(viewer.messages.find((message) => message.type === 'reset')).toMatchObject({
    reason: 'seek',
  });
  expect(viewer.mirror.epoch).not.toBe(epoch);
  expect(viewer.state).toMatchObject({ id: 7, seeked: true, clock: night.session.from + 30_000 });
});

test('P26: a viewer that joins late gets the book at the clock; a room without viewers pauses', () => {
  const clock = new ManualClock();
  const { room, viewer } = night.open(clock);
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(5_000);
  const late = new TestViewer(room, clock);
  expect(contentOf(late)).toEqual(contentOf(viewer));
  expect(late.state?.state).toBe('playing');
  for (const each of [viewer, late]) {
    each.connection.closed();
    room.leave(each.connection);
  }
  const { clock: stopped, state } = room.describe();
  clock.advance(5_000);
  expect(room.describe()).toMatchObject({ clock: stopped, state: 'paused' });
  expect(state).toBe('paused');
});

test('P26a: three viewers share one clock; the first is host, and the next when it leaves', () => {
  const clock = new ManualClock();
  const { room, viewer: first } = night.open(clock);
  const second = new TestViewer(room, clock, SYMBOL, 'c2');
  first.say({ type: 'replay', command: 'speed', value: 20 });
  second.say({ type: 'replay', id: 8, command: 'play' });
  clock.advance(3_000);
  const late = new TestViewer(room, clock, SYMBOL, 'c3');
  expect(late.state).toMatchObject({ host: 'c', connections: 3, state: 'playing', speed: 20 });
  clock.advance(3_000);
  late.say({ type: 'replay', command: 'pause' });
  clock.advance(50);
  for (const viewer of [first, second]) {
    expect(viewer.state).toEqual(late.state);
    expect(viewer.content).toEqual(late.content);
    expect(viewer.trades.slice(-20)).toEqual(late.trades.slice(-20));
  }
  first.leave(room);
  expect(late.state).toMatchObject({ host: 'c2', connections: 2 });
  second.leave(room);
  expect(late.state).toMatchObject({ host: 'c3', connections: 1 });
  expect(room.describe()).toMatchObject({ host: 'c3', connections: 1 });
  late.say({ type: 'replay', command: 'play' });
  late.leave(room);
  // Leaving twice has no further effect.
  late.leave(room);
  expect(room.describe()).toMatchObject({ state: 'paused', connections: 0 });
  expect(room.describe()).not.toHaveProperty('host');
});

test('rooms that stay empty are swept, and their number is bounded', () => {
  const clock = new ManualClock();
  const { rooms } = night.open(clock);
  for (let i = 1; i < 32; i++)
    expect(rooms.create({ session: night.session.id })).toHaveProperty('id');
  expect(rooms.create({ session: night.session.id })).toMatchObject({ error: 'tooManyRequests' });
  clock.advance(300_000);
  expect(rooms.list().length).toBeLessThanOrEqual(1);
});
