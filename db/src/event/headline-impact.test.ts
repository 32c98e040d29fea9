import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import type { Headline } from '@tapedeck/market/wire/event';

import { type History, openHistory } from '../history.ts';
import { beginRecording, INSTRUMENT, START, SYMBOL } from '../test/test-recording.ts';
import { type Impact, IMPACT_HORIZONS } from './headline-impact.ts';

const T = START + 120_000;
const HEADLINE: Headline = { id: 'h', time: T, source: 's', symbols: [SYMBOL], title: 't' };

function recorded(
  trades: readonly (readonly [time: number, price: number])[],
  options: { readonly isOver?: boolean; readonly gap?: readonly [number, number] } = {},
): History {
  const history = openHistory(':memory:');
  const writer = beginRecording(history);
  trades.forEach(([eventTime, priceTicks], i) =>
    writer.trade(SYMBOL, {
      sequence: i + 1,
      eventTime,
      priceTicks,
      sizeLots: 1,
      aggressor: 'buy',
    }),
  );
  const [from, to] = options.gap ?? [];
  if (from !== undefined && to !== undefined)
    writer.gap({ symbol: SYMBOL, from, to, reason: 'trades-overflow' }, false);
  if (options.isOver === false) writer.flush({ partial: true, now: START });
  else writer.close(START);
  return history;
}

function impactOf(history: History, now = T + 1e9, headline = HEADLINE): Impact {
  return must(history.impacts.of([headline], { now })[0]?.[0], 'an impact');
}

const TRADES = [
  [T - 50_000, 10_000],
  [T - 20_000, 10_020],
  [T - 1, 10_010],
  [T, 10_900],
  [T + 999, 10_110],
  [T + 1_000, 99_999],
  [T + 9_000, 10_210],
  [T + 40_000, 9_910],
  [T + 299_999, 10_510],
  [T + 400_000, 1],
] as const;

test('a move compares the last trade before each horizon with the last one before the headline', () => {
  const impact = impactOf(recorded(TRADES));
  expect(impact).toMatchObject({ symbol: SYMBOL, before: 10_010, noiseBp: 19.98 });
  expect(impact.moves).toEqual({
    '1s': { state: 'ok', ticks: 100, bp: 99.9 },
    '10s': { state: 'ok', ticks: 200, bp: 199.8 },
    '1m': { state: 'ok', ticks: -100, bp: -99.9 },
    '5m': { state: 'ok', ticks: 500, bp: 499.5 },
  });
});

test('a horizon after now is pending, for a replay even if it was already measured', () => {
  const history = recorded(TRADES);
  const states = (now: number) =>
    Object.values(impactOf(history, now).moves).map(({ state }) => state);
  const all = ['ok', 'ok', 'ok', 'ok'];
  expect(states(T + 1e9)).toEqual(all);
  expect(states(T)).toEqual(['pending', 'pending', 'pending', 'pending']);
  expect(states(T + 10_000)).toEqual(['ok', 'ok', 'pending', 'pending']);
  expect(states(T + 300_000)).toEqual(all);
});

test('without a trade in the minute before, in a gap, and after the end of a recording the move is a gap', () => {
  const gaps = (history: History) =>
    Object.entries(impactOf(history).moves)
      .filter(([, move]) => move.state === 'gap')
      .map(([horizon]) => horizon);
  const all = Object.keys(IMPACT_HORIZONS);
  expect(gaps(recorded([[T - 60_001, 5], ...TRADES.slice(3)]))).toEqual(all);
  // A gap may hide the last trade before a horizon; the trades after it are known.
  expect(gaps(recorded(TRADES, { gap: [T - 10_000, T] }))).toEqual(all);
  expect(gaps(recorded(TRADES, { gap: [T - 10_000, T - 9_000] }))).toEqual([]);
  expect(gaps(recorded(TRADES, { gap: [T + 5_000, T + 9_500] }))).toEqual(['10s']);
  expect(gaps(recorded(TRADES, { gap: [T + 5_000, T + 6_000] }))).toEqual([]);
  expect(gaps(recorded(TRADES.slice(0, 7)))).toEqual(['10s', '1m', '5m']);
  // In a market that is still being recorded, no trade means that it was quiet.
  const quiet = impactOf(recorded(TRADES.slice(0, 5), { isOver: false }));
  expect(quiet.moves['5m']).toMatchObject({ state: 'ok', ticks: 100 });
  expect(impactOf(recorded(TRADES), undefined, { ...HEADLINE, time: 5 }).before).toBeNull();
});

test('a recording that ends is followed by the next one on the same grid', () => {
  const follow = (tickSize: string): Impact => {
    const history = recorded(TRADES.slice(0, 7));
    const next = beginRecording(history, {
      id: 'two',
      now: T + 12_000,
      instrument: { ...INSTRUMENT, tickSize },
    });
    const trade = { sizeLots: 1, aggressor: 'buy' } as const;
    next.trade(SYMBOL, { ...trade, sequence: 1, eventTime: T + 12_000, priceTicks: 9_910 });
    next.trade(SYMBOL, { ...trade, sequence: 2, eventTime: T + 290_000, priceTicks: 10_510 });
    next.flush({ partial: true, now: T + 290_000 });
    return impactOf(history);
  };
  expect(follow('0.1').moves).toMatchObject({
    '1s': { ticks: 100 },
    '10s': { state: 'gap' },
    '1m': { ticks: -100 },
    '5m': { ticks: 500 },
  });
  expect(follow('0.5').moves).toMatchObject({ '1m': { state: 'gap' }, '5m': { state: 'gap' } });
});

test('a market-wide headline is measured on three symbols, requested ones first', () => {
  const history = recorded(TRADES);
  const everywhere = { ...HEADLINE, symbols: ['A@sim', 'B@sim', 'C@sim', SYMBOL] };
  const [plain, asked] = [undefined, [SYMBOL]].map((symbols) =>
    history.impacts.of([everywhere], { now: T + 1e9, symbols }),
  );
  expect(plain?.[0]?.map(({ symbol }) => symbol)).toEqual(['A@sim', 'B@sim', 'C@sim']);
  expect(asked?.[0]?.map(({ symbol }) => symbol)).toEqual([SYMBOL, 'A@sim', 'B@sim']);
});
