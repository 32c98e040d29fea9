/* P29d: a replay of a session that is still being recorded. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { RandomMarket } from '@tapedeck/db/test/random-market';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, recordStep, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestViewer } from './test-viewer.ts';

let disk: TestHistory;
let writer: SessionWriter;
let market: RandomMarket;

beforeEach(() => {
  disk = new TestHistory();
  writer = beginRecording(disk.history);
  market = new RandomMarket({ random: new Random(8), startTime: START, meanStepMs: 50 });
});
afterEach(() => disk.close());

/** The market continues until then, and all of it is on disk. */
function recordUntil(time: number): void {
  while (market.book.eventTime < time) recordStep(writer, market.next());
  writer.flush({ partial: true, now: time });
}

test('P29d: at the end of the recorded data a replay waits, and continues as more is recorded (seed 8)', () => {
  const { history } = disk;
  recordUntil(START + 20_000);
  const clock = new ManualClock(START + 20_000);
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: new ChannelIds(),
    newId: () => 'r',
    workNow: () => 0,
  });
  const room = rooms.create({ session: 'one', at: START + 18_000 });
  if ('error' in room) throw new Error(room.message);
  const viewer = new TestViewer(room, clock);
  viewer.say({ type: 'replay', command: 'speed', value: 10 });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(2_000);
  const first = viewer.state;
  expect(first).toMatchObject({ state: 'playing', clock: first?.to });
  for (let second = 21; second <= 40; second++) {
    recordUntil(START + second * 1_000);
    clock.advance(1_000);
    expect(viewer.state?.state).toBe('playing');
    const at = viewer.clock;
    expect(at).toBeGreaterThan(START + second * 1_000 - 4_000);
    const recorded = history.books.at(SYMBOL, at, 'one')?.book;
    expect(viewer.content.bids).toEqual(recorded?.bids.slice(0, 200));
    expect(viewer.content.asks).toEqual(recorded?.asks.slice(0, 200));
  }
  const tape = [...history.trades.tradesFrom('one', SYMBOL, 0)].filter(
    ({ eventTime }) => eventTime < viewer.clock && eventTime >= START + 18_000,
  );
  expect(viewer.trades.slice(-tape.length).map(([, time]) => time)).toEqual(
    tape.map(({ eventTime }) => eventTime),
  );
  writer.close(START + 40_000);
  clock.advance(2_000);
  expect(viewer.state).toMatchObject({
    state: 'ended',
    clock: history.sessions.endOf('one') + 1,
  });
  rooms.close();
});

test('P29d: while paused the end grows too; an explicit range stays as it is', () => {
  recordUntil(START + 5_000);
  const { history } = disk;
  const clock = new ManualClock(START + 5_000);
  let id = 0;
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: new ChannelIds(),
    newId: () => `r${id++}`,
    workNow: () => 0,
  });
  const open = (to?: number): TestViewer => {
    const room = rooms.create({ session: 'one', ...(to === undefined ? {} : { to }) });
    if ('error' in room) throw new Error(room.message);
    return new TestViewer(room, clock);
  };
  const [growing, fixed] = [open(), open(START + 4_000)];
  recordUntil(START + 60_000);
  clock.advance(1_000);
  expect(growing.state?.to).toBeGreaterThan(START + 58_000);
  expect(growing.state?.state).toBe('paused');
  expect(fixed.state?.to).toBe(START + 4_001);
  growing.say({ type: 'replay', command: 'seek', to: START + 55_000 });
  expect(growing.clock).toBe(START + 55_000);
  rooms.close();
});
