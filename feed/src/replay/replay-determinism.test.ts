/* P28: a replay is a function of its session, its clock and its commands. */

import { afterAll, beforeAll, expect, test } from 'vitest';

import { DamagedStretches } from '@tapedeck/db/check/damaged-stretches';
import type { History } from '@tapedeck/db/history';
import { RandomMarket } from '@tapedeck/db/test/random-market';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { Gap } from '@tapedeck/market/instrument/session';
import type { Session } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestViewer } from './test-viewer.ts';

const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 77);
let disk: TestHistory;
let history: History;
let session: Session;
/** The whole book before a time, as recorded; undefined if unknown. */
let truthAt: (at: number) => OrderBook | undefined;
/** One segment truncated, one missing. */
let damages: readonly Gap[];

beforeAll(() => {
  disk = new TestHistory();
  history = disk.history;
  truthAt = record();
  session = must(history.sessions.get('one'), 'the session');
});

afterAll(() => {
  disk.close();
});

/**
 * Half an hour with every edge case: late trades, resets, holes that break the book and holes that do not, damage.
 */
function record(): typeof truthAt {
  const random = new Random(SEED);
  const market = new RandomMarket({
    random,
    startTime: START,
    meanStepMs: 300,
    snapshots: 0.001,
    lateTrades: 0.02,
  });
  const writer = beginRecording(history);
  const changes: { readonly time: number; readonly apply: (book: OrderBook) => void }[] = [];
  let time = START;
  let brokenFrom: number | undefined;
  for (let i = 0; i < 6_000; i++) {
    const step = market.next();
    if (step.type === 'trade') {
      writer.trade(SYMBOL, step.trade);
      continue;
    }
    if (brokenFrom === undefined && i > 50 && random.chance(0.002)) {
      if (random.chance(0.5)) brokenFrom = time;
      else {
        const reason = random.pick(['upstream-silent', 'trades-overflow'] as const);
        writer.gap({ symbol: SYMBOL, from: time, to: time + 2_000, reason }, false);
      }
    }
    const next = step.type === 'snapshot' ? step.snapshot : step.delta;
    time = Math.max(time, next.eventTime);
    if (brokenFrom !== undefined) {
      // Lost until the feed gets a whole book.
      if (time - brokenFrom < 8_000) continue;
      const gap = { symbol: SYMBOL, from: brokenFrom, to: time, reason: 'overflow' } as const;
      writer.gap(gap, true);
      brokenFrom = undefined;
      const snapshot = { ...market.book.snapshot(), eventTime: time };
      writer.snapshot(SYMBOL, snapshot);
      changes.push({ time, apply: (book) => book.applySnapshot(snapshot) });
    } else if (step.type === 'snapshot') {
      writer.snapshot(SYMBOL, step.snapshot);
      changes.push({ time, apply: (book) => book.applySnapshot(step.snapshot) });
    } else {
      writer.delta(SYMBOL, step.delta);
      changes.push({ time, apply: (book) => book.applyDelta(step.delta) });
    }
  }
  writer.close(time);
  const segments = [...history.books.segmentsFrom('one', SYMBOL, 0)];
  const hit = segments.slice(40, 43);
  for (const { id } of hit) {
    history.connection
      .prepare('update segment set deltas = substr(deltas, 1, length(deltas) - 2) where id = ?')
      .run(id);
  }
  // Between two consecutive segments, so that the next one proves that it existed.
  const lost = segments.findIndex(
    ({ continues }, i) => i >= 20 && continues && segments[i + 1]?.continues === true,
  );
  const before = must(segments[lost - 1], 'the one before');
  history.connection.prepare('delete from segment where id = ?').run(segments[lost]?.id);
  // The following segments depend on them until the next full keyframe.
  const stretches = new DamagedStretches(SYMBOL, history.sessions.endOf('one') + 1);
  for (const scanned of history.books.scan('one', SYMBOL)) stretches.add(scanned);
  const { startTime } = must(hit[0], 'a segment');
  damages = [startTime, before.endTime].map((start) =>
    must(
      stretches.holes.find(({ from }) => from === start),
      'the damage',
    ),
  );
  return (at) => {
    const book = new OrderBook();
    for (const change of changes) {
      if (change.time >= at) break;
      change.apply(book);
    }
    return book;
  };
}

function room(clock: ManualClock, at?: number, id = 'one') {
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: new ChannelIds(),
    newId: () => 'r',
    workNow: () => 0,
  });
  const made = rooms.create({ session: id, ...(at === undefined ? {} : { at }) });
  if ('error' in made) throw new Error(made.message);
  return { made, viewer: new TestViewer(made, clock) };
}

/** Random commands, the same for the same seed. */
function* commands(seed: number, count: number): Generator<object> {
  const random = new Random(seed);
  for (let i = 0; i < count; i++) {
    yield random.pick([
      { command: 'play' },
      { command: 'play' },
      { command: 'pause' },
      { command: 'speed', value: random.pick([0.5, 1, 20, 300, 'max']) },
      { command: 'seek', to: random.integer(session.from, session.to) },
      { command: 'step', unit: 'event', count: random.integer(1, 30) },
      { command: 'step', unit: 'trade', count: random.pick([-7, -1, 1, 7]) },
      { command: 'step', unit: 'second', count: random.pick([-30, 1, 90]) },
    ]);
  }
}

