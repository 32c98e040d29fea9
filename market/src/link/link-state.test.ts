import { expect, test } from 'vitest';

import { Random } from '../number/random.ts';
import { later, type MonotonicMs } from '../time/clock.ts';
import { mayReconnect } from '../wire/close-code.ts';
import { backoffMs, resyncDelayMs } from './backoff.ts';
import {
  CONNECT_PATIENCE_MS,
  IDLE,
  JUMP_MS,
  type LinkAction,
  type LinkChance,
  type LinkEvent,
  type LinkState,
  PING_AFTER_MS,
  PING_PATIENCE_MS,
  stepLink,
} from './link-state.ts';

const NOW = 1_760_000 as MonotonicMs;
const chanceOf = (random: Random): LinkChance => ({ random, isHinted: false });
const chance = (): LinkChance => chanceOf(new Random(7));

const STATES: Readonly<Record<LinkState['kind'], LinkState>> = {
  idle: IDLE,
  connecting: {
    kind: 'connecting',
    attempt: 3,
    since: later(NOW, -100),
    downSince: later(NOW, -900),
    tickAt: later(NOW, -100),
  },
  open: {
    kind: 'open',
    attempt: 3,
    downSince: later(NOW, -70_000),
    since: later(NOW, -60_000),
    lastFrameAt: later(NOW, -100),
    askedAt: undefined,
    tickAt: later(NOW, -900),
  },
  waiting: {
    kind: 'waiting',
    attempt: 3,
    downSince: later(NOW, -900),
    retryAt: later(NOW, 4_000),
    reason: 'x',
    isSentAway: false,
    tickAt: later(NOW, -900),
  },
  closed: { kind: 'closed', code: 4500, reason: 'bad token' },
};

type EventName = LinkEvent['type'] | 'sent away' | 'refused';
const EVENTS: Readonly<Record<EventName, LinkEvent>> = {
  start: { type: 'start' },
  opened: { type: 'opened' },
  moved: { type: 'moved' },
  frame: { type: 'frame' },
  failed: { type: 'failed', reason: 'broken' },
  closed: { type: 'closed', code: 1001, reason: '' },
  'sent away': { type: 'closed', code: 4008, reason: 'slow' },
  refused: { type: 'closed', code: 4500, reason: 'bad token' },
  tick: { type: 'tick' },
  jumped: { type: 'jumped' },
  retry: { type: 'retry' },
  hint: { type: 'hint' },
  stop: { type: 'stop' },
};

type Cell = readonly [kind: LinkState['kind'], ...actions: LinkAction[]];
const TABLE: Readonly<Record<LinkState['kind'], Readonly<Record<EventName, Cell>>>> = {
  idle: {
    start: ['connecting', 'dial'],
    opened: ['idle'],
    moved: ['idle'],
    frame: ['idle'],
    failed: ['idle'],
    closed: ['idle'],
    'sent away': ['idle'],
    refused: ['idle'],
    tick: ['idle'],
    jumped: ['idle'],
    retry: ['idle'],
    hint: ['idle'],
    stop: ['idle'],
  },
  connecting: {
    start: ['connecting'],
    opened: ['open'],
    moved: ['open'],
    frame: ['connecting'],
    failed: ['waiting'],
    closed: ['waiting'],
    'sent away': ['waiting'],
    refused: ['closed'],
    tick: ['connecting'],
    jumped: ['connecting'],
    retry: ['connecting'],
    hint: ['connecting'],
    stop: ['idle', 'drop'],
  },
  open: {
    start: ['open'],
    opened: ['open'],
    moved: ['open'],
    frame: ['open'],
    failed: ['waiting'],
    closed: ['waiting'],
    'sent away': ['waiting'],
    refused: ['closed'],
    tick: ['open'],
    jumped: ['open', 'ping'],
    retry: ['open', 'ping'],
    hint: ['open'],
    stop: ['idle', 'drop'],
  },
  waiting: {
    start: ['waiting'],
    opened: ['waiting'],
    moved: ['open'],
    frame: ['waiting'],
    failed: ['waiting'],
    closed: ['waiting'],
    'sent away': ['waiting'],
    refused: ['waiting'],
    tick: ['waiting'],
    jumped: ['connecting', 'dial'],
    retry: ['connecting', 'dial'],
    hint: ['waiting'],
    stop: ['idle'],
  },
  closed: {
    start: ['connecting', 'dial'],
    opened: ['closed'],
    moved: ['closed'],
    frame: ['closed'],
    failed: ['closed'],
    closed: ['closed'],
    'sent away': ['closed'],
    refused: ['closed'],
    tick: ['closed'],
    jumped: ['closed'],
    retry: ['connecting', 'dial'],
    hint: ['closed'],
    stop: ['idle'],
  },
};

