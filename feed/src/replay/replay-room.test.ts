import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type History, openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/assert';
import { ManualClock } from '@tapedeck/market/clock';
import { Random } from '@tapedeck/market/random';
import type { Session } from '@tapedeck/market/session';

import { simulatorWithHistory } from '../source/backfilled-history.ts';
import { ChannelIds } from '../stream/channel-ids.ts';
import type { ReplayRoom } from './replay-room.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestViewer } from './test-viewer.ts';

const SYMBOL = 'BTC-USD@sim';
let folder: string;
let history: History;
let session: Session;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-replay-'));
  history = openHistory(join(folder, 'history.db'));
  simulatorWithHistory(history, {
    seed: 11,
    scenario: 'normal',
    speed: 1,
    clock: new ManualClock(1_760_000_000_000),
  }).close();
  session = must(history.sessions.list()[0], 'the back-filled session');
}, 60_000);

afterAll(() => {
  history.close();
  rmSync(folder, { recursive: true });
});

function open(
  clock: ManualClock,
  at?: number,
  workNow = () => 0,
): { room: ReplayRoom; viewer: TestViewer; rooms: ReplayRooms } {
  let id = 0;
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: new ChannelIds(),
    newId: () => `r${id++}`,
    workNow,
  });
  const room = rooms.create({ session: session.id, ...(at === undefined ? {} : { at }) });
  if ('error' in room) throw new Error(room.message);
  return { room, viewer: new TestViewer(room, clock), rooms };
}

const contentOf = (viewer: TestViewer) => {
  const { bids, asks } = viewer.mirror.book.snapshot();
  return { bids, asks, state: viewer.mirror.state };
};

test('P28: played to t, sought to t and recorded at t are one book, one tape, one candle (seed 3)', () => {
  const random = new Random(3);
  const clock = new ManualClock();
  const { viewer } = open(clock);
  viewer.say({ type: 'replay', command: 'play' });
  for (let round = 0; round < 25; round++) {
    if (round % 5 === 4) {
      const to = random.integer(session.from, session.to - 60_000);
      viewer.say({ type: 'replay', command: 'seek', to });
    }
    viewer.say({ type: 'replay', command: 'speed', value: random.pick([0.5, 1, 7, 60, 200]) });
    clock.advance(random.integer(50, 1_500));
    viewer.say({ type: 'replay', command: 'pause' });
    clock.advance(50);
    const at = viewer.clock;
    const sought = open(clock, at).viewer;
    expect(sought.clock).toBe(at);
    expect(contentOf(viewer)).toEqual(contentOf(sought));
    const recorded = must(history.books.at(SYMBOL, at, session.id), `book at ${at}`).book;
    expect(viewer.mirror.book.bids.top()).toEqual(recorded.bids.slice(0, 200));
    expect(viewer.mirror.book.asks.top()).toEqual(recorded.asks.slice(0, 200));
    expect(viewer.trades.slice(-20)).toEqual(sought.trades.slice(-20));
    expect(viewer.trades.every(([, eventTime]) => eventTime < at)).toBe(true);
    expect(viewer.candle).toEqual({ ...sought.candle, channel: viewer.candle?.channel });
    viewer.say({ type: 'replay', command: 'play' });
  }
});

