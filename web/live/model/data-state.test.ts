import { expect, test } from 'vitest';

import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

import { healthAt, OPEN_LINK } from '../test-reports.ts';
import { deriveDataState, isSameState, type StateInput } from './data-state.ts';
import type { LinkReport, TopicHealth } from './deck-port.ts';
import type { DataState } from './view-model.ts';

const NOW = 1_760_000_000_000;
const AT = 90_000 as MonotonicMs;
/** On the monotonic clock. */
const ago = (ms: number): MonotonicMs => later(AT, -ms);

function health(change: Partial<TopicHealth> = {}): TopicHealth {
  return healthAt(
    { wall: NOW, at: AT },
    {
      since: ago(60_000),
      detail: 'book snapshot',
      eventTime: NOW - 200,
      arrivedAt: ago(150),
      typicalMs: 100,
      p99Ms: 400,
      ...change,
    },
  );
}

function aged(ageMs: number, change: Partial<TopicHealth> = {}): TopicHealth {
  return health({ eventTime: NOW - ageMs, arrivedAt: ago(ageMs), ...change });
}

function derive(change: Partial<StateInput>): DataState {
  return deriveDataState({
    health: health(),
    link: OPEN_LINK,
    hasValue: true,
    requestedAt: ago(60_000),
    now: { wall: NOW, at: AT },
    replayClock: undefined,
    isReplay: false,
    ...change,
  });
}

const PROVEN = { provenAt: ago(100), heardAt: ago(150) };
const POLLED: LinkReport = { ...OPEN_LINK, transport: 'polling' };
const CUT: LinkReport = {
  ...OPEN_LINK,
  state: 'waiting',
  retryAt: later(AT, 800),
  reason: 'broken',
};
const NEVER: LinkReport = { ...OPEN_LINK, state: 'connecting', everOpen: false };
const IDLE: LinkReport = { ...OPEN_LINK, state: 'idle', everOpen: false };

