/*
 * A venue's checksum, taken over numbers with all their decimal places. The instrument states how many those are. If
 * it does not, or is outdated, they are found from a snapshot: the places with which its checksum holds.
 */
import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { Grid } from '@tapedeck/market/grid/grid';
import { type DecimalScale, decimalPlaces } from '@tapedeck/market/number/decimal';
import type { Level } from '@tapedeck/market/number/level';

import { type DecimalPlaces, NO_PLACES } from '../../../venue/decimal-places.ts';
import type { LiveBookRule } from '../../../venue/live-venue.ts';
import type { LiveGrid } from './live-grid.ts';

type Rule = NonNullable<LiveBookRule['checksum']>;

const MOST_PLACES = 12;

export class ChecksumPlaces {
  readonly #rule: Rule;
  #places: DecimalPlaces | undefined;

  constructor(rule: Rule, grid: Grid | undefined) {
    this.#rule = rule;
    this.#places =
      rule.isPlain === true
        ? NO_PLACES
        : grid && { price: decimalPlaces(grid.tickSize), size: decimalPlaces(grid.lotSize) };
  }

  /** For the book after a delta. */
  holds(book: OrderBook, grid: LiveGrid, expected: number | undefined): boolean {
    return expected === undefined || this.#places === undefined
      ? expected === undefined
      : this.#sum(book, grid, this.#places) === expected;
  }

  /** For a snapshot: also tries other decimal places. */
  holdsAtFirst(book: OrderBook, grid: LiveGrid, expected: number | undefined): boolean {
    if (expected === undefined || this.holds(book, grid, expected)) return true;
    for (let price = 0; price <= MOST_PLACES; price++) {
      for (let size = 0; size <= MOST_PLACES; size++) {
        if (this.#sum(book, grid, { price, size }) !== expected) continue;
        this.#places = { price, size };
        return true;
      }
    }
    return false;
  }

  #sum(book: OrderBook, grid: LiveGrid, places: DecimalPlaces): number {
    const texts = (levels: readonly Level[]): readonly TextLevel[] =>
      levels.map(([price, size]) => [
        fixed(price, grid.price, places.price),
        fixed(size, grid.size, places.size),
      ]);
    const { depth, of } = this.#rule;
    return of(texts(book.asks.top(depth)), texts(book.bids.top(depth)));
  }
}

/** With at least so many decimal places; with more if the number has them. */
function fixed(units: number, scale: DecimalScale, places: number): string {
  const [whole = '', fraction = ''] = scale.toPlainText(units).split('.');
  const all = fraction.padEnd(places, '0');
  return all === '' ? whole : `${whole}.${all}`;
}
