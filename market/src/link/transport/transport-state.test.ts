import { expect, test } from 'vitest';

import { later, type MonotonicMs } from '../../time/clock.ts';
import {
  BEST,
  betterThan,
  MAX_REFUSALS,
  stepTransport,
  type Transport,
  type TransportEvent,
  type TransportState,
  TRANSPORTS,
  TRIAL_MS,
} from './transport-state.ts';

const NOW = 1_760_000 as MonotonicMs;
const LATER = later(NOW, 30_000);

const STATES: Readonly<Record<Transport, TransportState>> = {
  websocket: { ...BEST, refusals: MAX_REFUSALS - 1 },
  sse: { current: 'sse', refusals: MAX_REFUSALS - 1, trialAt: LATER },
  polling: { current: 'polling', refusals: MAX_REFUSALS - 1, trialAt: LATER },
};

const EVENTS = {
  'websocket refused': { type: 'refused', transport: 'websocket' },
  'sse refused': { type: 'refused', transport: 'sse' },
  'polling refused': { type: 'refused', transport: 'polling' },
  'websocket opened': { type: 'opened', transport: 'websocket' },
  'sse opened': { type: 'opened', transport: 'sse' },
  'polling opened': { type: 'opened', transport: 'polling' },
  'sse lasted': { type: 'lasted', transport: 'sse' },
  tried: { type: 'tried' },
  retry: { type: 'retry' },
} as const satisfies Readonly<Record<string, TransportEvent>>;

type Row = Readonly<
  Record<keyof typeof EVENTS, readonly [current: Transport, refusals: number, trialInMs?: number]>
>;
/** For every state, one refusal before it falls back, and every event: transport, refusals, next trial. */
const TABLE: Readonly<Record<Transport, Row>> = {
  websocket: {
    'websocket refused': ['sse', 0, TRIAL_MS],
    'sse refused': ['websocket', 2],
    'polling refused': ['websocket', 2],
    'websocket opened': ['websocket', 0],
    'sse opened': ['websocket', 2],
    'polling opened': ['websocket', 2],
    'sse lasted': ['websocket', 2],
    tried: ['websocket', 2],
    retry: ['websocket', 2],
  },
  sse: {
    'websocket refused': ['sse', 2, 30_000],
    'sse refused': ['polling', 0, 30_000],
    'polling refused': ['sse', 2, 30_000],
    'websocket opened': ['websocket', 0],
    'sse opened': ['sse', 2, 30_000],
    'polling opened': ['sse', 2, 30_000],
    'sse lasted': ['sse', 0, 30_000],
    tried: ['sse', 2, TRIAL_MS],
    retry: ['sse', 2, 0],
  },
  polling: {
    'websocket refused': ['polling', 2, 30_000],
    'sse refused': ['polling', 2, 30_000],
    // Polling is the last resort.
    'polling refused': ['polling', 0, 30_000],
    'websocket opened': ['websocket', 0],
    // One more quick end falls back to polling again.
    'sse opened': ['sse', 2, 30_000],
    'polling opened': ['polling', 2, 30_000],
    'sse lasted': ['polling', 2, 30_000],
    tried: ['polling', 2, TRIAL_MS],
    retry: ['polling', 2, 0],
  },
};

test.each(
  TRANSPORTS.flatMap((from) =>
    (Object.keys(EVENTS) as (keyof typeof EVENTS)[]).map((event) => [from, event] as const),
  ),
)('P32c: %s, %s', (from, event) => {
  const [current, refusals, trialInMs] = TABLE[from][event];
  const state = stepTransport(STATES[from], EVENTS[event], NOW, TRANSPORTS);
  expect(state).toEqual({
    current,
    refusals,
    trialAt: trialInMs === undefined ? undefined : NOW + trialInMs,
  });
});

test('P32c: fewer refusals than the limit change nothing, and an open WebSocket clears them', () => {
  let state = BEST;
  for (let i = 1; i < MAX_REFUSALS; i++) {
    state = stepTransport(state, EVENTS['websocket refused'], NOW, TRANSPORTS);
    expect(state).toMatchObject({ current: 'websocket', refusals: i });
  }
  state = stepTransport(state, EVENTS['websocket opened'], NOW, TRANSPORTS);
  expect(state).toEqual(BEST);
});

test('a transport that a link does not have is skipped', () => {
  const live = stepTransport(STATES.websocket, EVENTS['websocket refused'], NOW, [
    'websocket',
    'polling',
  ]);
  expect(live.current).toBe('polling');
  // A replay cannot be polled: it stays on its stream.
  const replay = stepTransport(STATES.sse, EVENTS['sse refused'], NOW, ['websocket', 'sse']);
  expect(replay).toMatchObject({ current: 'sse', refusals: 0 });
  expect(stepTransport(STATES.websocket, EVENTS['websocket refused'], NOW, ['websocket'])).toEqual(
    BEST,
  );
});

test('the best transport is tried first', () => {
  expect(betterThan(STATES.polling, TRANSPORTS)).toEqual(['websocket', 'sse']);
  expect(betterThan(STATES.polling, ['websocket', 'polling'])).toEqual(['websocket']);
  expect(betterThan(STATES.websocket, TRANSPORTS)).toEqual([]);
});