for (const [kind, row] of Object.entries(TABLE)) {
  for (const [name, [next, ...actions]] of Object.entries(row)) {
    test(`${kind} and ${name} give ${next}${actions.length > 0 ? `, ${actions.join(', ')}` : ''}`, () => {
      const step = stepLink(
        STATES[kind as LinkState['kind']],
        EVENTS[name as EventName],
        NOW,
        chance(),
      );
      expect(step.state.kind).toBe(next);
      expect(step.actions).toEqual(actions);
    });
  }
}

/** Plays events at times after NOW and returns the kind and actions of every step. */
function play(from: LinkState, ...events: readonly (readonly [atMs: number, event: LinkEvent])[]) {
  let state = from;
  return events.map(([atMs, event]) => {
    const step = stepLink(state, event, later(NOW, atMs), chance());
    state = step.state;
    return [state.kind, ...step.actions];
  });
}

test('P20: after 10 s of silence the link pings, and drops the socket 5 s later', () => {
  const tick = EVENTS.tick;
  const ticks = Array.from({ length: 16 }, (_, i) => [1_000 * (i + 1), tick] as const);
  const steps = play({ ...STATES.open, lastFrameAt: NOW, tickAt: NOW } as LinkState, ...ticks);
  expect(steps[8]).toEqual(['open']);
  expect(steps[PING_AFTER_MS / 1_000 - 1]).toEqual(['open', 'ping']);
  expect(steps[13]).toEqual(['open']);
  expect(steps[(PING_AFTER_MS + PING_PATIENCE_MS) / 1_000 - 1]).toEqual(['waiting', 'drop']);
});

test('P20: any frame counts as an answer to the ping', () => {
  const asked = { ...STATES.open, askedAt: later(NOW, -4_000) } as LinkState;
  const steps = play(asked, [0, EVENTS.frame], [1_000, EVENTS.tick], [2_000, EVENTS.tick]);
  expect(steps).toEqual([['open'], ['open'], ['open']]);
});

test.each([
  ['a sleep or a set clock', 0, EVENTS.jumped],
  ['a pause of its own', JUMP_MS + 1, EVENTS.tick],
] as const)('after %s an open link is pinged', (_, atMs, event) => {
  const steps = play(
    { ...STATES.open, tickAt: NOW } as LinkState,
    [atMs, event],
    [atMs + 1_000, EVENTS.tick],
    [atMs + PING_PATIENCE_MS, EVENTS.tick],
  );
  expect(steps).toEqual([['open', 'ping'], ['open'], ['waiting', 'drop']]);
});

test('after a pause of the process a waiting link dials at once', () => {
  const asleep = JUMP_MS + 1;
  const waiting = { ...STATES.waiting, retryAt: later(NOW, 60_000), tickAt: NOW } as LinkState;
  expect(play(waiting, [asleep, EVENTS.tick])).toEqual([['connecting', 'dial']]);
});

test('a hanging attempt is abandoned, sooner if the feed is known to be reachable', () => {
  const connecting = { ...STATES.connecting, since: NOW } as LinkState;
  expect(play(connecting, [CONNECT_PATIENCE_MS + 1, EVENTS.tick])).toEqual([['waiting', 'drop']]);
  expect(play(connecting, [2_500, EVENTS.hint])).toEqual([['connecting', 'dial']]);
  expect(play(connecting, [500, EVENTS.hint])).toEqual([['connecting']]);
});

test('a hint shortens the wait for a feed that was away, not for one that closed the link', () => {
  const gone = stepLink(STATES.waiting, EVENTS.hint, NOW, chance()).state;
  expect(gone.kind === 'waiting' && gone.retryAt <= later(NOW, 500) && gone.retryAt > NOW).toBe(
    true,
  );
  const sentAway = stepLink(STATES.open, EVENTS['sent away'], NOW, chance()).state;
  expect(stepLink(sentAway, EVENTS.hint, NOW, chance()).state).toEqual(sentAway);
});

