/*
 * H6, P28e: a replay's market has the recorded state: the same played, after a seek and joined late, since the same
 * time.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { RandomMarket } from '@tapedeck/db/test/random-market';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, recordStep, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { OrderBook } from '@tapedeck/market/book/order-book';
import {
  type RecordedState,
  rowAfter,
  type StateRecord,
} from '@tapedeck/market/instrument/recorded-state';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import type { ChannelStateMessage } from '@tapedeck/market/wire/down';

import { ChannelIds } from '../stream/channel/channel-ids.ts';
import type { ReplayRoom } from './replay-room.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestViewer } from './test-viewer.ts';

const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 31);
/** Years after the recording. */
const NOW = START + 1e11;

let disk: TestHistory;
/** A time in each recorded period, and between each two. */
let moments: number[];
beforeEach(() => {
  disk = new TestHistory();
  moments = record();
});
afterEach(() => disk.close());

/** Some minutes with halts, silences, holes and a crossed book, as a recorder writes them. */
function record(): number[] {
  const random = new Random(SEED);
  const market = new RandomMarket({ random, startTime: START, meanStepMs: 100 });
  const writer = beginRecording(disk.history);
  const mirror = new OrderBook();
  const changes: number[] = [];
  let state: RecordedState = {
    time: 0,
    state: 'ok',
    reason: 'halt',
    since: 0,
    crossedSince: undefined,
  };
  let last = START;
  const say = (change: Partial<StateRecord>): void => {
    const crossed = state.crossedSince !== undefined;
    const { state: before, reason } = state;
    state = rowAfter(state, { state: before, reason, crossed, ...change, time: last });
    writer.state(SYMBOL, state);
    changes.push(last);
  };
  let hole: number | undefined;
  for (let i = 0; i < 1_600; i++) {
    const step = market.next();
    const isFrozen = state.state !== 'ok';
    if (i > 20 && i % 100 === 0) {
      if (state.state === 'ok') {
        const kind = random.pick(['halted', 'stale', 'syncing'] as const);
        const reason = {
          halted: 'halt',
          stale: 'upstream-silent',
          syncing: 'upstream-gap',
        } as const;
        say({ state: kind, reason: reason[kind] });
        hole = kind === 'halted' ? undefined : last;
      } else {
        const { eventTime } = market.book;
        const isReset = state.state === 'syncing';
        if (hole !== undefined)
          writer.gap({ symbol: SYMBOL, from: hole, to: eventTime, reason: state.reason }, isReset);
        last = eventTime;
        writer.snapshot(SYMBOL, market.book.snapshot());
        mirror.applySnapshot(market.book.snapshot());
        say({ state: 'ok', crossed: mirror.crossed || mirror.locked });
      }
      continue;
    }
    if (isFrozen) continue;
    if (step.type === 'trade') {
      recordStep(writer, step);
      continue;
    }
    if (step.type === 'delta') {
      if (step.delta.previous !== mirror.sequence) continue;
      mirror.applyDelta(step.delta);
    } else mirror.applySnapshot(step.snapshot);
    recordStep(writer, step);
    last = mirror.eventTime;
    const crossed = mirror.crossed || mirror.locked;
    if (crossed !== (state.crossedSince !== undefined)) say({ crossed });
  }
  writer.close(last);
  return changes.flatMap((time, i) => [
    time,
    time + 1,
    Math.floor((time + (changes[i + 1] ?? time)) / 2),
  ]);
}

function open(clock: ManualClock, at: number) {
  const { history } = disk;
  const ids = new ChannelIds();
  const rooms = new ReplayRooms({ history, clock, ids, newId: () => 'r', workNow: () => 0 });
  const room = rooms.create({ session: 'one', at });
  if ('error' in room) throw new Error(room.message);
  return { room, viewer: new TestViewer(room, clock), rooms };
}

/** What a page gets of the book, and of the market itself. */
function told(room: ReplayRoom, viewer: TestViewer) {
  const market = must(room.engine.market(SYMBOL), 'the market');
  const { bids, asks, eventTime } = viewer.mirror.book.snapshot();
  const word = lastWord(viewer);
  const { state, reason, since } = market;
  return {
    book: { bids, asks, eventTime },
    state: viewer.bookState,
    // Since when it is ok is not compared: nobody shows it.
    market: state === 'ok' ? { state } : { state, reason, since },
    word: word?.state === 'ok' && word.reason !== 'crossed' ? 'ok' : word,
    crossedSince: market.crossedSince,
  };
}

