/* H7: an event pushed without a time gets the feed's, and a market's time never goes back. */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import { ManualClock } from '@tapedeck/market/time/clock';
import { ingestSchema } from '@tapedeck/market/wire/push';

import { Ingest } from '../../engine/ingest.ts';
import { MarketEngine } from '../../engine/market-engine.ts';
import { PushSource } from './push-source.ts';

const SYMBOL = 'MINE@desk';
const STEPS = [-600_000, 3_600_000];

test.each(STEPS)(
  'H7: books, trades and states pushed without a time stay in order across a step by %i ms',
  (step) => {
    const clock = new ManualClock();
    const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
    const source = new PushSource({ engine, clock, newId: () => 'h' });
    source.start(new Ingest(engine, () => {}).sink);
    const times: (EpochMs | undefined)[] = [];
    engine.listen({
      snapshot: (_, { eventTime }) => times.push(eventTime),
      delta: (_, { eventTime }) => times.push(eventTime),
      trade: (_, { eventTime }) => times.push(eventTime),
      state: ({ stateTime }) => times.push(stateTime),
    });
    const push = (...events: readonly object[]): void => {
      const named = events.map((event) => ({ symbol: SYMBOL, ...event }));
      expect(source.push(ingestSchema.parse({ events: named }).events)).toHaveProperty('applied');
    };
    const round = (): void => {
      push({ type: 'snapshot', bids: [[999, 5]], asks: [[1_001, 5]] });
      push({ type: 'update', asks: [[1_001, 3]] });
      push({ type: 'trade', priceTicks: 1_001, sizeLots: 2, aggressor: 'buy' });
      push({ type: 'state', state: 'halted' }, { type: 'state', state: 'ok' });
      clock.advance(10);
    };
    push({ type: 'instrument', tickSize: '0.01', lotSize: '1' });
    round();
    clock.stepWall(step);
    round();
    clock.stepWall(-step);
    round();
    const known = times.map((time) => must(time, 'a time'));
    expect(known).toHaveLength(16);
    expect(known).toEqual(known.toSorted((a, b) => a - b));
    // Once the feed's clock has caught up, it is used again.
    clock.advance(3_700_000);
    round();
    expect(times.at(-1)).toBe(clock.now() - 10);
  },
);
