/* A feed's recorder in a process of its own, for the test that kills it: prints how far it was, ten times a second. */
import { OrderBook } from '@tapedeck/market/order-book';

import { SystemClock } from '../system-clock.ts';
import { Recorder } from './recorder.ts';

const SYMBOL = 'BTC-USD@sim';
const clock = new SystemClock();
const book = new OrderBook();
const recorder = new Recorder({
  path: process.argv[2] ?? '',
  mode: '100ms',
  clock,
  source: 'sim',
  origin: { seed: 7 },
  bookOf: () => book.snapshot(),
});
recorder.instrument({
  symbol: SYMBOL,
  venue: 'sim',
  base: 'BTC',
  quote: 'USD',
  tickSize: '0.1',
  lotSize: '0.001',
});
const start = clock.now();
book.applySnapshot({
  sequence: 1,
  eventTime: start,
  receiveTime: start,
  bids: [[1_000, 1]],
  asks: [[1_001, 1]],
});
recorder.snapshot(SYMBOL, book.snapshot());
let trades = 0;
setInterval(() => {
  const eventTime = clock.now();
  const previous = book.sequence;
  // The size says the time: whoever reads the book knows when it was.
  const bids = [[1_000, eventTime]] as const;
  const delta = {
    previous,
    sequence: previous + 1,
    eventTime,
    receiveTime: eventTime,
    bids,
    asks: [],
  };
  book.applyDelta(delta);
  recorder.delta(SYMBOL, delta);
  const trade = {
    sequence: ++trades,
    eventTime,
    priceTicks: 1_000,
    sizeLots: 1,
    aggressor: 'buy',
  } as const;
  recorder.trade(SYMBOL, trade);
}, 10);
setInterval(() => {
  const { session, lastWriteAt } = recorder.stats();
  process.stdout.write(`${JSON.stringify({ session, lastWriteAt, now: clock.now() })}\n`);
}, 100);
