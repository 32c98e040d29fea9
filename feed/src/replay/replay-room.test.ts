import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type History, openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/assert';
import { BookMirror } from '@tapedeck/market/book-mirror';
import { ManualClock } from '@tapedeck/market/clock';
import { Random } from '@tapedeck/market/random';
import type { Session } from '@tapedeck/market/session';
import { decodeDown } from '@tapedeck/market/wire/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { ReplayStateMessage } from '@tapedeck/market/wire/replay';
import type { CandleMessage, TradeTuple } from '@tapedeck/market/wire/tape';

import { simulatorWithHistory } from '../source/backfilled-history.ts';
import { ChannelIds } from '../stream/channel-ids.ts';
import { Connection } from '../stream/connection.ts';
import { LIMITS } from '../stream/limits.ts';
import { StreamCounters } from '../stream/stream-counters.ts';
import { JSON_FORM } from '../stream/wire-form.ts';
import type { ReplayRoom } from './replay-room.ts';
import { ReplayRooms } from './replay-rooms.ts';

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

/** One viewer of a replay: everything it was told, and the book that follows from it. */
class Viewer {
  readonly mirror = new BookMirror();
  readonly messages: DownMessage[] = [];
  state: ReplayStateMessage | undefined;
  trades: TradeTuple[] = [];
  forming: CandleMessage | undefined;
  frames = 0;
  readonly connection: Connection;
  #book = 0;

  constructor(room: ReplayRoom, clock: ManualClock) {
    this.connection = new Connection({
      id: 'c',
      socket: {
        send: ({ payload }) => this.#read(payload.toString()),
        close: () => {},
        terminate: () => {},
        bufferedAmount: 0,
      },
      form: JSON_FORM,
      hub: room.hub,
      clock,
      limits: { ...LIMITS, messagesPerSecond: 1e6, burst: 1e6 },
      counters: new StreamCounters(),
      epoch: room.epoch,
      build: 'test',
      mode: 'replay',
      command: (command) => room.command(command),
    });
    room.join(this.connection);
    const channels = [`book:${SYMBOL}:200:100ms`, `trades:${SYMBOL}`, `candles:${SYMBOL}:1m`];
    this.say({ type: 'subscribe', channels });
  }

  say(message: object): void {
    this.connection.receive(JSON.stringify(message));
  }

  get clock(): number {
    return must(this.state, 'a replay-state').clock;
  }

  #read(frame: string): void {
    this.frames++;
    for (const message of decodeDown(frame)) {
      this.messages.push(message);
      if (message.type === 'subscribed') this.#book = must(message.channels[0], 'book').channel;
      if (message.type === 'replay-state') this.state = message;
      if (message.type === 'reset' && message.channel === this.#book)
        this.mirror.reset(message.reason);
      if (message.type === 'book-snapshot') this.mirror.applySnapshot(message);
      if (message.type === 'book-delta') expect(this.mirror.applyDelta(message)).toBe('applied');
      if (message.type === 'trades') {
        if (message.epoch !== undefined) this.trades = [];
        this.trades.push(...message.trades);
      }
      if (message.type === 'candle' && message.state === 'forming') this.forming = message;
    }
  }
}

function open(
  clock: ManualClock,
  at?: number,
): { room: ReplayRoom; viewer: Viewer; rooms: ReplayRooms } {
  let id = 0;
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: new ChannelIds(),
    newId: () => `r${id++}`,
    workNow: () => 0,
  });
  const room = rooms.create({ session: session.id, ...(at === undefined ? {} : { at }) });
  if ('error' in room) throw new Error(room.message);
  return { room, viewer: new Viewer(room, clock), rooms };
}

const contentOf = (viewer: Viewer) => {
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
    expect(viewer.forming).toEqual({ ...sought.forming, channel: viewer.forming?.channel });
    viewer.say({ type: 'replay', command: 'play' });
  }
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
  const late = new Viewer(room, clock);
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

test('rooms that stay empty are swept, and their number is bounded', () => {
  const clock = new ManualClock();
  const { rooms } = open(clock);
  for (let i = 1; i < 32; i++) expect(rooms.create({ session: session.id })).toHaveProperty('id');
  expect(rooms.create({ session: session.id })).toMatchObject({ error: 'tooManyRequests' });
  clock.advance(300_000);
  expect(rooms.list().length).toBeLessThanOrEqual(1);
});
