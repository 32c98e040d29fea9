/*
 * Each scenario does what its description says, compared with an ordinary day of the same seed. For faults see
 * simulator.test.ts.
 */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import { MirrorBooks } from './mirror-books.ts';
import type { ScenarioName } from './scenario.ts';
import { SIM_INSTRUMENTS } from './sim-instrument.ts';
import { Simulator } from './simulator.ts';

const FROM = 1_760_018_400_000;
const SYMBOL = 'BTC-USD@sim';
/** Ticks that its fair value moves per second of an ordinary day. */
const VOLATILITY = must(
  SIM_INSTRUMENTS.find(({ instrument }) => instrument.symbol === SYMBOL),
  SYMBOL,
).flow.volatility;

type Second = {
  readonly events: number;
  /** In ticks: the spread, and the mid price. */
  readonly spread: number;
  readonly mid: number;
  /** Lots within ten ticks of the middle. */
  readonly depth: number;
};

function play(scenario: ScenarioName, seconds: number, seed = 7): readonly Second[] {
  const clock = new ManualClock(FROM);
  const options = { seed, scenario, speed: 1, clock, from: FROM, symbols: [SYMBOL] };
  const simulator = new Simulator(options);
  const books = new MirrorBooks();
  const played: Second[] = [];
  for (let second = 1; second <= seconds; second++) {
    let events = 0;
    simulator.advanceTo(FROM + second * 1_000, (event) => {
      books.take(event);
      if (event.type === 'update' || event.type === 'trade') events++;
    });
    const { bids, asks } = books.levels(SYMBOL);
    const [bid = 0] = bids[0] ?? [];
    const [ask = 0] = asks[0] ?? [];
    const mid = (bid + ask) / 2;
    const depth = [...bids, ...asks]
      .filter(([price]) => Math.abs(price - mid) <= 10)
      .reduce((sum, [, lots]) => sum + lots, 0);
    played.push({ events, spread: ask - bid, mid, depth });
  }
  return played;
}

function mean(seconds: readonly Second[], of: (second: Second) => number): number {
  return seconds.reduce((sum, second) => sum + of(second), 0) / seconds.length;
}

/** Of the mid price, from second to second. */
function move(seconds: readonly Second[]): number {
  return mean(
    seconds
      .slice(1)
      .map((second, i) => ({ ...second, mid: second.mid - must(seconds[i], 'it').mid })),
    ({ mid }) => Math.abs(mid),
  );
}

const normal = play('normal', 300);

test('quiet: little flow, small moves', () => {
  const quiet = play('quiet', 300);
  expect(mean(quiet, (of) => of.events)).toBeLessThan(0.5 * mean(normal, (of) => of.events));
  expect(move(quiet)).toBeLessThan(0.7 * move(normal));
});

test('burst: several times the events for 30 s of every two minutes', () => {
  const burst = play('burst', 240);
  for (const from of [0, 120]) {
    const calm = mean(burst.slice(from, from + 30), (of) => of.events);
    const busy = mean(burst.slice(from + 31, from + 60), (of) => of.events);
    expect(busy / calm).toBeGreaterThan(4);
    const after = mean(burst.slice(from + 65, from + 120), (of) => of.events);
    expect(after).toBeLessThan(busy / 2);
  }
});

test('thin-book: little liquidity, wider spreads', () => {
  const thin = play('thin-book', 300).slice(60);
  expect(mean(thin, (of) => of.depth)).toBeLessThan(0.6 * mean(normal, (of) => of.depth));
  expect(mean(thin, (of) => of.spread)).toBeGreaterThan(1.2 * mean(normal, (of) => of.spread));
});

test.each([7, 11, 23])('trend: up for 20 minutes, then down (seed %i)', (seed) => {
  const trend = play('trend', 2_400, seed);
  const [first, top, last] = [0, 1_199, 2_399].map((at) => must(trend[at], 'a second').mid);
  expect((must(top, 'top') - must(first, 'first')) / VOLATILITY).toBeGreaterThan(40);
  expect((must(last, 'last') - must(top, 'top')) / VOLATILITY).toBeLessThan(-40);
});

test.each([7, 11, 23])(
  'flash-crash: 90 s down from the first minute on, and back in five (seed %i)',
  (seed) => {
    const crash = play('flash-crash', 450, seed);
    const ordinary = play('normal', 450, seed);
    // Both have the same hidden walk: the difference is the crash.
    const fall = (at: number) =>
      (must(ordinary[at], 'a second').mid - must(crash[at], 'a second').mid) / VOLATILITY;
    expect(Math.abs(fall(55))).toBeLessThan(20);
    expect(fall(148)).toBeGreaterThan(100);
    expect(fall(449)).toBeLessThan(0.5 * fall(148));
  },
);

test('news-storm: headline after headline, each with its jump', () => {
  const jumps = (scenario: ScenarioName): number => {
    const clock = new ManualClock(FROM);
    const simulator = new Simulator({
      seed: 7,
      scenario,
      speed: 1,
      clock,
      from: FROM,
      symbols: ['ACME@sim'],
    });
    let count = 0;
    simulator.advanceTo(FROM + 3_600_000, (event) => {
      if (event.type === 'headline' && event.eventId !== undefined) count++;
    });
    return count;
  };
  expect(jumps('news-storm')).toBeGreaterThan(15);
  expect(jumps('normal')).toBeLessThan(6);
});
