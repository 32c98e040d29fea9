import { expect, test } from 'vitest';

import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { CapabilityBody, InstrumentBody } from '@tapedeck/market/wire/http';

import type { DataState, TickerView, View } from '../../live/live.ts';
import { coinGroups, compareCoin, lastingDrifts } from './cross-venue.ts';

const LIVE: DataState = { kind: 'live', ageMs: 100 };
const capability: CapabilityBody = {
  depth: 'l2',
  loss: 'chain',
  sides: true,
  clock: 'venue',
  cadenceMs: 100,
};

function listed(symbol: string, base: string, quote: string): InstrumentBody {
  const venue = symbol.slice(symbol.lastIndexOf('@') + 1);
  return { symbol, venue, base, quote, tickSize: '0.1', lotSize: '1', state: 'ok', capability };
}

function quoted(bid: number, ask: number, state: DataState = LIVE): View<TickerView> {
  const instrument = {
    ...{ symbol: '', venue: '', base: '', quote: '', tickSize: '0.1', lotSize: '1' },
  };
  const value = {
    ...{ symbol: '', instrument, last: bid, bid, ask, open24h: bid, volume24h: 0 },
    ...{ eventTime: 0, direction: 0 },
  };
  return { value, state };
}

const GROUP = { key: 'BTC/USD', name: 'BTC/USD', symbols: ['A@a', 'B@b', 'C@c'] };
const of = (...views: readonly View<TickerView>[]) => {
  const comparison = compareCoin(
    { ...GROUP, symbols: GROUP.symbols.slice(0, views.length) },
    new Map(views.map((view, index) => [GROUP.symbols[index] ?? '', view])),
  );
  return {
    drifts: comparison.quotes.map(({ driftBp }) => driftBp && Math.round(driftBp)),
    spread: comparison.spreadBp && Math.round(comparison.spreadBp),
    mids: comparison.quotes.map(({ mid }) => mid),
  };
};

test('a coin on several venues is one group; spot, perpetuals and dated contracts are never mixed', () => {
  const recorded = { ...listed('BTC-USD@okx', 'BTC', 'USD'), state: 'recorded' as const };
  const { capability: _, ...simulated } = listed('BTC-USD@sim', 'BTC', 'USD');
  const groups = coinGroups([
    listed('BTC/USD@kraken', 'BTC', 'USD'),
    listed('BTC-USD@coinbase', 'XBT', 'USD'),
    listed('BTCUSDT@binance', 'BTC', 'USDT'),
    listed('BTCUSDT@binance-usdm', 'BTC', 'USDT'),
    listed('BTC-USDT-SWAP@okx', 'BTC', 'USDT'),
    listed('BTCUSDT_241227@binance-usdm', 'BTC', 'USDT'),
    listed('BTC-27DEC24@deribit', 'BTC', 'USDT'),
    ...[recorded, simulated],
  ]);
  expect(groups.map(({ name, symbols }) => [name, ...symbols])).toEqual([
    ['BTC/USD', 'BTC-USD@coinbase', 'BTC/USD@kraken'],
    ['BTC/USDT perp', 'BTC-USDT-SWAP@okx', 'BTCUSDT@binance-usdm'],
  ]);
});

test('the spread over venues may be negative, and books that agree do not drift', () => {
  expect(of(quoted(99_990, 100_000), quoted(100_010, 100_020))).toMatchObject({
    drifts: [undefined, undefined],
    spread: -1,
  });
});

test('two books that differ by more than 30 bp drift, both: nobody knows which is wrong', () => {
  expect(of(quoted(99_990, 100_010), quoted(100_490, 100_510)).drifts).toEqual([50, 50]);
  expect(of(quoted(99_990, 100_010), quoted(100_270, 100_290)).drifts).toEqual([
    undefined,
    undefined,
  ]);
});

test('of three books the one that differs from the others drifts, alone', () => {
  const [a, b, c] = of(
    quoted(99_990, 100_010),
    quoted(100_990, 101_010),
    quoted(99_980, 100_020),
  ).drifts;
  expect([a, c]).toEqual([undefined, undefined]);
  expect(b).toBe(100);
});

test('a book that is stale, delayed, crossed or one-sided is compared with nothing', () => {
  const good = quoted(99_990, 100_010);
  const { value } = quoted(110_000, 110_010);
  const bad: readonly View<TickerView>[] = [
    { value, state: { kind: 'stale', ageMs: 9_000 } },
    { value, state: { kind: 'delayed', ageMs: 2_000 } },
    { value, state: { kind: 'disconnected', ageMs: 9_000, retryAt: undefined } },
    { value: undefined, state: LIVE },
    quoted(110_010, 110_000),
    quoted(110_000, 110_000),
  ];
  for (const view of bad)
    expect(of(good, view)).toEqual({
      drifts: [undefined, undefined],
      spread: undefined,
      mids: [10_000, undefined],
    });
  expect(of(good, { value, state: { kind: 'quiet', ageMs: 9_000 } }).drifts).not.toEqual([
    undefined,
    undefined,
  ]);
});

test('a drift is shown once it has lasted for 3 s, and an interruption starts over', () => {
  const since = new Map<string, MonotonicMs>();
  const apart = new Map([
    ['A@a', quoted(99_990, 100_010)],
    ['B@b', quoted(100_990, 101_010)],
  ]);
  const agreeing = new Map([...apart, ['B@b', quoted(99_990, 100_010)] as const]);
  const group = { ...GROUP, symbols: ['A@a', 'B@b'] };
  const at = (ms: number, tickers: ReadonlyMap<string, View<TickerView>>) =>
    lastingDrifts(compareCoin(group, tickers), since, ms as MonotonicMs).quotes.some(
      ({ driftBp }) => driftBp !== undefined,
    );
  expect([at(0, apart), at(2_900, apart), at(3_000, apart)]).toEqual([false, false, true]);
  expect([at(3_100, agreeing), at(3_200, apart), at(6_200, apart)]).toEqual([false, false, true]);
  // A book that is late for a moment is not compared, and does not start it over.
  const { value } = quoted(100_990, 101_010);
  const late = new Map([...apart, ['B@b', { value, state: { kind: 'stale', ageMs: 1 } }] as const]);
  expect([at(6_300, late), at(6_400, apart)]).toEqual([false, true]);
});