/** The last state sent for the book: a snapshot means `ok`. */
function lastWord(viewer: TestViewer) {
  const message = viewer.messages.findLast(
    (each) =>
      each.type === 'book-snapshot' ||
      ((each.type === 'channel-state' || each.type === 'reset') && each.channel === bookOf(viewer)),
  );
  if (message?.type !== 'channel-state') return { state: 'ok', reason: '', since: 0 };
  const { state, reason, since } = message satisfies ChannelStateMessage;
  return { state, reason, since };
}
const bookOf = (viewer: TestViewer): number =>
  must(
    viewer.messages.find((each) => each.type === 'book-snapshot'),
    'a book',
  ).channel;

test(`P28e: state, reason, since and book are the same played, after a seek and joined late (seed ${SEED})`, () => {
  const clock = new ManualClock(NOW);
  const { room, viewer, rooms } = open(clock, must(moments[0], 'a moment'));
  const { history } = disk;
  const seen = new Set<string>();
  for (const [i, moment] of moments.toSorted((a, b) => a - b).entries()) {
    const far = moment - room.time;
    if (far > 0)
      viewer.say({ type: 'replay', command: 'step', unit: 'second', count: far / 1_000 });
    viewer.say({ type: 'replay', command: 'play' });
    while (room.time < moment) clock.advance(50);
    viewer.say({ type: 'replay', command: 'pause' });
    // Played on to a millisecond of its own; others seek or join there.
    const played = told(room, viewer);
    const other = open(new ManualClock(NOW), room.time);
    expect(told(other.room, other.viewer), `sought to ${room.time}, moment ${i}`).toEqual(played);
    const late = new TestViewer(room, clock, SYMBOL, `late-${i}`);
    expect(told(room, late), `joined at ${room.time}`).toEqual(played);
    late.leave(room);
    other.rooms.close();
    // All times are the recording's, none is today's.
    for (const message of viewer.messages)
      if (message.type === 'channel-state') expect(message.since).toBeLessThan(START + 1e9);
    // The history says the same without a replay.
    const row = history.states.before('one', SYMBOL, room.time);
    expect(played.market.state).toBe(row?.state === 'syncing' ? 'stale' : (row?.state ?? 'ok'));
    seen.add(`${played.market.state} ${row?.reason}`);
    seen.add(String(played.crossedSince === undefined ? 'apart' : 'crossed'));
  }
  expect([...seen]).toEqual(
    expect.arrayContaining(['halted halt', 'stale upstream-silent', 'stale upstream-gap', 'apart']),
  );
  rooms.close();
});

test('P16: a seek into a period that is not ok never reports its book as ok on the way', () => {
  const clock = new ManualClock(NOW);
  const { room, viewer, rooms } = open(
    clock,
    must(disk.history.sessions.get('one'), 'the session').from,
  );
  const stretches = disk.history.states.bands('one', SYMBOL, START, room.describe().to).bands;
  const troubles = stretches.filter(({ state }) => state !== 'ok');
  expect(troubles.length).toBeGreaterThan(5);
  for (const { from, to, state } of troubles) {
    const before = viewer.messages.length;
    viewer.say({ type: 'replay', command: 'seek', to: Math.floor((from + to) / 2) + 1 });
    const words = viewer.messages
      .slice(before)
      .filter((each) => each.type === 'channel-state')
      .filter(({ channel }) => channel === bookOf(viewer));
    expect(words.some((each) => each.state === 'ok')).toBe(false);
    const row = disk.history.states.before('one', SYMBOL, room.time);
    const since = words.at(-1)?.reason === 'crossed' ? row?.crossedSince : from;
    expect(words.at(-1)).toMatchObject({ state, since });
    expect(viewer.bookState).toBe(state);
    expect(viewer.mirror.book.eventTime).toBeLessThanOrEqual(from);
  }
  rooms.close();
});
