import { OrderBook } from '@tapedeck/market/book/order-book';
import type { Level } from '@tapedeck/market/number/level';
import type { MonotonicMs, Moment } from '@tapedeck/market/time/clock';
import type { CandlesBody } from '@tapedeck/market/wire/http';

import type { TopicSource } from '../live/model/topic-definition.ts';
import { definitionOf, type Topic, type TopicValue } from '../live/model/topics.ts';

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

/** What the worker sends for the one market of these tests: the views of its own table, over this channel. */
export function valueOf(topic: Topic, now: Moment, meeting: Meeting): TopicValue | undefined {
  return definitionOf(topic).view(topic, channelAt(now, meeting));
}

function channelAt({ wall }: Moment, meeting: Meeting): TopicSource {
  const [bid, ask] = [BEST_BID[meeting], LAST + 50];
  const book = new OrderBook();
  book.applySnapshot({
    sequence: 1_211,
    eventTime: wall,
    receiveTime: wall,
    bids: levelsFrom(bid, -10),
    asks: levelsFrom(ask, 10),
  });
  return {
    instrument: INSTRUMENT,
    book,
    tape: () => ({
      symbol: SYMBOL,
      instrument: INSTRUMENT,
      rows: Array.from({ length: TRADES }, (_, index) => ({
        sequence: 1_000 - index,
        eventTime: wall - index * 1_000,
        priceTicks: LAST - index,
        sizeLots: 100 + 37 * index,
        aggressor: index % 2 === 0 ? 'buy' : 'sell',
      })),
      notShown: 3,
      boughtLots: 70_000,
      soldLots: 30_000,
    }),
    ticker: () => ({
      symbol: SYMBOL,
      instrument: INSTRUMENT,
      last: LAST,
      bid,
      ask,
      open24h: LAST - 50_000,
      volume24h: 12_345_678,
      eventTime: wall,
      direction: 1,
    }),
  };
}

function levelsFrom(best: number, step: number): readonly Level[] {
  return Array.from({ length: LEVELS }, (_, index) => [best + index * step, 100 + 13 * index]);
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
