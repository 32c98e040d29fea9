import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import {
  bucketStart,
  type Candle,
  CANDLE_INTERVALS,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';

import { openHistory } from '../history.ts';
import { beginRecording, START, SYMBOL } from './test-recording.ts';

const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 404);

/** Every candle of an interval, computed from the trades. */
function naive(trades: readonly Trade[], interval: CandleInterval): readonly Candle[] {
  const byBucket = Map.groupBy(trades, (trade) => bucketStart(trade.eventTime, interval));
  return [...byBucket]
    .toSorted(([a], [b]) => a - b)
    .map(([openTime, own]) => {
      const prices = own.map((trade) => trade.priceTicks);
      const sum = (some: readonly Trade[]): number =>
        some.reduce((total, trade) => total + trade.sizeLots, 0);
      return {
        openTime,
        open: prices[0] ?? 0,
        high: Math.max(...prices),
        low: Math.min(...prices),
        close: prices.at(-1) ?? 0,
        volume: sum(own),
        buyVolume: sum(own.filter(({ aggressor }) => aggressor === 'buy')),
        trades: own.length,
      };
    });
}

test(`H2: candles of any interval and range match the trades, across restarts and gaps (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const history = openHistory(':memory:');
  const trades: Trade[] = [];
  let time = START;
  // Five runs of a feed: some start in the minute in which the one before ended, some hours later.
  for (let life = 0; life < 5; life++) {
    const writer = beginRecording(history, { id: `s${life}`, now: time });
    for (let i = 0; i < 1_500; i++) {
      time += 1 + Math.floor(random.exponential(9_000));
      if (random.chance(0.002)) time += random.integer(60_000, 9_000_000);
      const trade: Trade = {
        sequence: trades.length + 1,
        eventTime: time,
        priceTicks: 5_000 + random.integer(-90, 90),
        sizeLots: random.integer(1, 900),
        aggressor: random.chance(0.5) ? 'buy' : 'sell',
      };
      trades.push(trade);
      writer.trade(SYMBOL, trade);
    }
    writer.close(time);
    time += random.pick([2_000, 20_000, 50_000_000]);
  }
  expect(time - START).toBeGreaterThan(36 * 3_600_000);
  for (const interval of CANDLE_INTERVALS) {
    const all = naive(trades, interval);
    const length = INTERVAL_MS[interval];
    expect(history.candles.range({ symbol: SYMBOL, interval, limit: 100_000 })).toEqual(all);
    for (const from of [undefined, START - length]) {
      const whole = { symbol: SYMBOL, interval, from, limit: 100_000 };
      expect(history.candles.series(whole).candles, `${interval} from ${from}`).toEqual(all);
    }
    for (let i = 0; i < 25; i++) {
      const from = random.integer(START - length, time);
      const to = random.integer(from, time + length);
      const limit = random.integer(1, 40);
      const within = all.filter(({ openTime }) => openTime >= from && openTime < to);
      const query = { symbol: SYMBOL, interval, to, limit };
      expect(history.candles.range({ ...query, from }), `${interval} ${from}..${to}`).toEqual(
        within.slice(0, limit),
      );
      const before = all.filter(({ openTime }) => openTime < to);
      expect(history.candles.range(query), `${interval} before ${to}`).toEqual(
        before.slice(-limit),
      );
      const few = limit * 20;
      expect(history.candles.series({ ...query, limit: few }).candles).toEqual(before.slice(-few));
      expect(history.candles.series({ ...query, from, limit: few }).candles).toEqual(
        within.slice(0, few),
      );
    }
  }
  const pieces = history.candles.pieces({ symbol: SYMBOL, interval: '5s', limit: 10_000 });
  let yields = 0;
  while (pieces.next().done !== true) yields++;
  expect(yields, 'pieces of ten thousand candles').toBeGreaterThan(5);
  history.close();
});
