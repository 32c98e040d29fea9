import { expect, test } from 'vitest';

import { CandleBuilder, deriveCandles } from './candle-builder.ts';
import { bucketStart, CANDLE_INTERVALS, type Candle, type CandleInterval } from './candle.ts';
import { Random } from './random.ts';
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
  const builder = new CandleBuilder(interval);
  const candles: Candle[] = [];
  for (const trade of trades) {
    const closed = builder.add(trade);
    if (closed !== undefined) candles.push(closed);
  }
  if (builder.forming !== undefined) candles.push(builder.forming);
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

const trade = (eventTime: number, priceTicks: number): Trade => ({
  sequence: 1,
  eventTime,
  priceTicks,
  sizeLots: 2,
  aggressor: 'buy',
});

test('a late trade corrects the candle that closed last, and not its close', () => {
  const builder = new CandleBuilder('1m');
  builder.add(trade(0, 10));
  builder.add(trade(59_999, 11));
  expect(builder.add(trade(60_000, 12))).toMatchObject({ openTime: 0, high: 11, close: 11 });
  expect(builder.add(trade(59_000, 20))).toMatchObject({
    openTime: 0,
    high: 20,
    close: 11,
    trades: 3,
  });
  expect(builder.forming).toMatchObject({ openTime: 60_000, trades: 1 });
  builder.add(trade(300_000, 12));
  expect(builder.add(trade(1, 1))).toBeUndefined();
  expect(builder.late).toBe(1);
});

test('a candle closes by time alone when no trade comes', () => {
  const builder = new CandleBuilder('1s');
  builder.add(trade(500, 10));
  expect(builder.closeBefore(999)).toBeUndefined();
  expect(builder.closeBefore(1_000)).toMatchObject({ openTime: 0 });
  expect(builder.forming).toBeUndefined();
  expect(builder.add(trade(900, 9))).toMatchObject({ openTime: 0, low: 9, close: 10 });
});
