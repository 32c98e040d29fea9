/*
 * A venue's book with sizes that may exceed what can be counted in lots (P1): no lot fits both them and the other
 * sizes. While the book has such a level it is not exact, so it is a hole (P16): nothing is recorded until the level
 * is gone, and then the whole book. A book without such levels costs nothing.
 */
import type { BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs, Level } from '@tapedeck/market/number/level';

import type {
  BookStep,
  GridDiff,
  GridLevels,
  GridSnapshot,
  VenueBook,
} from '../../venue/venue-book.ts';
import { isUncountable } from '../grid/grid-levels.ts';
import type { ImportGrids } from '../grid/import-grids.ts';

type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

const NO_TEXT: GridLevels['text'] = { bids: [], asks: [] };
const SIDES = ['bids', 'asks'] as const;

export class CountedBook implements VenueBook {
  readonly #book: VenueBook;
  readonly #grids: ImportGrids;
  readonly #recorded: () => BookSnapshot | undefined;
  /** Side and price of each level now in the book that cannot be counted. */
  #uncounted = new Set<string>();
  /** The book without those levels; undefined if it is not known. */
  #rest: OrderBook | undefined;
  #hasMet = false;
  #isHole = false;

  /** `recorded` returns the book as recorded so far. */
  constructor(book: VenueBook, grids: ImportGrids, recorded: () => BookSnapshot | undefined) {
    this.#book = book;
    this.#grids = grids;
    this.#recorded = recorded;
  }

  /** Called when a level that cannot be counted is met, before its event is processed. */
  meet(): void {
    this.#hasMet = true;
  }

  snapshot(snapshot: GridSnapshot, receiveTime: EpochMs): Iterable<BookStep> {
    if (!this.#hasMet) return this.#book.snapshot(snapshot, receiveTime);
    return this.#snapshot(snapshot, receiveTime);
  }

  diff(diff: GridDiff, receiveTime: EpochMs): Iterable<BookStep> {
    const steps = this.#book.diff(diff, receiveTime);
    return this.#hasMet ? this.#counted(steps) : steps;
  }

  lost(detail: string, isCertain: boolean): Iterable<BookStep> {
    const steps = this.#book.lost(detail, isCertain);
    return this.#hasMet ? this.#counted(steps) : steps;
  }

  end(): Iterable<BookStep> {
    const steps = this.#book.end();
    return this.#hasMet ? this.#counted(steps) : steps;
  }

  *#snapshot(snapshot: GridSnapshot, receiveTime: EpochMs): Generator<BookStep> {
    // The venue's rules may skip it if everything else is equal.
    if (this.#uncountedOf(snapshot.text).length > 0)
      yield* this.#begin(snapshot.text, snapshot.eventTime ?? receiveTime);
    yield* this.#counted(this.#book.snapshot(snapshot, receiveTime));
  }

  *#counted(steps: Iterable<BookStep>): Generator<BookStep> {
    for (const step of steps) {
      if (step.type === 'begin') {
        this.#uncounted = new Set(this.#uncountedOf(step.snapshot.text));
        this.#isHole = this.#uncounted.size > 0;
        if (this.#isHole) {
          this.#rest = new OrderBook();
          setLevels(this.#rest, step.snapshot);
          yield holeFrom(step.eventTime);
        } else yield step;
      } else if (step.type === 'apply') {
        yield* this.#apply(step.diff, step.receiveTime, step);
      } else {
        // The next step after it is a whole book.
        if (step.type === 'hole') this.#rest = undefined;
        yield step;
      }
    }
  }

  *#apply(diff: GridDiff, receiveTime: EpochMs, step: BookStep): Generator<BookStep> {
    if (!this.#isHole && this.#uncountedOf(diff.text).length === 0) {
      yield step;
      return;
    }
    yield* this.#begin(diff.text, diff.eventTime, diff);
    if (this.#rest !== undefined) setLevels(this.#rest, diff);
    if (this.#uncounted.size > 0 || this.#rest === undefined) return;
    this.#isHole = false;
    const { bids, asks } = this.#rest.snapshot();
    const { eventTime } = diff;
    yield { type: 'begin', snapshot: { bids, asks, text: NO_TEXT }, eventTime, receiveTime };
  }

  /** Begins a hole, or updates the levels of the current one. */
  *#begin(text: GridLevels['text'], time: EpochMs, changed?: Sides): Generator<BookStep> {
    if (!this.#isHole) {
      const recorded = this.#recorded();
      this.#rest = recorded && new OrderBook();
      this.#rest?.applySnapshot(recorded as BookSnapshot);
      this.#isHole = true;
      yield holeFrom(time);
    }
    for (const side of SIDES)
      for (const [price] of changed?.[side] ?? []) this.#uncounted.delete(`${side} ${price}`);
    for (const key of this.#uncountedOf(text)) this.#uncounted.add(key);
  }

  #uncountedOf(text: GridLevels['text']): readonly string[] {
    const { price, size } = this.#grids;
    return SIDES.flatMap((side) =>
      text[side]
        .filter((level) => isUncountable(level, size))
        .map((level) => `${side} ${price.toUnits(level[0])}`),
    );
  }
}

function holeFrom(from: EpochMs): BookStep {
  const detail = 'it holds a size that cannot be counted';
  return { type: 'hole', problem: 'too-large', detail, from };
}

function setLevels(book: OrderBook, levels: Sides): void {
  for (const side of SIDES) for (const [price, size] of levels[side]) book[side].set(price, size);
}
