import type { MonotonicMs, Moment } from '@tapedeck/market/time/clock';
import type { CandlesBody } from '@tapedeck/market/wire/http';

import type { Topic, TopicValue } from '../live/model/deck-port.ts';
import type { LadderView } from '../live/model/view-model.ts';

export const SYMBOL = 'BTC-USD@sim';
export const INSTRUMENT = {
  symbol: SYMBOL,
  venue: 'sim',
  base: 'BTC',
  quote: 'USD',
  tickSize: '0.01',
  lotSize: '0.0001',
} as const;
/** The price of the last trade, shown by every panel with prices. */
export const LAST_PRICE = '61,234.50';

const LAST = 6_123_450;
const LEVELS = 12;
const TRADES = 12;

/** How the best prices relate. */
export type Meeting = 'apart' | 'locked' | 'crossed';

const BEST_BID: Readonly<Record<Meeting, number>> = {
  apart: LAST,
  locked: LAST + 50,
  crossed: LAST + 80,
};

/** What the worker sends for the one market of these tests. */
export function valueOf(topic: Topic, now: Moment, meeting: Meeting): TopicValue | undefined {
  const [bid, ask] = [BEST_BID[meeting], LAST + 50];
  switch (topic.kind) {
    case 'ticker':
      return {
        symbol: SYMBOL,
        instrument: INSTRUMENT,
        last: LAST,
        bid,
        ask,
        open24h: LAST - 50_000,
        volume24h: 12_345_678,
        eventTime: now.wall,
        direction: 1,
      };
    case 'tape':
      return {
        symbol: SYMBOL,
        instrument: INSTRUMENT,
        rows: Array.from({ length: TRADES }, (_, index) => ({
          sequence: 1_000 - index,
          eventTime: now.wall - index * 1_000,
          priceTicks: LAST - index,
          sizeLots: 100 + 37 * index,
          aggressor: index % 2 === 0 ? 'buy' : 'sell',
        })),
        notShown: 3,
        boughtLots: 70_000,
        soldLots: 30_000,
      };
    case 'ladder':
      return {
        symbol: SYMBOL,
        instrument: INSTRUMENT,
        groupTicks: topic.groupTicks,
        bids: levelsFrom(bid, -10),
        asks: levelsFrom(ask, 10),
        bestBid: [bid, 100],
        bestAsk: [ask, 100],
        spreadTicks: ask - bid,
        midTicks: (ask + bid) / 2,
        micropriceTicks: (ask + bid) / 2,
        imbalance: { 1: 0, 5: 0.1, 10: 0.2, 20: -0.1 },
        crossed: ask <= bid,
        sequence: 1_211,
        eventTime: now.wall,
      };
    default:
      return undefined;
  }
}

function levelsFrom(best: number, step: number): LadderView['bids'] {
  return Array.from({ length: LEVELS }, (_, index) => ({
    priceTicks: best + index * step,
    sizeLots: 100 + 13 * index,
    cumulativeLots: 100 * (index + 1) + 13 * ((index * (index + 1)) / 2),
  }));
}

const MINUTE_MS = 60_000;

/** An hour of candles that ends with the forming one. */
export function candlesAt({ wall }: Moment, interval: CandlesBody['interval']): CandlesBody {
  const newest = Math.floor(wall / MINUTE_MS) * MINUTE_MS;
  return {
    symbol: SYMBOL,
    instrument: INSTRUMENT,
    interval,
    candles: Array.from({ length: 60 }, (_, index) => ({
      openTime: newest - (59 - index) * MINUTE_MS,
      open: LAST - 30 * index,
      high: LAST + 500,
      low: LAST - 2_500,
      close: LAST,
      volume: 4_000 + 10 * index,
      buyVolume: 2_000,
      trades: 10,
      state: index === 59 ? 'forming' : 'closed',
    })),
    asOfSequence: 1_000,
    epoch: 'e',
  };
}

/** `ms` before `moment` on both clocks. */
export function before({ wall, at }: Moment, ms: number): Moment {
  return { wall: wall - ms, at: (at - ms) as MonotonicMs };
}
