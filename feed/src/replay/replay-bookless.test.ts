/* Recordings without a book, or with none before a later time (P28d): not a fault, and nothing to wait for. */
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';
import type { Session } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import { TestImport } from '../../test/import/test-import.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { type ReplayRoom } from './replay-room.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestNight } from './test-night.ts';
import { TestViewer } from './test-viewer.ts';

const REPORTS = join(import.meta.dirname, '../../fixtures/reports');
const TRADES = join(REPORTS, '05-nothing-but-trades/QAEUSDT-trades-2024-08-03.csv');

const MINUTES = join(REPORTS, '04-nothing-but-candles/QADUSDT-1m-2024-08-02.csv');
const HOUR_MS = 3_600_000;
const HOURS = Array.from({ length: 6 }, (_, hour) => {
  const open = Date.UTC(2024, 7, 2, hour);
  return `${open},1.0,1.3,0.9,1.${hour},7,${open + HOUR_MS - 1},8,3,5,6,0`;
});

const rig = new TestImport();
let night: TestNight;

beforeAll(async () => {
  night = new TestNight();
  await rig.of([TRADES]);
  await rig.of([MINUTES]);
  await rig.of([rig.file('QAZUSDT-1h-2024-08-02.csv', HOURS)]);
}, 60_000);
afterAll(() => {
  night.close();
  rig.close();
});

function sessionOf(symbol: string): Session {
  return must(
    rig.history.sessions.list().find(({ symbols }) => symbols.includes(symbol)),
    symbol,
  );
}

function open(history: History, session: Session, clock: ManualClock, at: number): ReplayRoom {
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: new ChannelIds(),
    newId: () => 'r0',
    workNow: () => 0,
  });
  const room = rooms.create({ session: session.id, at });
  if ('error' in room) throw new Error(room.message);
  return room;
}

/** The last state of each kind of channel, and whether anything was announced as awaited. */
function standing(viewer: TestViewer) {
  const names = new Map<number, string>();
  const states = new Map<string, string>();
  let awaited = 0;
  for (const message of viewer.messages) {
    if (message.type === 'subscribed')
      for (const { channel, name } of message.channels)
        names.set(channel, name.slice(0, name.indexOf(':')));
    if (message.type === 'error' && message.code === 120) awaited++;
    if (message.type === 'channel-state')
      states.set(must(names.get(message.channel), 'name'), `${message.state} ${message.reason}`);
  }
  return { book: states.get('book'), trades: states.get('trades'), awaited };
}

test('P28d: a recording of trades only has no book, says so, and its tape is ok', () => {
  const { history } = rig;
  const session = sessionOf('QAEUSDT@binance');
  const clock = new ManualClock();
  const room = open(history, session, clock, session.from);
  const viewer = new TestViewer(room, clock, 'QAEUSDT@binance');
  const expected = { book: 'syncing no-book', trades: 'ok no-book', awaited: 0 };
  expect(standing(viewer)).toEqual(expected);
  for (const to of [session.from + 300_500, session.from + 1_000, session.to]) {
    viewer.say({ type: 'replay', command: 'seek', to });
    expect(standing(viewer)).toEqual(expected);
    expect(viewer.trades.length).toBe(Math.ceil((to - session.from) / 20_000));
  }
  viewer.say({ type: 'replay', command: 'seek', to: session.from });
  viewer.say({ type: 'replay', command: 'speed', value: 1_000 });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(1_000);
  expect(viewer.state?.state).toBe('ended');
  expect(viewer.trades.length).toBe(30);
  expect(standing(viewer)).toEqual(expected);
  room.close();
});

test('P28d: before the first book of a recording nothing is resynced; the book comes at its time', () => {
  const clock = new ManualClock();
  const { room, viewer } = night.open(clock, { at: night.session.from });
  expect(standing(viewer)).toEqual({
    book: 'syncing no-book-yet',
    trades: 'ok no-book-yet',
    awaited: 0,
  });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(2_000);
  expect(viewer.mirror.state).toBe('ok');
  expect(viewer.bookState).toBe('ok');
  viewer.say({ type: 'replay', command: 'seek', to: night.session.from });
  expect(standing(viewer).book).toBe('syncing no-book-yet');
  room.close();
});

test.each([
  ['QADUSDT@binance', '1m', 60_000, 60],
  ['QAZUSDT@binance', '1h', HOUR_MS, 6],
] as const)(
  'P28d, P18a: candles of a source without trades close by the clock of the replay, %s',
  (symbol, interval, lengthMs, count) => {
    const { history } = rig;
    const session = sessionOf(symbol);
    expect(history.candles.intervals(session.id, symbol)[0]).toBe(interval);
    const clock = new ManualClock();
    const room = open(history, session, clock, session.from);
    const viewer = new TestViewer(room, clock, symbol);
    viewer.say({
      type: 'subscribe',
      channels: [`candles:${symbol}:${interval === '1m' ? '5m' : interval}`, `ticker:${symbol}`],
    });
    expect(standing(viewer)).toMatchObject({ book: 'syncing no-book', trades: 'ok no-book' });
    const closed = (): number[] => [
      ...new Set(
        viewer.messages.flatMap((message) =>
          message.type === 'candle' && message.state === 'closed' ? [message.openTime] : [],
        ),
      ),
    ];
    expect(closed()).toEqual([]);
    // Half of it, minute by minute, with nothing from the future.
    for (let i = 0; i < count / 2; i++) {
      viewer.say({ type: 'replay', command: 'seek', to: session.from + (i + 1) * lengthMs - 1 });
      expect(Math.max(0, ...closed())).toBeLessThan(room.time);
      viewer.say({ type: 'replay', command: 'step', unit: 'second', count: 1 });
      if (interval === '1h') expect(closed().at(-1)).toBe(session.from + i * lengthMs);
      const ticker = viewer.messages.findLast((message) => message.type === 'ticker');
      expect(ticker?.last).toBe(
        history.candles.toldAt(session.id, symbol, room.time)?.candle.close,
      );
    }
    viewer.say({ type: 'replay', command: 'speed', value: 'max' });
    viewer.say({ type: 'replay', command: 'play' });
    clock.advance(2_000);
    expect(viewer.state?.state).toBe('ended');
    const last = viewer.messages.findLast((message) => message.type === 'candle');
    expect(last).toMatchObject({ state: 'closed' });
    expect((last?.openTime ?? 0) + (interval === '1m' ? 300_000 : lengthMs)).toBe(session.to + 1);
    room.close();
  },
);
