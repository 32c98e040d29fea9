/* Steps, and impossible commands (P29). */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { TestNight } from './test-night.ts';

const SYMBOL = 'BTC-USD@sim';
let night: TestNight;

beforeAll(() => {
  night = new TestNight();
}, 60_000);

afterAll(() => night.close());

test('P29: steps go forward and back by event, trade, second, minute and news', () => {
  const clock = new ManualClock();
  const { viewer } = night.open(clock, { at: night.session.from + 120_000 });
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
  expect(step('minute', -1_000)).toBe(night.session.from);
});

test('P29b: if no headline is left a step says so, and the clock stays', () => {
  const { viewer } = night.open(new ManualClock());
  const step = (count: number): string | undefined => {
    viewer.say({ type: 'replay', id: 3, command: 'step', unit: 'news', count });
    const answer = viewer.messages.at(-1);
    return answer?.type === 'error' ? answer.message : undefined;
  };
  expect(step(-1)).toBe(`unit: there is no news before ${viewer.clock}`);
  expect(viewer.clock).toBe(night.session.from);
  // More than there are: the last one.
  expect(step(1_000)).toBeUndefined();
  const onLast = viewer.clock;
  expect(onLast).toBeLessThan(night.session.to);
  expect(step(1)).toBe(`unit: there is no news after ${onLast}`);
  expect(viewer.clock).toBe(onLast);
  expect(viewer.state?.state).toBe('paused');
  // From after it, one step back returns to it.
  viewer.say({ type: 'replay', command: 'seek', to: onLast + 500 });
  expect(step(-1)).toBeUndefined();
  expect(viewer.clock).toBe(onLast);
});

test.each([
  [{ command: 'seek', to: 5 }, 'outside the session'],
  [{ command: 'speed', value: 0.01 }, 'value'],
  [{ command: 'step', unit: 'lightyear' }, 'unit'],
  [{ command: 'live' }, 'live'],
])('the command %j is error 130 naming %s', (command, named) => {
  const { viewer } = night.open(new ManualClock());
  viewer.say({ type: 'replay', id: 3, ...command });
  const error = viewer.messages.at(-1);
  expect(error).toMatchObject({ type: 'error', id: 3, code: 130 });
  expect((error as { message: string }).message).toContain(named);
});

test('P29: a far step seeks, and the viewer still sees the event stepped to happen', () => {
  const clock = new ManualClock();
  const { viewer } = night.open(clock);
  const before = viewer.mirror.epoch;
  viewer.say({ type: 'replay', command: 'step', unit: 'minute', count: 5 });
  expect(viewer.state).toMatchObject({ seeked: true, clock: night.session.from + 300_000 });
  expect(viewer.mirror.epoch).not.toBe(before);
  const sought = night.open(clock, { at: night.session.from + 300_000 }).viewer;
  expect(viewer.content).toEqual(sought.content);
  // Of one symbol, so that the trade stepped to is the viewer's.
  const { viewer: of } = night.open(clock, { symbols: [SYMBOL] });
  of.say({ type: 'replay', command: 'step', unit: 'trade', count: 1_000 });
  expect(of.state).toMatchObject({ seeked: true });
  expect(of.trades.at(-1)?.[1]).toBe(of.clock - 1);
});

test('P29: whatever the command, the clock stays within the session', () => {
  const random = new Random(41);
  const clock = new ManualClock();
  const { viewer } = night.open(clock);
  for (let i = 0; i < 120; i++) {
    viewer.say(
      random.pick([
        { type: 'replay', command: 'play' },
        { type: 'replay', command: 'pause' },
        { type: 'replay', command: 'speed', value: random.pick([0.1, 1, 30, 1_000, 'max']) },
        {
          type: 'replay',
          command: 'seek',
          to: random.integer(night.session.from - 9, night.session.to + 9),
        },
        { type: 'replay', command: 'seek', to: night.session.to + 1 },
        {
          type: 'replay',
          command: 'step',
          unit: random.pick(['event', 'trade', 'second', 'minute', 'news']),
          count: random.pick([-300, -3, -1, 1, 3, 300]),
        },
      ]),
    );
    clock.advance(random.pick([0, 50, 300]));
    expect(viewer.clock).toBeGreaterThanOrEqual(night.session.from);
    expect(viewer.clock).toBeLessThanOrEqual(night.session.to + 1);
    // Before the first event there is no book; after it there always is one.
    expect(viewer.mirror.state).toBe(viewer.clock > night.session.from ? 'ok' : 'syncing');
  }
  // After a seek back from the end it plays again.
  viewer.say({ type: 'replay', command: 'seek', to: night.session.to + 1 });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(100);
  expect(viewer.state?.state).toBe('ended');
  viewer.say({ type: 'replay', command: 'step', unit: 'second', count: -1 });
  viewer.say({ type: 'replay', command: 'speed', value: 1 });
  viewer.say({ type: 'replay', command: 'play' });
  clock.advance(200);
  expect(viewer.state).toMatchObject({ state: 'playing' });
});

test('P29c: with a symbol only its own trades and headlines are steps', () => {
  const { viewer } = night.open(new ManualClock(), { at: night.session.from + 120_000 });
  const other = must(
    night.session.symbols.find((symbol) => symbol !== SYMBOL),
    'another market',
  );
  const step = (unit: string, count: number, symbol?: string): number => {
    viewer.say({ type: 'replay', command: 'step', unit, count, symbol });
    return viewer.clock;
  };
  const { history, session } = night;
  for (const symbol of [SYMBOL, other]) {
    viewer.say({ type: 'replay', command: 'seek', to: session.from + 120_000 });
    const [first] = [...history.trades.tradesFrom(session.id, symbol, viewer.clock)];
    expect(step('trade', 1, symbol)).toBe(must(first, 'trade').eventTime + 1);
  }
  const headlines = history.events
    .headlines({ session: session.id, limit: 500 })
    .items.toReversed();
  for (const symbol of session.symbols) {
    viewer.say({ type: 'replay', command: 'seek', to: session.from });
    const own = headlines.filter(
      ({ symbols, time }) => symbols.includes(symbol) && time >= session.from,
    );
    for (const { time } of own) expect(step('news', 1, symbol)).toBe(time + 1);
    viewer.say({ type: 'replay', id: 9, command: 'step', unit: 'news', count: 1, symbol });
    expect(viewer.messages.at(-1)).toMatchObject({ type: 'error', code: 130 });
  }
  viewer.say({ type: 'replay', id: 10, command: 'step', unit: 'trade', count: 1, symbol: 'X@sim' });
  expect(viewer.messages.at(-1)).toMatchObject({
    type: 'error',
    message: 'symbol: X@sim is not in this replay',
  });
});
