import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import { Ingest } from './ingest.ts';
import { MarketEngine } from './market-engine.ts';
import { SilenceWatch } from './silence-watch.ts';

const SYMBOL = 'X-Y@test';

/** One watched market; the test owns the clock. */
class Watched {
  readonly clock = new ManualClock();
  readonly engine: MarketEngine;
  readonly #ingest: Ingest;
  #size = 1;

  constructor() {
    const { clock } = this;
    this.engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
    this.#ingest = new Ingest(this.engine, () => {});
    const grid = { venue: 'test', base: 'X', quote: 'Y', tickSize: '1', lotSize: '1' };
    this.#ingest.sink({ type: 'instrument', instrument: { symbol: SYMBOL, ...grid } });
    this.#tell('snapshot');
    new SilenceWatch(this.engine, clock);
  }

  get market() {
    return must(this.engine.market(SYMBOL), SYMBOL);
  }

  update(): void {
    this.#tell('update');
  }

  busy(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000);
      this.update();
    }
  }

  #tell(type: 'snapshot' | 'update'): void {
    const now = this.clock.now();
    const at = { symbol: SYMBOL, eventTime: now, receiveTime: now };
    this.#ingest.sink({ type, ...at, bids: [[999, this.#size++]], asks: [] });
  }
}

test('P16: a busy market that falls silent is stale, and ok with its next event', () => {
  const rig = new Watched();
  rig.busy(20);
  rig.clock.advance(4_500);
  expect(rig.market.state).toBe('ok');
  rig.clock.advance(1_500);
  expect(rig.market).toMatchObject({ state: 'stale', reason: 'upstream-silent' });
  rig.busy(1);
  rig.clock.advance(500);
  expect(rig.market.state).toBe('ok');
});

test('a market with usual pauses is given more time', () => {
  const rig = new Watched();
  for (let i = 0; i < 10; i++) {
    rig.clock.advance(4_000);
    rig.update();
  }
  rig.clock.advance(12_000);
  expect(rig.market.state).toBe('ok');
  rig.clock.advance(6_000);
  expect(rig.market.state).toBe('stale');
});

test('P16: a halt does not lengthen the wait: silence after it is found as soon as before', () => {
  const rig = new Watched();
  rig.busy(20);
  rig.engine.setState(rig.market, 'halted', 'halt');
  rig.clock.advance(60_000);
  rig.engine.setState(rig.market, 'ok', 'halt');
  rig.busy(20);
  rig.clock.advance(6_000);
  expect(rig.market.state).toBe('stale');
});
