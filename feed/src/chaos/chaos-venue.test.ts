/* Faults in a source's events: the engine never shows a wrong book as ok, and recovers the source's book. */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';
import { VENUE_FAULTS } from '@tapedeck/market/wire/chaos';

import { Ingest } from '../engine/ingest.ts';
import { MarketEngine } from '../engine/market-engine.ts';
import { SilenceWatch } from '../engine/silence-watch.ts';
import { Simulator } from '../source/simulator/simulator.ts';
import { ChaosVenue } from './chaos-venue.ts';

const FROM = 1_760_018_400_000;
const SYMBOL = 'BTC-USD@sim';
const OTHER = 'ETH-USD@sim';

class Rig {
  readonly clock = new ManualClock(FROM);
  readonly engine: MarketEngine;
  readonly venue: ChaosVenue;
  ended = 0;
  #lives = 0;

  constructor() {
    const { clock } = this;
    this.engine = new MarketEngine({
      clock,
      nextEpoch: () => `e${this.#lives++}`,
      candles: () => [],
    });
    const { sink } = new Ingest(this.engine, () => {});
    this.venue = new ChaosVenue(this.engine, clock, sink, () => this.ended++);
    simulator(clock).start(this.venue.sink);
    new SilenceWatch(this.engine, clock);
    clock.advance(2_000);
  }

  market(symbol = SYMBOL) {
    return must(this.engine.market(symbol), symbol);
  }
}

function simulator(clock: ManualClock): Simulator {
  const symbols = [SYMBOL, OTHER];
  return new Simulator({ seed: 7, scenario: 'normal', speed: 1, clock, from: FROM, symbols });
}

/** The books of an unaffected venue, after the same time. */
function untouched(elapsedMs: number): MarketEngine {
  const clock = new ManualClock(FROM);
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  simulator(clock).start(new Ingest(engine, () => {}).sink);
  clock.advance(elapsedMs);
  return engine;
}

test.each(VENUE_FAULTS)('P16: after the fault %s the book is the source’s again', (fault) => {
  const rig = new Rig();
  expect(rig.venue.begin(SYMBOL, fault, 7_000)).toBeUndefined();
  expect(rig.venue.active).toEqual([{ symbol: SYMBOL, fault, until: FROM + 9_000 }]);
  rig.clock.advance(7_000);
  expect(rig.ended).toBe(1);
  expect(rig.venue.active).toEqual([]);
  rig.clock.advance(3_000);
  const truth = untouched(12_000);
  for (const symbol of [SYMBOL, OTHER]) {
    const { bids, asks } = rig.market(symbol).book.snapshot();
    const expected = must(truth.market(symbol), symbol).book.snapshot();
    expect({ bids, asks }).toEqual({ bids: expected.bids, asks: expected.asks });
    expect(rig.market(symbol).state).toBe('ok');
  }
});

test('a gap is known at once: a new epoch, without a book until it ends', () => {
  const rig = new Rig();
  const { epoch } = rig.market();
  rig.venue.begin(SYMBOL, 'gap', 2_000);
  expect(rig.market()).toMatchObject({ state: 'syncing', reason: 'upstream-gap', ready: false });
  expect(rig.market().epoch).not.toBe(epoch);
  rig.clock.advance(1_900);
  expect(rig.market().ready).toBe(false);
  expect(rig.market(OTHER).state).toBe('ok');
});

test('P16: silence is detected, and the book does not simply continue', () => {
  const rig = new Rig();
  const { epoch } = rig.market();
  rig.venue.begin(SYMBOL, 'silent', 10_000);
  rig.clock.advance(4_000);
  expect(rig.market().state).toBe('ok');
  rig.clock.advance(2_000);
  expect(rig.market()).toMatchObject({ state: 'stale', reason: 'upstream-silent' });
  rig.clock.advance(4_100);
  expect(rig.market().state).toBe('ok');
  expect(rig.market().epoch).not.toBe(epoch);
});

test('P15: a crossed book is crossed until the fault ends', () => {
  const rig = new Rig();
  rig.venue.begin(SYMBOL, 'crossed', 1_000);
  expect(rig.market().book.crossed).toBe(true);
  expect(rig.market().crossedCount).toBe(1);
  rig.clock.advance(1_000);
  expect(rig.market().book.crossed).toBe(false);
});

test('a fault needs an ok book from the feed’s own source, one at a time', () => {
  const rig = new Rig();
  const pushed = { venue: 'desk', base: '', quote: '', tickSize: '1', lotSize: '1' };
  rig.engine.setInstrument({ symbol: 'MINE@desk', ...pushed });
  expect(rig.venue.begin('NO@sim', 'gap', 500)).toBe('symbol: unknown symbol NO@sim');
  expect(rig.venue.begin('MINE@desk', 'gap', 500)).toContain('MINE@desk is pushed from outside');
  rig.venue.begin(SYMBOL, 'silent', 500);
  expect(rig.venue.begin(SYMBOL, 'gap', 500)).toBe(`symbol: ${SYMBOL} has a fault already`);
  rig.clock.advance(500);
  rig.engine.setState(rig.market(), 'halted', 'halt');
  expect(rig.venue.begin(SYMBOL, 'gap', 500)).toContain('is halted');
});

test('a state from the source ends a fault', () => {
  const rig = new Rig();
  rig.venue.begin(SYMBOL, 'gap', 10_000);
  rig.venue.sink({
    type: 'state',
    symbol: SYMBOL,
    eventTime: rig.clock.now(),
    state: 'halted',
    reason: 'halt',
  });
  expect(rig.venue.active).toEqual([]);
  expect(rig.market()).toMatchObject({ state: 'halted', ready: true });
});
