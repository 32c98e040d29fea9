import { expect, test } from 'vitest';

import { Random } from '../number/random.ts';
import { later, type MonotonicMs } from '../time/clock.ts';
import { type ChannelEvent, type ChannelState, isSettled, type Word } from './channel-state.ts';
import {
  ANSWER_MS,
  type ChannelAction,
  REFUSED_AGAIN_MS,
  RESET_PATIENCE_MS,
  STATE_AGAIN_MS,
  stepChannel,
} from './channel-step.ts';

const NOW = 1_760_000 as MonotonicMs;
const WORD: Word = { state: 'stale', reason: 'upstream-silent', since: 5, at: NOW };
const NO_BOOK: Word = { state: 'syncing', reason: 'no-book-yet', since: 5, at: NOW };
/** Due now, with no resync sent yet. */
const REPAIR = { attempt: 0, at: NOW };
const PROOF = { at: NOW, heardAt: NOW };

type Kind = ChannelState['kind'];
const STATES: { readonly [K in Kind]: Extract<ChannelState, { kind: K }> } = {
  unsent: { kind: 'unsent' },
  asked: { kind: 'asked', at: NOW },
  carried: { kind: 'carried', askedAt: NOW, held: { kind: 'ok' } },
  awaiting: { kind: 'awaiting', id: 7, word: undefined, repair: REPAIR },
  bookless: { kind: 'bookless', id: 7, word: NO_BOOK, hasValue: true },
  ok: { kind: 'ok', id: 7, repair: REPAIR, proof: PROOF },
  doubted: { kind: 'doubted', id: 7, reason: 'upstream-gap', word: undefined, repair: REPAIR },
  declared: { kind: 'declared', id: 7, word: WORD, repair: REPAIR, proof: PROOF },
  refused: { kind: 'refused', message: 'no such market', again: 'asked', at: NOW },
};

const says = (state: 'ok' | 'syncing' | 'stale' | 'halted'): ChannelEvent => ({
  type: 'declared',
  state,
  reason: 'restart',
  since: 9,
});
type EventName =
  | Exclude<ChannelEvent['type'], 'snapshot' | 'declared' | 'tick'>
  | 'good snapshot'
  | 'bad snapshot'
  | 'says ok'
  | 'says stale'
  | 'says halted'
  | 'says syncing'
  | 'says no book'
  | 'early tick'
  | 'late tick'
  | 'due another time';
const EVENTS: Readonly<Record<EventName, readonly [ChannelEvent, afterMs?: number]>> = {
  asked: [{ type: 'asked' }],
  subscribed: [{ type: 'subscribed', id: 8 }],
  refused: [{ type: 'refused', message: 'unknown symbol' }],
  value: [{ type: 'value' }],
  'good snapshot': [{ type: 'snapshot', isWhole: true }],
  'bad snapshot': [{ type: 'snapshot', isWhole: false }],
  broken: [{ type: 'broken', reason: 'checksum' }],
  behind: [{ type: 'behind' }],
  stranger: [{ type: 'stranger' }],
  'says ok': [says('ok')],
  'says stale': [says('stale')],
  'says halted': [says('halted')],
  'says syncing': [says('syncing')],
  'says no book': [{ type: 'declared', state: 'syncing', reason: 'no-book', since: 9 }],
  reset: [{ type: 'reset', reason: 'seek' }],
  heartbeat: [{ type: 'heartbeat', isNewest: true, heardMs: 400 }],
  'lost-frame': [{ type: 'lost-frame' }],
  due: [{ type: 'due', at: NOW }],
  'due another time': [{ type: 'due', at: later(NOW, -1) }],
  'early tick': [{ type: 'tick' }, ANSWER_MS - 1],
  'late tick': [{ type: 'tick' }, ANSWER_MS],
  moved: [{ type: 'moved' }],
  cut: [{ type: 'cut' }],
};

/** The possible states by channel kind: trades are never `doubted` or `bookless`. */
const BOOK_STATES = Object.keys(STATES) as readonly Kind[];
const TAPE_STATES = BOOK_STATES.filter((kind) => kind !== 'bookless' && kind !== 'doubted');

/**
 * The expected transition table, independent of the code: for each event, the next state and action from each state,
 * in the order of `STATES`. A dot means no change.
 */
