import { expect, test } from 'vitest';

import { OrderBook } from '@tapedeck/market/book/order-book';
import type { Level } from '@tapedeck/market/number/level';

import { ladderTopic } from './ladder-topic.ts';

const SYMBOL = 'BTC-USD@sim';
const INSTRUMENT = {
  symbol: SYMBOL,
  venue: 'sim',
  base: 'BTC',
  quote: 'USD',
  tickSize: '0.1',
  lotSize: '1',
};

function noTape(): never {
  throw new Error('a ladder needs no tape');
}

function flagOf(bid: Level, ask: Level): boolean | undefined {
  const book = new OrderBook();
  book.applySnapshot({ sequence: 1, eventTime: 1, receiveTime: 1, bids: [bid], asks: [ask] });
  const topic = { symbol: SYMBOL, groupTicks: 1, rows: 10, rateHz: 10 };
  const source = { instrument: INSTRUMENT, book, tape: noTape, ticker: () => undefined };
  return ladderTopic.view(topic, source)?.crossed;
}

test('P15: a ladder flags a crossed or locked book, and no other', () => {
  expect(flagOf([99, 1], [100, 1])).toBe(false);
  expect(flagOf([100, 1], [100, 1])).toBe(true);
  expect(flagOf([101, 1], [100, 1])).toBe(true);
});