test('P18a: in a replay a candle is closed by the clock of the replay, played or sought', () => {
  const random = new Random(5);
  const clock = new ManualClock();
  const states = new Set<string>();
  for (let round = 0; round < 40; round++) {
    const { viewer, room } = open(clock, random.integer(session.from, session.to - 60_000));
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

test('P25, P28: sought back and played on, the ticker knows nothing later than the clock', () => {
  const clock = new ManualClock();
  const { room, viewer } = open(clock);
  viewer.say({ type: 'subscribe', channels: [`ticker:${SYMBOL}`] });
  const ticker = () => viewer.messages.findLast((message) => message.type === 'ticker');
  viewer.say({ type: 'replay', command: 'seek', to: session.from + 400_000 });
  viewer.say({ type: 'replay', command: 'seek', to: session.from + 60_000 });
  expect(ticker()?.eventTime).toBeLessThan(session.from + 60_000);
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

test('P30: after a seek the event stream begins anew and goes on with what follows', () => {
  const clock = new ManualClock();
  const { room, viewer } = open(clock);
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
  viewer.say({ type: 'replay', command: 'seek', to: session.from });
  expect(heard).toEqual(['restarted']);
  expect(room.events.epoch).not.toBe(epoch);
  viewer.say({ type: 'replay', command: 'step', unit: 'news', count: 1 });
  expect(heard).toContain('news');
  room.close();
  expect(heard.at(-1)).toBe('ended');
});

test('P27: the clock runs at the speed asked for, and frames do not grow with it', () => {
  const clock = new ManualClock();
  const frames: number[] = [];
  for (const speed of [1, 10, 100]) {
    const { viewer } = open(clock);
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
  const { viewer } = open(clock);
  viewer.say({ type: 'replay', command: 'speed', value: 'max' });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(200);
  expect(viewer.state).toMatchObject({ state: 'ended', speed: 'max', clock: session.to + 1 });
  const last = must(history.books.at(SYMBOL, session.to + 1, session.id), 'the last book').book;
  expect(viewer.mirror.book.bids.top()).toEqual(last.bids.slice(0, 200));
  viewer.say({ type: 'replay', id: 4, command: 'play' });
  expect(viewer.messages.at(-1)).toMatchObject({ type: 'error', id: 4, code: 130 });
  viewer.say({ type: 'replay', command: 'seek', to: session.from + 5_000 });
  expect(viewer.state).toMatchObject({ state: 'paused', seeked: true });
});

test('P28: a seek gives a new epoch, reset with reason seek, a snapshot, then seeked', () => {
  const clock = new ManualClock();
  const { viewer } = open(clock);
  const { epoch } = viewer.mirror;
  viewer.messages.length = 0;
  viewer.say({ type: 'replay', id: 7, command: 'seek', to: session.from + 30_000 });
  const types = viewer.messages.map((message) => message.type);
  expect(types.indexOf('reset')).toBeLessThan(types.indexOf('book-snapshot'));
  expect(types.indexOf('book-snapshot')).toBeLessThan(types.indexOf('replay-state'));
  expect(viewer.messages.find((message) => message.type === 'reset')).toMatchObject({
    reason: 'seek',
  });
  expect(viewer.mirror.epoch).not.toBe(epoch);
  expect(viewer.state).toMatchObject({ id: 7, seeked: true, clock: session.from + 30_000 });
});

test('P29: steps go forth and back by event, trade, second, minute and news', () => {
  const clock = new ManualClock();
  const { viewer } = open(clock, session.from + 120_000);
  const step = (unit: string, count: number): number => {
    viewer.say({ type: 'replay', command: 'step', unit, count });
    expect(viewer.state?.state).toBe('paused');
    return viewer.clock;
  };
  const start = viewer.clock;
  expect(step('second', 1)).toBe(start + 1_000);
  expect(step('minute', -1)).toBe(start - 59_000);
  expect(step('minute', 1)).toBe(start + 1_000);
  const onTrade = step('trade', 1);
  expect(onTrade).toBeGreaterThan(start + 1_000);
  const next = step('trade', 1);
  expect(next).toBeGreaterThan(onTrade);
  expect(step('trade', -1)).toBe(onTrade);
  const onEvent = step('event', 1);
  expect(onEvent).toBeGreaterThan(onTrade);
  expect(step('event', -1)).toBe(onTrade);
  expect(step('minute', -1_000)).toBe(session.from);
});

test('P29b: where no headline is left a step says so, and the clock stays', () => {
  const { viewer } = open(new ManualClock());
  const step = (count: number): string | undefined => {
    viewer.say({ type: 'replay', id: 3, command: 'step', unit: 'news', count });
    const answer = viewer.messages.at(-1);
    return answer?.type === 'error' ? answer.message : undefined;
  };
  expect(step(-1)).toBe(`unit: there is no news before ${viewer.clock}`);
  expect(viewer.clock).toBe(session.from);
  // More than there are: the last of them.
  expect(step(1_000)).toBeUndefined();
  const onLast = viewer.clock;
  expect(onLast).toBeLessThan(session.to);
  expect(step(1)).toBe(`unit: there is no news after ${onLast}`);
  expect(viewer.clock).toBe(onLast);
  expect(viewer.state?.state).toBe('paused');
  // From beyond it one step back stands on it.
  viewer.say({ type: 'replay', command: 'seek', to: onLast + 500 });
  expect(step(-1)).toBeUndefined();
  expect(viewer.clock).toBe(onLast);
});

test.each([
  [{ command: 'seek', to: 5 }, 'outside of the session'],
  [{ command: 'speed', value: 0.01 }, 'value'],
  [{ command: 'step', unit: 'lightyear' }, 'unit'],
  [{ command: 'live' }, 'live'],
])('the command %j is error 130 naming %s', (command, named) => {
  const { viewer } = open(new ManualClock());
  viewer.say({ type: 'replay', id: 3, ...command });
  const error = viewer.messages.at(-1);
  expect(error).toMatchObject({ type: 'error', id: 3, code: 130 });
  expect((error as { message: string }).message).toContain(named);
});

test('P26: one who joins late gets the book at the clock; a room that nobody watches pauses', () => {
  const clock = new ManualClock();
  const { room, viewer } = open(clock);
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

test('P26a: three watch one clock; the first is host, and the next when it leaves', () => {
  const clock = new ManualClock();
  const { room, viewer: first } = open(clock);
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
  // Leaving twice is leaving once.
  late.leave(room);
  expect(room.describe()).toMatchObject({ state: 'paused', connections: 0 });
  expect(room.describe()).not.toHaveProperty('host');
});

test('P29, P29a: work that is never done in time is buffering, holds the clock, and is told as drift', () => {
  const clock = new ManualClock();
  let isBusy = true;
  // Every look at the watch says that the share is used up.
  let watch = 0;
  const { room, viewer, rooms } = open(clock, undefined, () => (isBusy ? (watch += 1_000) : watch));
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

test('P27: what the market did in one moment comes in one slice, quiet stretches stay quiet', () => {
  const clock = new ManualClock();
  const { viewer } = open(clock);
  const trades = [...history.trades.tradesFrom(session.id, SYMBOL, session.from)];
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

test('P29: a far step seeks, and what was stepped to still happens before the viewer', () => {
  const clock = new ManualClock();
  const { viewer } = open(clock);
  const before = viewer.mirror.epoch;
  viewer.say({ type: 'replay', command: 'step', unit: 'minute', count: 5 });
  expect(viewer.state).toMatchObject({ seeked: true, clock: session.from + 300_000 });
  expect(viewer.mirror.epoch).not.toBe(before);
  const sought = open(clock, session.from + 300_000).viewer;
  expect(viewer.content).toEqual(sought.content);
  viewer.say({ type: 'replay', command: 'step', unit: 'trade', count: 1_000 });
  const last = viewer.trades.at(-1);
  expect(last?.[1]).toBe(viewer.clock - 1);
});

test('P29: whatever is asked for, the clock stays within the session', () => {
  const random = new Random(41);
  const clock = new ManualClock();
  const { viewer } = open(clock);
  for (let i = 0; i < 120; i++) {
    viewer.say(
      random.pick([
        { type: 'replay', command: 'play' },
        { type: 'replay', command: 'pause' },
        { type: 'replay', command: 'speed', value: random.pick([0.1, 1, 30, 1_000, 'max']) },
        { type: 'replay', command: 'seek', to: random.integer(session.from - 9, session.to + 9) },
        { type: 'replay', command: 'seek', to: session.to + 1 },
        {
          type: 'replay',
          command: 'step',
          unit: random.pick(['event', 'trade', 'second', 'minute', 'news']),
          count: random.pick([-300, -3, -1, 1, 3, 300]),
        },
      ]),
    );
    clock.advance(random.pick([0, 50, 300]));
    expect(viewer.clock).toBeGreaterThanOrEqual(session.from);
    expect(viewer.clock).toBeLessThanOrEqual(session.to + 1);
    // Before the first event there is no book; after it there always is one.
    expect(viewer.mirror.state).toBe(viewer.clock > session.from ? 'ok' : 'syncing');
  }
  // Back from the end it plays again.
  viewer.say({ type: 'replay', command: 'seek', to: session.to + 1 });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(100);
  expect(viewer.state?.state).toBe('ended');
  viewer.say({ type: 'replay', command: 'step', unit: 'second', count: -1 });
  viewer.say({ type: 'replay', command: 'speed', value: 1 });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(200);
  expect(viewer.state).toMatchObject({ state: 'playing' });
});

test('rooms that stay empty are swept, and their number is bounded', () => {
  const clock = new ManualClock();
  const { rooms } = open(clock);
  for (let i = 1; i < 32; i++) expect(rooms.create({ session: session.id })).toHaveProperty('id');
  expect(rooms.create({ session: session.id })).toMatchObject({ error: 'tooManyRequests' });
  clock.advance(300_000);
  expect(rooms.list().length).toBeLessThanOrEqual(1);
});
