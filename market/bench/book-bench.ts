/* `npm run bench -- book`: updates per second of OrderBook and of two obvious implementations. */
import type { BookDelta, BookSnapshot } from '../src/book/book-delta.ts';
import { OrderBook } from '../src/book/order-book.ts';
import type { Level } from '../src/number/level.ts';
import { type BookWorkload, makeBookWorkload } from './book-workload.ts';
import { measure, rateText, summarise, tableOf } from './measure.ts';
import { MapBook, type MeasuredBook, SortedArrayBook } from './naive-books.ts';

const RUNS = 5;
const SEED = 7;
const LEVELS = 1_000;
const DELTAS = 300_000;
/** The Map book sorts on every read, and would take too long for all deltas. */
const MAP_DELTAS = 100_000;
/** Number of deltas per flush of the 50 ms tier in a market with 400 deltas a second. */
const DELTAS_PER_VIEW = 20;
const DEPTH = 25;

class ProductBook implements MeasuredBook {
  readonly #book = new OrderBook();

  applySnapshot(snapshot: BookSnapshot): void {
    this.#book.applySnapshot(snapshot);
  }

  applyDelta(delta: BookDelta): void {
    this.#book.applyDelta(delta);
  }

  best(): readonly [number, number] {
    return [this.#book.bids.priceAt(0) ?? 0, this.#book.asks.priceAt(0) ?? 0];
  }

  top(depth: number): readonly [readonly Level[], readonly Level[]] {
    return [this.#book.bids.top(depth), this.#book.asks.top(depth)];
  }
}

type Reading = 'nothing' | 'best' | 'top';

/** Applies all deltas; returns the sum of the values read, which must be the same for all books. */
function run(book: MeasuredBook, workload: BookWorkload, reading: Reading): number {
  book.applySnapshot(workload.snapshot);
  let sum = 0;
  let at = 0;
  for (const delta of workload.deltas) {
    book.applyDelta(delta);
    if (reading === 'best') {
      const [bid, ask] = book.best();
      sum += bid + ask;
    } else if (reading === 'top' && ++at % DELTAS_PER_VIEW === 0) {
      for (const side of book.top(DEPTH)) for (const [price, size] of side) sum += price + size;
    }
  }
  return sum;
}

const BOOKS: readonly (readonly [name: string, make: () => MeasuredBook, deltas: number])[] = [
  ['`OrderBook`', () => new ProductBook(), DELTAS],
  ['sorted array, splice', () => new SortedArrayBook(), DELTAS],
  ['Map, sorted on reading', () => new MapBook(), MAP_DELTAS],
];

const READINGS: readonly (readonly [Reading, string])[] = [
  ['nothing', 'levels/s, nothing read'],
  ['best', 'levels/s, best read after each delta'],
  ['top', `levels/s, top ${DEPTH} read every ${DELTAS_PER_VIEW} deltas`],
];

function main(): void {
  const workloads = new Map(
    [DELTAS, MAP_DELTAS].map((count) => [count, makeBookWorkload(SEED, count, LEVELS)] as const),
  );
  const rows = BOOKS.map(([name, make, count]) => {
    const workload = workloads.get(count) as BookWorkload;
    const cells = READINGS.map(([reading]) => {
      const expected = run(new ProductBook(), workload, reading);
      const seconds = measure(RUNS, () => {
        const sum = run(make(), workload, reading);
        if (sum !== expected) throw new Error(`${name} disagrees: ${sum}, not ${expected}`);
      });
      const { median, spread } = summarise(seconds);
      const deltasPerSecond = rateText(workload.deltas.length / median);
      return `${rateText(workload.events / median)} (${deltasPerSecond} deltas/s, ±${Math.round((spread * 100) / 2)} %)`;
    });
    return [name, ...cells];
  });
  process.stdout.write(
    `Node ${process.versions.node}, medians of ${RUNS}, CPU time, 1,000 levels a side, seed ${SEED}\n\n`,
  );
  process.stdout.write(`${tableOf(['book', ...READINGS.map(([, title]) => title)], rows)}\n`);
}

main();