test('a link that lasted resets its backoff, a brief one does not', () => {
  const lasted = stepLink(STATES.open, EVENTS.failed, NOW, chance()).state;
  expect(lasted).toMatchObject({ kind: 'waiting', attempt: 2 });
  const brief = { ...STATES.open, since: later(NOW, -1_000) } as LinkState;
  expect(stepLink(brief, EVENTS.failed, NOW, chance()).state).toMatchObject({ attempt: 4 });
});

test('section 9: reconnecting is full jitter from 0.5 s doubling to 10 s, never at once', () => {
  const seed = 11;
  const source = new Random(seed);
  for (let attempt = 1; attempt < 40; attempt++) {
    const ceiling = Math.min(10_000, 500 * 2 ** (attempt - 1));
    const waits = Array.from({ length: 200 }, () => backoffMs(attempt, source));
    expect(Math.min(...waits), `seed ${seed}`).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(ceiling);
    expect(Math.max(...waits)).toBeGreaterThan(0.8 * ceiling);
    expect(Math.min(...waits)).toBeLessThan(0.2 * ceiling);
  }
});

test('no wait is longer than half of the outage: a feed that was away briefly is found at once', () => {
  const source = new Random(13);
  for (const downMs of [0, 300, 1_200, 4_000, 60_000]) {
    const waits = Array.from({ length: 200 }, () => backoffMs(9, source, downMs));
    const ceiling = Math.min(10_000, Math.max(500, downMs / 2));
    expect(Math.max(...waits), 'seed 13').toBeLessThanOrEqual(ceiling);
    expect(Math.max(...waits)).toBeGreaterThan(0.8 * ceiling);
  }
});

test('a hinted link waits the full backoff, because it does not depend on its dials', () => {
  const random = new Random(15);
  const waits = Array.from({ length: 200 }, () => {
    const connecting = { ...STATES.connecting, attempt: 9 } as LinkState;
    const { state } = stepLink(connecting, EVENTS.failed, NOW, { random, isHinted: true });
    return state.kind === 'waiting' ? state.retryAt - NOW : 0;
  });
  expect(Math.max(...waits), 'seed 15').toBeGreaterThan(8_000);
});

test('after a close by the feed the full backoff applies, and a brief link continues the previous outage', () => {
  const brief = {
    ...STATES.open,
    attempt: 6,
    since: later(NOW, -1_000),
    downSince: later(NOW, -1_000),
  } as LinkState;
  const source = new Random(14);
  const waits = Array.from({ length: 100 }, () => {
    const { state } = stepLink(brief, EVENTS['sent away'], NOW, chanceOf(source));
    return state.kind === 'waiting' ? state.retryAt - NOW : 0;
  });
  expect(Math.max(...waits), 'seed 14').toBeGreaterThan(8_000);
  expect(stepLink(brief, EVENTS.failed, NOW, chance()).state).toMatchObject({
    downSince: later(NOW, -1_000),
    attempt: 7,
  });
  const lasting = stepLink(STATES.open, EVENTS.failed, NOW, chance()).state;
  expect(lasting).toMatchObject({ downSince: NOW, attempt: 2 });
});

test('P9: resyncs wait 0.25 s doubling to 8 s, each with 20 % jitter', () => {
  const source = new Random(12);
  for (const [attempt, middle] of [
    [1, 250],
    [2, 500],
    [4, 2_000],
    [6, 8_000],
    [20, 8_000],
  ] as const) {
    for (let i = 0; i < 200; i++) {
      const delay = resyncDelayMs(attempt, source);
      expect(Math.abs(delay - middle)).toBeLessThanOrEqual(0.2 * middle);
    }
  }
});

test('section 9: 4500-4999 end the link, every other close code does not', () => {
  for (const code of [1000, 1001, 1006, 1011, 4000, 4001, 4008, 4499, 4500, 4999]) {
    const { state } = stepLink(STATES.open, { type: 'closed', code, reason: '' }, NOW, chance());
    expect(state.kind, String(code)).toBe(mayReconnect(code) ? 'waiting' : 'closed');
  }
});
