/* What the simulated markets have in common: one mood, shared news with their jumps, and trading hours. */
import { expect, test } from 'vitest';

import type { HeadlineEvent } from '@tapedeck/market/instrument/market-event';
import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import { intraday } from './intraday.ts';
import { HEADLINE_SPREAD_MS, NewsDesk, type NewsItem } from './news-desk.ts';
import { SIM_INSTRUMENTS } from './sim-instrument.ts';
import { Simulator } from './simulator.ts';

/** Midnight, UTC. */
const DAY = 1_760_054_400_000;
const HOUR_MS = 3_600_000;
const HOURS = 600;

function news(): readonly NewsItem[] {
  const desk = new NewsDesk({
    seed: 7,
    instruments: SIM_INSTRUMENTS,
    from: DAY,
    jumps: 1,
    noisePerHour: 1,
  });
  return desk.due(DAY + HOURS * HOUR_MS);
}

test('there are at least eight symbols, of all scales, paces and hours', () => {
  expect(SIM_INSTRUMENTS.length).toBeGreaterThanOrEqual(8);
  const prices = SIM_INSTRUMENTS.map(
    ({ startPriceTicks, instrument }) => startPriceTicks * Number(instrument.tickSize),
  );
  expect(Math.min(...prices)).toBeLessThan(0.000_01);
  expect(Math.max(...prices)).toBeGreaterThan(10_000);
  const rates = SIM_INSTRUMENTS.map(({ flow }) => flow.rate);
  expect(Math.max(...rates) / Math.min(...rates)).toBeGreaterThan(4);
  expect(new Set(SIM_INSTRUMENTS.map(({ hours }) => hours))).toEqual(
    new Set(['crypto', 'equity', 'fx']),
  );
  for (const { flow } of SIM_INSTRUMENTS) {
    expect(flow.beta).toBeGreaterThanOrEqual(0.6);
    expect(flow.beta).toBeLessThanOrEqual(0.9);
  }
});

test('a symbol jumps 1.5 times an hour, and shares half of its jumps with others', () => {
  const jumps = news().filter((item) => item.kind === 'jump');
  const sharers = new Map<string, number>();
  for (const { eventId } of jumps) sharers.set(eventId, (sharers.get(eventId) ?? 0) + 1);
  for (const { instrument } of SIM_INSTRUMENTS) {
    const own = jumps.filter(({ symbol }) => symbol === instrument.symbol);
    const shared = own.filter(({ eventId }) => (sharers.get(eventId) ?? 0) > 1);
    expect(own.length / HOURS, instrument.symbol).toBeGreaterThan(1.25);
    expect(own.length / HOURS, instrument.symbol).toBeLessThan(1.75);
    expect(shared.length / own.length, instrument.symbol).toBeGreaterThan(0.42);
    expect(shared.length / own.length, instrument.symbol).toBeLessThan(0.58);
  }
});

test('every jump has one headline with its eventId, before or after it', () => {
  const items = news();
  const headlines = new Map<string, HeadlineEvent>();
  for (const item of items) {
    if (item.kind !== 'headline' || item.headline.eventId === undefined) continue;
    expect(headlines.has(item.headline.eventId)).toBe(false);
    headlines.set(item.headline.eventId, item.headline);
  }
  const leads: number[] = [];
  for (const item of items) {
    // The headline of one at the very end may come after it.
    if (item.kind !== 'jump' || item.at > DAY + HOURS * HOUR_MS - HEADLINE_SPREAD_MS) continue;
    const headline = must(headlines.get(item.eventId), item.eventId);
    expect(headline.symbols).toContain(item.symbol);
    leads.push(headline.time - item.at);
  }
  expect(Math.max(...leads.map(Math.abs))).toBeLessThanOrEqual(HEADLINE_SPREAD_MS + 1);
  expect(leads.filter((lead) => lead < 0).length / leads.length).toBeGreaterThan(0.4);
  expect(leads.filter((lead) => lead > 0).length / leads.length).toBeGreaterThan(0.4);
});

test('markets move together: more often in the same direction than not', () => {
  const symbols = ['BTC-USD@sim', 'ETH-USD@sim', 'ACME@sim', 'EUR-USD@sim'];
  const agreed = new Map(symbols.map((symbol) => [symbol, { same: 0, all: 0 }]));
  for (const seed of [7, 11, 23]) {
    const from = DAY + 14 * HOUR_MS;
    const clock = new ManualClock(from);
    const simulator = new Simulator({ seed, scenario: 'normal', speed: 1, clock, from, symbols });
    const last = new Map<string, number>();
    for (let at = from; at <= from + HOUR_MS; at += 30_000) {
      const before = new Map(last);
      simulator.advanceTo(at, (event) => {
        if (event.type === 'trade') last.set(event.symbol, event.priceTicks);
      });
      const moved = (symbol: string): number =>
        Math.sign((last.get(symbol) ?? 0) - (before.get(symbol) ?? last.get(symbol) ?? 0));
      const first = moved('BTC-USD@sim');
      for (const [symbol, counts] of agreed) {
        if (first === 0 || moved(symbol) === 0) continue;
        counts.all++;
        if (moved(symbol) === first) counts.same++;
      }
    }
  }
  const share = (symbol: string): number => {
    const { same, all } = must(agreed.get(symbol), symbol);
    return same / all;
  };
  // Of some 350: chance alone would be 0.5, give or take 0.03.
  for (const symbol of symbols) expect(share(symbol), symbol).toBeGreaterThan(0.57);
  expect(share('ETH-USD@sim')).toBeGreaterThan(0.62);
});

test('equities have a U over their session and thin hours around it, crypto a wave over 24 hours', () => {
  const equity = (hour: number) => intraday('equity', DAY + hour * HOUR_MS);
  expect(equity(13.6)).toBeGreaterThan(1.4);
  expect(equity(16.75)).toBeLessThan(0.75);
  expect(equity(19.9)).toBeGreaterThan(1.2);
  expect([equity(3), equity(13.4), equity(20)]).toEqual([0.3, 0.3, 0.3]);
  const crypto = Array.from({ length: 24 }, (_, hour) => intraday('crypto', DAY + hour * HOUR_MS));
  expect(crypto.reduce((sum, level) => sum + level, 0) / 24).toBeCloseTo(1, 5);
  expect(crypto.indexOf(Math.max(...crypto))).toBe(15);
  expect(crypto.indexOf(Math.min(...crypto))).toBe(3);
  // The model's output follows its hours.
  expect(eventsAt('ACME@sim', 13.5)).toBeGreaterThan(1.5 * eventsAt('ACME@sim', 16.7));
  expect(eventsAt('ACME@sim', 16.7)).toBeGreaterThan(1.5 * eventsAt('ACME@sim', 4));
});

/** Book changes in ten minutes from an hour of the day on. */
function eventsAt(symbol: string, hour: number): number {
  const from = DAY + hour * HOUR_MS;
  const clock = new ManualClock(from);
  const symbols = [symbol];
  const simulator = new Simulator({ seed: 7, scenario: 'normal', speed: 1, clock, from, symbols });
  let count = 0;
  simulator.advanceTo(from + 600_000, (event) => {
    if (event.type === 'update') count++;
  });
  return count;
}
