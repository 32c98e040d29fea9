import { expect, test } from 'vitest';

import type { TickerView, View } from '../../live/live.ts';
import { withCarried } from './use-carried-tickers.ts';

const NOW = 1_760_000_000_000;
const LOADING: View<TickerView> = {
  value: undefined,
  state: { kind: 'loading', awaiting: 'the feed', since: 0 as never },
};
const BTC = { symbol: 'BTC-USD@sim', last: 7, eventTime: NOW - 3_000 } as TickerView;

test('what the page showed before a reload is stale with its age until the first value comes', () => {
  const tickers = new Map([[BTC.symbol, LOADING]]);
  expect(withCarried(tickers, [BTC], NOW).get(BTC.symbol)).toEqual({
    value: BTC,
    state: { kind: 'stale', ageMs: 3_000 },
  });
  const live: View<TickerView> = { value: BTC, state: { kind: 'live', ageMs: 5 } };
  const heard = new Map([[BTC.symbol, live]]);
  expect(withCarried(heard, [BTC], NOW)).toBe(heard);
});

test('what is over a minute old, or not loading any more, is not brought back', () => {
  const tickers = new Map([[BTC.symbol, LOADING]]);
  expect(withCarried(tickers, [BTC], NOW + 60_000)).toBe(tickers);
  const failed: View<TickerView> = {
    value: undefined,
    state: { kind: 'error', message: 'waited 10 s' },
  };
  const broken = new Map([[BTC.symbol, failed]]);
  expect(withCarried(broken, [BTC], NOW)).toBe(broken);
});
