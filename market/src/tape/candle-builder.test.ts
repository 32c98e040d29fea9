import { expect, test } from 'vitest';

import { Random } from '../number/random.ts';
import { candleOf, deriveCandles, foldTrade } from './candle-builder.ts';
import { bucketStart, CANDLE_INTERVALS, type Candle, type CandleInterval } from './candle.ts';
import type { Trade } from './trade.ts';

const SEED = 311;

function randomTrades(random: Random, count: number): Trade[] {
  let eventTime = 1_760_000_000_000;
  return Array.from({ length: count }, (_, i): Trade => {
    eventTime += Math.floor(random.exponential(9_000));
    return {
      sequence: i + 1,
      eventTime,
      priceTicks: 1_000 + random.integer(-50, 50),
      sizeLots: random.integer(1, 100),
      aggressor: random.chance(0.5) ? 'buy' : 'sell',
    };
  });
}

function build(trades: readonly Trade[], interval: CandleInterval): Candle[] {
  const candles: Candle[] = [];
  for (const trade of trades) {
    const openTime = bucketStart(trade.eventTime, interval);
    const last = candles.at(-1);
    if (last?.openTime === openTime) candles[candles.length - 1] = foldTrade(last, trade);
    else candles.push(candleOf(openTime, trade));
  }
  return candles;
}

test(`H2: five 1m candles are one 5m candle (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let round = 0; round < 20; round++) {
    const trades = randomTrades(random, 500);
    expect([...deriveCandles(build(trades, '1m'), '5m')]).toEqual(build(trades, '5m'));
  }
});

test('every interval starts its buckets at multiples of itself', () => {
  for (const interval of CANDLE_INTERVALS) {
    const start = bucketStart(1_760_000_012_345, interval);
    expect(bucketStart(start, interval)).toBe(start);
    expect(bucketStart(start - 1, interval)).toBeLessThan(start);
  }
});
