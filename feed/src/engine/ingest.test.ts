/* A venue's own state cannot make a market ok: without a book nothing is ok (P16). */
import { expect, test } from 'vitest';

import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { Ingest } from './ingest.ts';
import { MarketEngine } from './market-engine.ts';

const SYMBOL = 'MINE@venue';
const GRIDS = ['0.1', '1'];

class Rig {
  readonly clock = new ManualClock();
  readonly engine: MarketEngine;
  readonly ingest: Ingest;
  #lives = 0;

  constructor() {
    const { clock } = this;
    const nextEpoch = (): string => `e${this.#lives++}`;
    this.engine = new MarketEngine({ clock, nextEpoch, candles: () => [] });
    this.ingest = new Ingest(this.engine, () => {});
    this.announce();
  }

  get market() {
    return must(this.engine.market(SYMBOL), SYMBOL);
  }

  announce(tickSize = '0.1'): void {
    const named = { symbol: SYMBOL, venue: 'venue', base: '', quote: '', lotSize: '1' };
    this.ingest.sink({ type: 'instrument', instrument: { ...named, tickSize } });
  }

  says(state: MarketState): void {
    const reason = state === 'halted' ? 'halt' : 'upstream-gap';
    this.ingest.sink({ type: 'state', symbol: SYMBOL, eventTime: 1, state, reason });
  }

  book(type: 'snapshot' | 'update'): void {
    const now = this.clock.now();
    const event: MarketEvent = {
      type,
      symbol: SYMBOL,
      eventTime: now,
      receiveTime: now,
      bids: [[99, 1]],
      asks: [[101, 1]],
    };
    this.ingest.sink(event);
  }
}

test('P16: a market that never had a book is not ok, whatever its venue says', () => {
  const rig = new Rig();
  rig.says('ok');
  expect(rig.market).toMatchObject({ state: 'syncing', ready: false });
  rig.book('snapshot');
  expect(rig.market).toMatchObject({ state: 'ok', ready: true });
});

test('P16: nor is one whose book restarted, by a gap or a change of grid', () => {
  const rig = new Rig();
  rig.book('snapshot');
  for (const breaks of [() => rig.says('syncing'), () => rig.announce('1')]) {
    breaks();
    rig.says('ok');
    expect(rig.market).toMatchObject({ state: 'syncing', ready: false });
    rig.book('snapshot');
    expect(rig.market.state).toBe('ok');
  }
});

test('after a halt that ends before there is a book, the market is syncing, and ok with its book', () => {
  const rig = new Rig();
  rig.says('halted');
  rig.says('ok');
  expect(rig.market.state).toBe('syncing');
  rig.book('snapshot');
  expect(rig.market.state).toBe('ok');
});

test('P16: whatever states a venue sends in whatever order, ok means that there is a book', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const rig = new Rig();
    for (let step = 0; step < 60; step++) {
      const kind = random.integer(0, 4);
      if (kind === 0) rig.announce(random.pick(GRIDS));
      else if (kind === 1) rig.book(random.chance(0.3) ? 'snapshot' : 'update');
      else rig.says(random.pick(['ok', 'syncing', 'stale', 'halted'] as const));
      const { state, ready, book } = rig.market;
      const said = `seed ${seed} step ${step}: ${state}`;
      if (state === 'ok') expect(ready && book.bids.length > 0, said).toBe(true);
    }
  }
});
