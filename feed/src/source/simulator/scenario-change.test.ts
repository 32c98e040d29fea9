/* An operator changes the scenario of a running market: nothing breaks, and the same changes make the same market. */
import { expect, test } from 'vitest';

import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { Ingest } from '../../engine/ingest.ts';
import { MarketEngine } from '../../engine/market-engine.ts';
import { MirrorBooks } from './mirror-books.ts';
import { SCENARIO_NAMES, type ScenarioName } from './scenario.ts';
import { SIM_INSTRUMENTS } from './sim-instrument.ts';
import { Simulator } from './simulator.ts';

const FROM = 1_760_018_400_000;
const SYMBOLS = ['BTC-USD@sim', 'ACME@sim'];

type Change = { readonly afterMs: number; readonly to: ScenarioName };

function play(
  changes: readonly Change[],
  untilMs: number,
  sink: (event: MarketEvent) => void,
): void {
  const simulator = new Simulator({
    seed: 7,
    scenario: 'normal',
    speed: 1,
    clock: new ManualClock(FROM),
    from: FROM,
    symbols: SYMBOLS,
  });
  for (const { afterMs, to } of changes) {
    simulator.advanceTo(FROM + afterMs, sink);
    expect(simulator.change(to)).toBe(FROM + afterMs);
    expect(simulator.scenario).toBe(to);
  }
  simulator.advanceTo(FROM + untilMs, sink);
}

function textOf(changes: readonly Change[], untilMs: number): string {
  const lines: string[] = [];
  play(changes, untilMs, (event) => lines.push(JSON.stringify(event)));
  return lines.join('\n');
}

test('the same changes at the same market times make the same market', () => {
  const crash: Change = { afterMs: 10_000, to: 'flash-crash' };
  expect(textOf([crash], 40_000)).toBe(textOf([crash], 40_000));
  expect(textOf([crash], 40_000)).not.toBe(textOf([{ ...crash, afterMs: 10_010 }], 40_000));
  expect(textOf([crash], 10_000)).toBe(textOf([], 10_000));
});

test('a scenario counts from its start', () => {
  const halts: number[] = [];
  play([{ afterMs: 100_000, to: 'halt' }], 210_000, (event) => {
    if (event.type === 'state') halts.push(event.eventTime - FROM);
  });
  // Halted 45 s after its start, for 60 s.
  expect(halts).toEqual([145_000, 205_000]);
});

test('a change is announced with its scenario, at the market time of the change', () => {
  const told: MarketEvent[] = [];
  play([{ afterMs: 5_000, to: 'thin-book' }], 6_000, (event) => {
    if (event.type === 'status' && event.kind === 'scenario') told.push(event);
  });
  expect(told).toMatchObject([
    { time: FROM + 5_000, message: expect.stringContaining('scenario thin-book') as string },
  ]);
});

/** A mirror that believes all updates cannot follow a venue that loses or invents some. */
const PLAIN = SCENARIO_NAMES.filter((name) => name !== 'gap' && name !== 'crossed');
const SEEDS = [1, 2, 3, 4];
test.each(SEEDS)('after any change at any time, books stay sane: seed %i', (seed) => {
  const random = new Random(seed);
  const isPlain = seed % 2 === 1;
  const changes: Change[] = [];
  let afterMs = 0;
  // Faults begin after 10 to 60 s: some changes come before, some during, some after them.
  for (let i = 0; i < 24; i++) {
    afterMs += random.integer(1, 90) * 1_000 + random.integer(0, 99) * 10;
    changes.push({ afterMs, to: random.pick(isPlain ? PLAIN : SCENARIO_NAMES) });
  }
  afterMs += 70_000;
  changes.push({ afterMs, to: 'normal' });
  const mirror = new MirrorBooks();
  const clock = new ManualClock(FROM);
  let lives = 0;
  const engine = new MarketEngine({ clock, nextEpoch: () => `e${lives++}`, candles: () => [] });
  const ingest = new Ingest(engine, () => {});
  play(changes, afterMs + 30_000, (event) => {
    const problem = isPlain ? mirror.take(event) : undefined;
    if (problem !== undefined) throw new Error(`seed ${seed}: ${problem}`);
    ingest.sink(event);
  });
  for (const symbol of SYMBOLS) {
    const market = engine.market(symbol);
    const profile = SIM_INSTRUMENTS.find(({ instrument }) => instrument.symbol === symbol);
    expect(market?.state).toBe('ok');
    expect(market?.instrument).toEqual(profile?.instrument);
    expect(market?.book.crossed).toBe(false);
    expect(market?.book.bids.length).toBeGreaterThan(5);
    // It continued after the last change.
    expect(FROM + afterMs + 30_000 - (market?.lastEventTime ?? 0)).toBeLessThan(10_000);
  }
});
