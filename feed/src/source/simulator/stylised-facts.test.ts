/*
 * The facts that make a series look like a market (Cont 2001), as bands around the mean of fixed seeds: single seeds
 * vary widely, as single days do.
 */
import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { Simulator } from './simulator.ts';

const FROM = 1_760_018_400_000;
const SEEDS = [7, 11, 23];
const HOURS = 4;
const SECONDS = HOURS * 3_600;

type Series = {
  /** Mid price in half ticks, spread in ticks, lots and events of each second. */
  readonly mid: number[];
  readonly spread: number[];
  readonly volume: number[];
  readonly signs: number[];
  readonly gaps: number[];
  events: number;
};

function observe(seed: number): Series {
  const series: Series = { mid: [], spread: [], volume: [], signs: [], gaps: [], events: 0 };
  const bids = new Map<number, number>();
  const asks = new Map<number, number>();
  let bestBid = 0;
  let bestAsk = 0;
  let volume = 0;
  let lastTrade = 0;
  let lastUpdate = FROM;
  const market = new Simulator({
    seed,
    scenario: 'normal',
    speed: 1,
    clock: new ManualClock(FROM),
    from: FROM,
    symbols: ['BTC-USD@sim'],
  });
  const sink: Parameters<Simulator['advanceTo']>[1] = (event) => {
    if (event.type === 'trade') {
      volume += event.sizeLots;
      const sign = event.aggressor === 'buy' ? 1 : -1;
      // Trades of one market order count once.
      if (event.eventTime !== lastTrade || sign !== series.signs.at(-1)) series.signs.push(sign);
      lastTrade = event.eventTime;
      return;
    }
    if (event.type !== 'update' && event.type !== 'snapshot') return;
    series.events += 1;
    series.gaps.push(event.eventTime - lastUpdate);
    lastUpdate = event.eventTime;
    for (const [price, lots] of event.bids) {
      if (lots === 0) bids.delete(price);
      else bids.set(price, lots);
      if (lots > 0 && price > bestBid) bestBid = price;
    }
    for (const [price, lots] of event.asks) {
      if (lots === 0) asks.delete(price);
      else asks.set(price, lots);
      if (lots > 0 && (bestAsk === 0 || price < bestAsk)) bestAsk = price;
    }
    while (!bids.has(bestBid)) bestBid -= 1;
    while (!asks.has(bestAsk)) bestAsk += 1;
  };
  for (let second = 1; second <= SECONDS; second++) {
    market.advanceTo(FROM + second * 1_000, sink);
    series.mid.push(bestBid + bestAsk);
    series.spread.push(bestAsk - bestBid);
    series.volume.push(volume);
    volume = 0;
  }
  return series;
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    ab += (value - meanA) * (other - meanB);
    aa += (value - meanA) ** 2;
    bb += (other - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

function autocorrelation(values: readonly number[], lag: number): number {
  return correlation(values.slice(0, -lag), values.slice(lag));
}

function returns(mid: readonly number[], step: number): number[] {
  const result: number[] = [];
  for (let at = step; at < mid.length; at += step)
    result.push((mid[at] ?? 0) - (mid[at - step] ?? 0));
  return result;
}

function excessKurtosis(values: readonly number[]): number {
  const centre = mean(values);
  const variance = mean(values.map((value) => (value - centre) ** 2));
  return mean(values.map((value) => (value - centre) ** 4)) / variance ** 2 - 3;
}

/** Tail exponent of the largest 2 % (Hill 1975). */
function hill(values: readonly number[]): number {
  const sorted = values.map(Math.abs).toSorted((a, b) => b - a);
  const count = Math.floor(sorted.length * 0.02);
  const threshold = sorted[count] ?? 1;
  return (
    count / sorted.slice(0, count).reduce((sum, value) => sum + Math.log(value / threshold), 0)
  );
}

/** Slope of log autocorrelation over log lag of the order signs. */
function signSlope(signs: readonly number[]): number {
  const points = [1, 2, 3, 5, 8, 12, 20, 30, 50, 80]
    .map((lag) => [Math.log(lag), autocorrelation(signs, lag)] as const)
    .filter(([, value]) => value > 0);
  const x = points.map(([lag]) => lag);
  const y = points.map(([, value]) => Math.log(value));
  const spread = Math.sqrt(mean(x.map((v) => v * v)) - mean(x) ** 2);
  const height = Math.sqrt(mean(y.map((v) => v * v)) - mean(y) ** 2);
  return (correlation(x, y) * height) / spread;
}

// Hours of market time: takes some ten seconds alone, more next to other tests.
test('the busy market has the stylised facts of real ones', () => {
  const all = SEEDS.map(observe);
  const over = (measure: (series: Series) => number): number => mean(all.map(measure));
  const facts = {
    eventsPerSecond: over(({ events }) => events / SECONDS),
    hill: over(({ mid }) => hill(returns(mid, 1))),
    kurtosis1s: over(({ mid }) => excessKurtosis(returns(mid, 1))),
    kurtosis60s: over(({ mid }) => excessKurtosis(returns(mid, 60))),
    returnMemory60s: over(({ mid }) => autocorrelation(returns(mid, 60), 1)),
    absoluteMemoryLag1: over(({ mid }) => autocorrelation(returns(mid, 10).map(Math.abs), 1)),
    absoluteMemoryLag10: over(({ mid }) => autocorrelation(returns(mid, 10).map(Math.abs), 10)),
    signSlope: over(({ signs }) => signSlope(signs)),
    tightSpread: over(({ spread }) => spread.filter((ticks) => ticks <= 2).length / spread.length),
    volumeVolatility: over(({ mid, volume }) =>
      correlation(returns(mid, 1).map(Math.abs), volume.slice(1)),
    ),
    burstiness: over(
      ({ gaps }) => Math.sqrt(mean(gaps.map((gap) => gap * gap)) - mean(gaps) ** 2) / mean(gaps),
    ),
  };
  const said = `seeds ${SEEDS.join(', ')}: ${JSON.stringify(facts)}`;
  const within = (value: number, low: number, high: number): void => {
    expect(value, said).toBeGreaterThan(low);
    expect(value, said).toBeLessThan(high);
  };
  within(facts.eventsPerSecond, 200, 700);
  within(facts.hill, 2, 4.5);
  within(facts.kurtosis1s, 5, 100);
  within(facts.kurtosis60s, 0, facts.kurtosis1s);
  within(facts.returnMemory60s, -0.1, 0.1);
  within(facts.absoluteMemoryLag1, 0.2, 0.8);
  within(facts.absoluteMemoryLag10, 0.1, 0.6);
  within(facts.signSlope, -0.75, -0.4);
  within(facts.tightSpread, 0.85, 1);
  within(facts.volumeVolatility, 0.05, 1);
  within(facts.burstiness, 1, 10);
}, 120_000);