const TABLE: readonly (readonly [
  what: string,
  change: Partial<StateInput>,
  kind: DataState['kind'],
])[] = [
  ['fresh data', {}, 'live'],
  ['one second', { health: aged(1_000) }, 'live'],
  ['beyond a second', { health: aged(1_001) }, 'delayed'],
  ['a slow channel within twice its rhythm', { health: aged(3_000, { typicalMs: 2_000 }) }, 'live'],
  ['fresh data over SSE', { link: { ...OPEN_LINK, transport: 'sse' } }, 'live'],
  ['P32c: fresh data that was polled', { link: POLLED }, 'delayed'],
  ['five seconds', { health: aged(5_000) }, 'delayed'],
  ['beyond five seconds', { health: aged(5_001) }, 'stale'],
  [
    'a very slow channel beyond five seconds',
    { health: aged(5_001, { typicalMs: 9_000 }) },
    'stale',
  ],
  ['within its p99', { health: aged(12_000, { p99Ms: 20_000 }) }, 'delayed'],
  ['beyond its p99', { health: aged(21_000, { p99Ms: 20_000 }) }, 'stale'],
  ['beyond the ceiling for any p99', { health: aged(31_000, { p99Ms: 600_000 }) }, 'stale'],
  ['proven silence', { health: aged(42_000, PROVEN) }, 'quiet'],
  ['an old proof', { health: aged(42_000, { ...PROVEN, provenAt: ago(5_001) }) }, 'stale'],
  [
    'P20b: a proof that reaches no further than the data',
    { health: aged(6_000, { provenAt: ago(100), heardAt: ago(5_990) }) },
    'stale',
  ],
  ['P20b: a proof of the link alone', { health: aged(6_000, { provenAt: ago(100) }) }, 'stale'],
  ['old data in a fresh snapshot', { health: health({ eventTime: NOW - 60_000 }) }, 'stale'],
  ['a market clock ahead of ours', { health: aged(200, { eventTime: NOW + 3_000 }) }, 'live'],
  [
    'a market clock ahead, then silence',
    { health: aged(5_500, { eventTime: NOW + 3_000 }) },
    'stale',
  ],
  ['a gap', { health: health({ phase: 'resyncing' }) }, 'resyncing'],
  ['a halt', { health: health({ phase: 'halted' }) }, 'halted'],
  ['stale by the feed’s own report', { health: health({ phase: 'stale' }) }, 'stale'],
  ['a refusal', { health: health({ phase: 'error', detail: 'unknown symbol' }) }, 'error'],
  ['a cut link', { link: CUT }, 'disconnected'],
  ['a link that reconnects', { link: { ...OPEN_LINK, state: 'connecting' } }, 'disconnected'],
  ['a link closed for good', { link: { ...OPEN_LINK, state: 'closed' } }, 'disconnected'],
  [
    'closed for good before any value',
    { link: { ...OPEN_LINK, state: 'closed' }, hasValue: false },
    'error',
  ],
  ['a new worker that has old values', { link: NEVER }, 'disconnected'],
  ['reconnected, no response yet', { health: health({ phase: 'awaiting' }) }, 'stale'],
  ['the first connect', { link: NEVER, hasValue: false, requestedAt: ago(500) }, 'loading'],
  ['a first connect that takes too long', { link: NEVER, hasValue: false }, 'error'],
  [
    'requested, no response',
    { health: health({ phase: 'awaiting', since: ago(500) }), hasValue: false },
    'loading',
  ],
  ['never any response', { health: health({ phase: 'awaiting' }), hasValue: false }, 'error'],
  [
    'a first topic on an idle link',
    { link: IDLE, hasValue: false, requestedAt: ago(500) },
    'loading',
  ],
  ['an old value on an idle link', { link: IDLE }, 'disconnected'],
  ['a replay', { isReplay: true, replayClock: 5 }, 'replay'],
  ['a paused replay', { isReplay: true, health: aged(900_000) }, 'replay'],
  ['a replay with a gap', { isReplay: true, health: health({ phase: 'resyncing' }) }, 'resyncing'],
  [
    'P28d: a recording without a book',
    { isReplay: true, hasValue: false, health: health({ phase: 'no-book', detail: 'no-book' }) },
    'no-book',
  ],
  ['a replay whose link is cut', { isReplay: true, link: CUT }, 'disconnected'],
];

for (const [what, change, kind] of TABLE) {
  test(`${what}: ${kind}`, () => {
    expect(derive(change).kind).toBe(kind);
  });
}

test('P32c: polled data is never live, whatever its rhythm, and otherwise ages like any other', () => {
  for (const ageMs of [0, 500, 2_000, 4_999, 5_001, 60_000]) {
    for (const change of [{}, PROVEN, { typicalMs: 2_000, p99Ms: 2_100 }]) {
      const polled = derive({ link: POLLED, health: aged(ageMs, change) });
      const streamed = derive({ health: aged(ageMs, change) });
      expect(polled.kind).toBe(streamed.kind === 'live' ? 'delayed' : streamed.kind);
      expect(polled).toMatchObject({ ageMs });
    }
  }
});

test('nothing in a replay is ever live, delayed, stale by age or quiet', () => {
  for (const ageMs of [0, 900, 3_000, 6_000, 60_000]) {
    for (const proof of [{}, PROVEN])
      expect(derive({ isReplay: true, health: aged(ageMs, proof) }).kind).toBe('replay');
  }
});

test('the age is corrected by the offset to the clock of the feed', () => {
  const state = derive({
    link: { ...OPEN_LINK, offsetMs: 4_000 },
    health: health({ eventTime: NOW }),
  });
  expect(state).toEqual({ kind: 'delayed', ageMs: 4_000 });
});

test('6 s after the last message of a half-open link nothing is live, whatever its rhythm', () => {
  for (const typicalMs of [10, 1_000, 5_000, 60_000]) {
    for (const offsetMs of [-3_000, 0, 3_000]) {
      const silent = aged(6_000, { typicalMs, p99Ms: 2 * typicalMs });
      expect(derive({ link: { ...OPEN_LINK, offsetMs }, health: silent }).kind).not.toBe('live');
    }
  }
});

