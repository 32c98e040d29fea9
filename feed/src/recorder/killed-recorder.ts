/*
 * A feed's recorder in a process of its own, for the test that kills it: some ten thousand level changes a second
 * over three markets, as fast as a busy venue, and a line of progress fifty times a second.
 */
import { OrderBook } from '@tapedeck/market/book/order-book';
import { Random } from '@tapedeck/market/number/random';

import { SystemClock } from '../machine/system-clock.ts';
import { Recorder } from './recorder.ts';

const SYMBOLS = ['BTC-USD@sim', 'ETH-USD@sim', 'SOL-USD@sim'] as const;
const STEP_MS = 10;
const DELTAS_PER_STEP = 6;
const REPORT_MS = 20;

const clock = new SystemClock();
const random = new Random(Number(process.argv[3] ?? 7));
const books = new Map(SYMBOLS.map((symbol) => [symbol, new OrderBook()] as const));
const recorder = new Recorder({
  path: process.argv[2] ?? '',
  mode: 'raw',
  clock,
  source: 'sim',
  origin: { seed: 7 },
  bookOf: (symbol) => books.get(symbol as (typeof SYMBOLS)[number])?.snapshot(),
});
const start = clock.now();
for (const [symbol, book] of books) {
  const grids = { tickSize: '0.1', lotSize: '0.001' };
  recorder.instrument({ symbol, venue: 'sim', base: symbol.slice(0, 3), quote: 'USD', ...grids });
  const times = { eventTime: start, receiveTime: start };
  book.applySnapshot({ sequence: 1, ...times, bids: [[1_000, start]], asks: [[1_001, 1]] });
  recorder.snapshot(symbol, book.snapshot());
}

let trades = 0;
function step(): void {
  for (const [symbol, book] of books) {
    for (let n = 0; n < DELTAS_PER_STEP; n++) {
      const eventTime = clock.now();
      const previous = book.sequence;
      // The size of the best bid encodes the time: a reader of the book knows its age.
      const bids = [
        [1_000, eventTime],
        [random.integer(800, 999), random.integer(0, 9)],
        [random.integer(600, 799), random.integer(0, 9)],
      ] as const;
      const asks = [
        [random.integer(1_001, 1_200), random.integer(1, 9)],
        [random.integer(1_201, 1_400), random.integer(0, 9)],
      ] as const;
      const stamp = { eventTime, receiveTime: eventTime };
      const delta = { previous, sequence: previous + 1, ...stamp, bids, asks };
      book.applyDelta(delta);
      recorder.delta(symbol, delta);
    }
    const trade = { sequence: ++trades, eventTime: clock.now(), priceTicks: 1_000, sizeLots: 1 };
    recorder.trade(symbol, { ...trade, aggressor: 'buy' });
  }
}
setInterval(step, STEP_MS);
setInterval(() => {
  const { session, lastWriteAt } = recorder.stats();
  process.stdout.write(`${JSON.stringify({ session, lastWriteAt, now: clock.now() })}\n`);
}, REPORT_MS);