const BOOK: Readonly<Record<EventName, string>> = {
  asked: 'asked . . . . . . . .',
  subscribed: 'awaiting+wait awaiting+wait ok+wait .+wait . .+wait .+wait .+wait awaiting+wait',
  refused: '. refused refused . . . . . .',
  value: '. . . . . . . . .',
  'good snapshot': '. . . ok ok . ok ok .',
  'bad snapshot': '. . . doubted+resync doubted+resync doubted+resync .+resync doubted+resync .',
  broken: '. . . . . doubted+resync . doubted+resync .',
  behind: '. . . . . . . . .',
  stranger: '. . . . . . . . .',
  'says ok': '. . . . doubted . . ok .',
  'says stale': '. . . . doubted declared . . .',
  'says halted': '. . . . doubted declared . . .',
  'says syncing': '. . . . doubted declared . . .',
  'says no book': '. . . bookless . bookless bookless bookless .',
  reset: '. . . .+wait doubted+wait doubted+wait .+wait doubted+wait .',
  heartbeat: '. . . . . . . . .',
  'lost-frame': '. . . . . doubted+resync . doubted+resync .',
  due: '. . . .+resync . . .+resync .+resync .',
  'due another time': '. . . . . . . . .',
  'early tick': '. . . . . . . . .',
  'late tick': '. unsent+subscribe unsent+subscribe . . . . . .+subscribe',
  moved: '. unsent . unsent carried carried carried carried .',
  cut: '. unsent unsent unsent unsent unsent unsent unsent .',
};
const TRADES: Readonly<Record<EventName, string>> = {
  asked: 'asked . . . . . .',
  subscribed: 'awaiting awaiting ok . . . awaiting',
  refused: '. refused refused . . . .',
  value: '. . . ok . . .',
  'good snapshot': '. . . . . . .',
  'bad snapshot': '. . . . . . .',
  broken: '. . . . . . .',
  behind: '. . . . .+resync .+resync .',
  stranger: '. . . .+resync awaiting+resync awaiting+resync .',
  'says ok': '. . . ok . ok .',
  'says stale': '. . . . declared . .',
  'says halted': '. . . . declared . .',
  'says syncing': '. . . . declared . .',
  'says no book': '. . . . declared . .',
  reset: '. . . . awaiting awaiting .',
  heartbeat: '. . . . . . .',
  'lost-frame': '. . . . . . .',
  due: '. . . .+resync .+resync .+resync .',
  'due another time': '. . . . . . .',
  'early tick': '. . . . . . .',
  'late tick': '. unsent+subscribe unsent+subscribe . . . .+subscribe',
  moved: '. unsent . unsent carried carried .',
  cut: '. unsent unsent unsent unsent unsent .',
};

const TABLES = [
  ['book', BOOK, BOOK_STATES],
  ['trades', TRADES, TAPE_STATES],
] as const;
const CELLS = TABLES.flatMap(([nature, table, kinds]) =>
  (Object.keys(EVENTS) as EventName[]).flatMap((name) => {
    const cells = table[name].split(' ');
    expect(cells.length, `${nature}, ${name}`).toBe(kinds.length);
    return kinds.map((kind, i) => [nature, kind, name, cells[i] ?? ''] as const);
  }),
);

test.each(CELLS)('of %s: %s and %s give %s', (nature, kind, name, cell) => {
  const [event, afterMs = 0] = EVENTS[name];
  const [next, action] = cell.split('+');
  const before = JSON.stringify(STATES[kind]);
  const step = stepChannel(STATES[kind], event, later(NOW, afterMs), {
    kind: nature,
    random: new Random(7),
  });
  expect(step.state.kind).toBe(next === '.' ? kind : next);
  expect(step.action).toBe(action);
  expect(JSON.stringify(STATES[kind])).toBe(before);
});

type Played = readonly [event: ChannelEvent, atMs: number];
/** Plays events at times after NOW and returns the state and action of every step. */
function play(from: ChannelState, kind: 'book' | 'trades' | 'candles', ...events: Played[]) {
  const random = new Random(7);
  let state = from;
  return events.map(([event, atMs]) => {
    const step = stepChannel(state, event, later(NOW, atMs), { kind, random });
    state = step.state;
    return step;
  });
}
const actions = (...args: Parameters<typeof play>): (ChannelAction | undefined)[] =>
  play(...args).map(({ action }) => action);

const OK: ChannelState = { kind: 'ok', id: 7, repair: undefined, proof: undefined };
const GAP: ChannelEvent = { type: 'broken', reason: 'upstream-gap' };
const GOOD: ChannelEvent = { type: 'snapshot', isWhole: true };
const BAD: ChannelEvent = { type: 'snapshot', isWhole: false };