test('states that look alike are the same', () => {
  const live = (ageMs: number): DataState => ({ kind: 'live', ageMs });
  expect(isSameState(live(10), live(480))).toBe(true);
  expect(isSameState(live(480), live(510))).toBe(false);
  expect(isSameState(live(10), { kind: 'delayed', ageMs: 10 })).toBe(false);
  expect(isSameState({ kind: 'replay', clock: 1 }, { kind: 'replay', clock: 2 })).toBe(false);
});

test('a replay whose link is cut has the age of the cut in every panel, not of its recording or its last message', () => {
  const recorded = health({ eventTime: NOW - 800 * 86_400_000, arrivedAt: ago(150_000) });
  const link: LinkReport = { ...OPEN_LINK, state: 'waiting', retryAt: later(AT, 1_000) };
  const cutAt = ago(3_000);
  expect(derive({ health: recorded, link, isReplay: true, replayClock: NOW - 1, cutAt })).toEqual({
    kind: 'disconnected',
    ageMs: 3_000,
    retryAt: later(AT, 1_000),
  });
});

test('an error says what was awaited, as a sentence', () => {
  const asked = { hasValue: false, requestedAt: ago(12_000) };
  expect(derive({ ...asked, link: NEVER })).toMatchObject({ message: 'waited 12 s for the feed' });
  const link = { ...NEVER, reason: 'the feed cannot be reached' };
  expect(derive({ ...asked, link })).toMatchObject({
    message: 'the feed cannot be reached, for 12 s now',
  });
});

test('C12: in a replay the age of stale data is by its clock: it runs and pauses with it, and is not wall time', () => {
  const clock = 1_700_000_046_500;
  const stale = (change: Partial<TopicHealth> = {}) =>
    health({ phase: 'stale', eventTime: clock - 46_500, ...change });
  const at = (replayClock: number, wallMs = 0, change: Partial<TopicHealth> = {}) =>
    derive({
      health: stale(change),
      isReplay: true,
      replayClock,
      now: { wall: NOW + wallMs, at: later(AT, wallMs) },
    });
  expect(at(clock)).toEqual({ kind: 'stale', ageMs: 46_500 });
  // The same after an hour of pause, and right after a seek.
  expect(at(clock, 3_600_000)).toEqual({ kind: 'stale', ageMs: 46_500 });
  expect(at(clock, 0, { arrivedAt: AT })).toEqual({ kind: 'stale', ageMs: 46_500 });
  expect(at(clock + 60_000)).toEqual({ kind: 'stale', ageMs: 106_500 });
  // Without a market time of its own, data is stale since the feed reported it.
  expect(at(clock, 0, { eventTime: undefined, statedSince: clock - 40_000 })).toEqual({
    kind: 'stale',
    ageMs: 40_000,
  });
  expect(
    derive({
      health: stale({ phase: 'halted', detail: 'halt' }),
      isReplay: true,
      replayClock: clock,
    }),
  ).toEqual({ kind: 'halted', reason: 'halt', ageMs: 46_500 });
});

test.each([-60_000, -6_000, -800, 0, 6_000, 60_000])(
  'V16: a venue whose clock is %i ms ahead makes nothing look older or younger',
  (venueAheadMs) => {
    const sent = (ageMs: number): TopicHealth =>
      health({ eventTime: NOW - ageMs + venueAheadMs, arrivedAt: ago(100), typicalMs: 100 });
    expect(derive({ health: sent(200), venueAheadMs })).toEqual({ kind: 'live', ageMs: 200 });
    // Old on arrival.
    expect(derive({ health: sent(8_000), venueAheadMs })).toEqual({ kind: 'stale', ageMs: 8_000 });
    const old = health({ eventTime: NOW + venueAheadMs, arrivedAt: ago(8_000), typicalMs: 100 });
    expect(derive({ health: old, venueAheadMs })).toEqual({ kind: 'stale', ageMs: 8_000 });
  },
);
