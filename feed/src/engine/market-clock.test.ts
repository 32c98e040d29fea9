/* H7: the feed measures silence on a clock that does not step. */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import { Ingest } from './ingest.ts';
import { MarketEngine } from './market-engine.ts';
import { SilenceWatch } from './silence-watch.ts';

const SYMBOL = 'X-Y@test';
const STEPS = [-600_000, 3_600_000, -7_200_000];

class Watched {
  readonly clock = new ManualClock();
  readonly engine = new MarketEngine({
    clock: this.clock,
    nextEpoch: () => 'e',
    candles: () => [],
  });
  readonly states: string[] = [];
  readonly #ingest = new Ingest(this.engine, () => {});
  #size = 1;

  constructor() {
    const grid = { venue: 'test', base: 'X', quote: 'Y', tickSize: '1', lotSize: '1' };
    this.#ingest.sink({ type: 'instrument', instrument: { symbol: SYMBOL, ...grid } });
    this.#tell('snapshot');
    new SilenceWatch(this.engine, this.clock);
    this.engine.listen({ state: ({ state }) => this.states.push(state) });
  }

  get heardMs(): number | undefined {
    return must(this.engine.market(SYMBOL), SYMBOL).heardMs(this.clock.monotonic());
  }

  /** Age of its newest event, as in `/v1/status`. */
  get ageMs(): number | undefined {
    return must(this.engine.market(SYMBOL), SYMBOL).time.ageMs(this.clock.monotonic());
  }

  busy(seconds: number): void {
    for (let i = 0; i < seconds * 2; i++) {
      this.clock.advance(500);
      this.#tell('update');
    }
  }

  #tell(type: 'snapshot' | 'update'): void {
    const now = this.clock.now();
    const at = { symbol: SYMBOL, eventTime: now, receiveTime: now };
    this.#ingest.sink({ type, ...at, bids: [[999, this.#size++]], asks: [] });
  }
}

test.each(STEPS)(
  'P16: a step by %i ms makes no busy market stale, and hides no silence',
  (step) => {
    const rig = new Watched();
    rig.busy(20);
    rig.clock.stepWall(step);
    rig.busy(20);
    expect(rig.states).toEqual([]);
    rig.clock.advance(4_500);
    expect(rig.states).toEqual([]);
    rig.clock.stepWall(-step);
    rig.clock.advance(1_500);
    expect(rig.states).toEqual(['stale']);
    rig.busy(1);
    expect(rig.states).toEqual(['stale', 'ok']);
  },
);

test.each(STEPS)(
  'P20b: a step by %i ms proves neither that a source is alive nor that it is silent',
  (step) => {
    const rig = new Watched();
    rig.busy(20);
    rig.clock.stepWall(step);
    rig.clock.advance(700);
    expect(rig.heardMs).toBe(700);
    rig.clock.advance(2_000);
    expect(rig.heardMs).toBe(undefined);
  },
);

test.each(STEPS)('a step by %i ms makes nothing older or younger', (step) => {
  const rig = new Watched();
  rig.busy(20);
  rig.clock.advance(300);
  rig.clock.stepWall(step);
  expect(rig.ageMs).toBe(300);
  rig.clock.advance(700);
  expect(rig.ageMs).toBe(1_000);
  rig.busy(1);
  expect(rig.ageMs).toBe(0);
});