test('P9: missing data is requested once, and again only when the backoff ends', () => {
  const [first] = play(OK, 'book', [GAP, 0]);
  const repair = first?.state.kind === 'doubted' ? first.state.repair : undefined;
  expect(repair).toMatchObject({ attempt: 1 });
  const at = repair?.at ?? NOW;
  expect(at - NOW).toBeGreaterThanOrEqual(200);
  const due: ChannelEvent = { type: 'due', at };
  expect(actions(OK, 'book', [GAP, 0], [BAD, 10], [due, at - NOW])).toEqual([
    'resync',
    undefined,
    'resync',
  ]);
  expect(actions(OK, 'book', [GAP, 0], [GOOD, 10], [due, at - NOW], [GAP, 900])).toEqual([
    'resync',
    undefined,
    undefined,
    'resync',
  ]);
});

test('a snapshot is requested only if it does not follow without a request', () => {
  const subscribed: ChannelEvent = { type: 'subscribed', id: 7 };
  const due: ChannelEvent = { type: 'due', at: later(NOW, RESET_PATIENCE_MS) };
  expect(actions(STATES.asked, 'book', [subscribed, 0], [due, RESET_PATIENCE_MS])).toEqual([
    'wait',
    'resync',
  ]);
  const came = [[subscribed, 0] as Played, [GOOD, 5] as Played, [due, RESET_PATIENCE_MS] as Played];
  expect(actions(STATES.asked, 'book', ...came)).toEqual(['wait', undefined, undefined]);
});

test('P17b: a market that is not ok is queried every 15 s, unless a resync is pending', () => {
  const tick: ChannelEvent = { type: 'tick' };
  const stale: ChannelState = {
    kind: 'declared',
    id: 7,
    word: WORD,
    repair: undefined,
    proof: PROOF,
  };
  expect(
    actions(stale, 'trades', [tick, STATE_AGAIN_MS - 1], [tick, STATE_AGAIN_MS], [tick, 20_000]),
  ).toEqual([undefined, 'query', undefined]);
  expect(actions({ ...stale, repair: REPAIR }, 'trades', [tick, STATE_AGAIN_MS])).toEqual([
    undefined,
  ]);
});

test('a value does not change a settled channel', () => {
  const states = [...Object.values(STATES), OK, { ...OK, proof: PROOF }];
  for (const state of states.filter(isSettled)) {
    expect(play(state, 'trades', [{ type: 'value' }, 0])).toEqual([{ state, action: undefined }]);
  }
  expect(states.filter(isSettled).length).toBe(2);
});

test('a refused channel is requested again after 5 s, and stays refused until the feed accepts it', () => {
  const refused: Played = [{ type: 'refused', message: 'unknown symbol' }, 0];
  const tick = (atMs: number): Played => [{ type: 'tick' }, atMs];
  const asked: Played = [{ type: 'asked' }, REFUSED_AGAIN_MS];
  const events = [refused, tick(REFUSED_AGAIN_MS - 1), tick(REFUSED_AGAIN_MS), asked] as const;
  const steps = play(STATES.asked, 'book', ...events, [{ type: 'cut' }, 20_000]);
  expect(steps.map(({ action }) => action)).toEqual([
    ...[undefined, undefined, 'subscribe', undefined, undefined],
  ]);
  expect(steps.map(({ state }) => state.kind === 'refused' && state.again)).toEqual([
    ...['later', 'later', 'unsent', 'asked', 'unsent'],
  ]);
});

test('P12: a snapshot ends an earlier declared state, a trade does not', () => {
  const stale: ChannelState = { kind: 'awaiting', id: 7, word: WORD, repair: undefined };
  expect(play(stale, 'book', [GOOD, 0])[0]?.state).toEqual(OK);
  expect(play(stale, 'trades', [{ type: 'value' }, 0])[0]?.state).toMatchObject({
    kind: 'declared',
  });
});

test('P32c: carried data keeps its trust; candles and unanswered channels start over', () => {
  const moved: Played = [{ type: 'moved' }, 0];
  const asked: Played = [{ type: 'asked' }, 0];
  const again: Played = [{ type: 'subscribed', id: 9 }, 50];
  const late: Played = [{ type: 'tick' }, ANSWER_MS];
  const last = (from: ChannelState, ...events: Played[]) =>
    play(from, 'book', moved, asked, ...events).at(-1)?.state.kind;
  expect(last(OK, again)).toBe('ok');
  expect(last(STATES.declared, again)).toBe('declared');
  expect(last(STATES.doubted, again)).toBe('doubted');
  expect(last(OK, late)).toBe('unsent');
  expect(last(OK, late, [{ type: 'subscribed', id: 9 }, ANSWER_MS])).toBe('awaiting');
  expect(play(OK, 'candles', moved)[0]?.state.kind).toBe('unsent');
});
