import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { healthAt, OPEN_LINK } from '../test-reports.ts';
import { ViewStore } from './view-store.ts';

const instrument = (tickSize: string) => ({
  symbol: 'BTC-USD@sim',
  venue: 'sim',
  base: 'BTC',
  quote: 'USD',
  tickSize,
  lotSize: '0.00000001',
});
const view = (tickSize: string, last: number) => ({
  symbol: 'BTC-USD@sim',
  instrument: instrument(tickSize),
  last,
  bid: last,
  ask: last + 1,
  open24h: last,
  volume24h: 1,
  eventTime: 1,
  direction: 0,
});
const health = healthAt({ wall: 1, at: 1 as MonotonicMs });
const context = {
  link: OPEN_LINK,
  now: { wall: 2, at: 2 as MonotonicMs },
  replayClock: undefined,
  isReplay: false,
};

test('a copy of the same grid stays the same object, another grid replaces it', () => {
  const store = new ViewStore<ReturnType<typeof view>>(0 as MonotonicMs, undefined, () => {});
  const seen = [view('0.1', 5), view('0.1', 6), view('0.01', 60)].map((value) => {
    store.note({ key: 't', value, health });
    store.flush(context);
    return store.getSnapshot().value;
  });
  expect(seen.map((value) => value?.last)).toEqual([5, 6, 60]);
  expect(seen[1]?.instrument).toBe(seen[0]?.instrument);
  expect(seen[2]?.instrument.tickSize).toBe('0.01');
});

test('the numbers of a market that the feed no longer has are not shown beside its error, and return with the market', () => {
  const store = new ViewStore<ReturnType<typeof view>>(0 as MonotonicMs, undefined, () => {});
  store.note({ key: 't', value: view('0.1', 5), health });
  store.flush(context);
  store.note({ key: 't', health: { ...health, phase: 'error', detail: 'unknown symbol' } });
  store.flush(context);
  expect(store.getSnapshot()).toEqual({
    value: undefined,
    state: { kind: 'error', message: 'unknown symbol' },
  });
  store.note({ key: 't', health });
  store.flush(context);
  expect(store.getSnapshot().value?.last).toBe(5);
});