test(`the same session, clock and commands give the same bytes (seed ${SEED})`, () => {
  const run = (): string => {
    const clock = new ManualClock(START + 1e9);
    const random = new Random(SEED);
    const { viewer } = room(clock);
    for (const command of commands(SEED + 1, 120)) {
      viewer.say({ type: 'replay', id: 1, ...command });
      clock.advance(random.integer(0, 400));
    }
    return viewer.texts.join('\n\n');
  };
  const first = run();
  expect(first.length).toBeGreaterThan(100_000);
  expect(run()).toBe(first);
});

test(`P16, P28: played or after a seek, through holes and damage: the same book and state, and none is ok that is not exact (seed ${SEED})`, () => {
  const clock = new ManualClock(START + 1e9);
  const random = new Random(SEED + 5);
  const { viewer } = room(clock);
  const states = new Set<string>();
  const look = (): void => {
    const at = viewer.clock;
    const sought = room(clock, at).viewer;
    const { content } = viewer;
    // Before the first event a new viewer gets no state, an earlier one is syncing.
    if (content.mirror !== 'ok') return;
    expect(content, `at ${at}, played and sought`).toEqual(sought.content);
    states.add(content.feed);
    if (damages.some(({ from, to }) => at > from && at <= to)) expect(content.feed).toBe('stale');
    if (content.feed !== 'ok') return;
    const truth = must(truthAt(at), 'the truth');
    expect(content.bids, `bids at ${at}`).toEqual(truth.bids.top(200));
    expect(content.asks, `asks at ${at}`).toEqual(truth.asks.top(200));
  };
  for (const command of commands(SEED + 2, 150)) {
    viewer.say({ type: 'replay', ...command });
    clock.advance(random.pick([50, 100, 700]));
    viewer.say({ type: 'replay', command: 'pause' });
    clock.advance(50);
    look();
    viewer.say({ type: 'replay', command: 'play' });
    clock.advance(random.pick([50, 250]));
  }
  // Through the damage at several speeds, from before it to after it.
  for (const [speed, damaged] of [1, 40, 'max'].flatMap((speed) =>
    damages.map((hole) => [speed, hole] as const),
  )) {
    viewer.say({ type: 'replay', command: 'seek', to: damaged.from - 2_000 });
    viewer.say({ type: 'replay', command: 'speed', value: speed });
    for (let i = 0; i < 200 && viewer.clock <= damaged.to + 1_000; i++) {
      viewer.say({ type: 'replay', command: 'play' });
      clock.advance(speed === 1 ? 1_000 : 50);
      viewer.say({ type: 'replay', command: 'pause' });
      clock.advance(50);
      look();
    }
    expect(viewer.clock).toBeGreaterThan(damaged.to);
    expect(viewer.state?.state).toBe(speed === 'max' ? 'ended' : 'paused');
  }
  expect([...states].toSorted()).toEqual(['ok', 'stale']);
});

test.each([0, 1])('a damaged period is an upstream-gap, followed by a whole book', (i) => {
  const damaged = must(damages[i], 'the damage');
  const clock = new ManualClock(START + 1e9);
  const { viewer } = room(clock, damaged.from - 1_000);
  viewer.say({ type: 'replay', command: 'speed', value: 10 });
  viewer.messages.length = 0;
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance((damaged.to - damaged.from) / 10 + 500);
  const told = viewer.messages.filter(
    (message) => message.type === 'channel-state' || message.type === 'book-snapshot',
  );
  const stale = told.findIndex(
    (message) => message.type === 'channel-state' && message.state === 'stale',
  );
  expect(told[stale]).toMatchObject({ reason: 'upstream-gap' });
  expect(told.slice(stale).map((message) => message.type)).toContain('book-snapshot');
  expect(viewer.content.feed).toBe('ok');
});

test('P28c: a silence that did not break the book ends when it ended, though the book did not change', () => {
  const writer = beginRecording(history, { id: 'quiet' });
  const market = new RandomMarket({ random: new Random(1), startTime: START, meanStepMs: 0 });
  const first = market.next();
  if (first.type === 'snapshot') writer.snapshot(SYMBOL, { ...first.snapshot, eventTime: START });
  const from = START + 5_000;
  const gap = { symbol: SYMBOL, from, to: from + 3_000, reason: 'upstream-silent' } as const;
  writer.gap(gap, false);
  const previous = market.book.sequence;
  const times = { eventTime: START + 60_000, receiveTime: START + 60_000 };
  writer.delta(SYMBOL, { previous, sequence: previous + 1, ...times, bids: [[1, 1]], asks: [] });
  writer.close(START);
  const clock = new ManualClock(START + 1e9);
  const played = room(clock, undefined, 'quiet').viewer;
  const states = [from, from + 1, gap.to, gap.to + 1, START + 59_000].map((at) => {
    played.say({ type: 'replay', command: 'seek', to: START + 1 });
    played.say({ type: 'replay', command: 'speed', value: 100 });
    played.say({ type: 'replay', command: 'play' });
    clock.advance(Math.floor((at - START) / 100 / 50) * 50);
    played.say({ type: 'replay', command: 'pause' });
    clock.advance(50);
    const sought = room(clock, played.clock, 'quiet').viewer;
    expect(played.content, `at ${played.clock - START}`).toEqual(sought.content);
    return room(clock, at, 'quiet').viewer.content.feed;
  });
  expect(states).toEqual(['ok', 'stale', 'stale', 'ok', 'ok']);
});
