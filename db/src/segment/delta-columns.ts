import type { BookDelta } from '@tapedeck/market/book/book-delta';
import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs, Level } from '@tapedeck/market/number/level';

const INITIAL_DELTAS = 64;
const INITIAL_LEVELS = 256;
/** Up to this many levels, insertion sort is fastest. */
const MAX_INSERTED = 64;
const NO_LEVELS: readonly Level[] = [];

type Column = Float64Array<ArrayBuffer>;

/** A column that grows by doubling. */
function grown(column: Column, needed: number): Column {
  const larger = new Float64Array(Math.max(column.length * 2, needed));
  larger.set(column);
  return larger;
}

/**
 * The levels of one side of many deltas, in two parallel columns. `direction` is the way prices go within a delta,
 * best first: -1 for bids, 1 for asks.
 */
export class LevelColumns {
  readonly direction: -1 | 1;
  prices = new Float64Array(INITIAL_LEVELS);
  sizes = new Float64Array(INITIAL_LEVELS);
  length = 0;

  constructor(direction: -1 | 1) {
    this.direction = direction;
  }

  push(price: number, size: number): void {
    const at = this.length++;
    if (at >= this.prices.length) this.reserve(at + 1);
    this.prices[at] = price;
    this.sizes[at] = size;
  }

  reserve(count: number): void {
    if (count <= this.prices.length) return;
    this.prices = grown(this.prices, count);
    this.sizes = grown(this.sizes, count);
  }

  /** Sorts the levels from `from` on into book order; stable, and nearly free if they are sorted already. */
  order(from: number): void {
    const { prices, sizes, direction, length } = this;
    for (let i = from + 1; i < length; i++) {
      const price = prices[i] as number;
      if ((price - (prices[i - 1] as number)) * direction >= 0) continue;
      if (length - from > MAX_INSERTED) {
        this.#sort(from);
        return;
      }
      const size = sizes[i] as number;
      let at = i;
      for (; at > from && (price - (prices[at - 1] as number)) * direction < 0; at--) {
        prices[at] = prices[at - 1] as number;
        sizes[at] = sizes[at - 1] as number;
      }
      prices[at] = price;
      sizes[at] = size;
    }
  }

  #sort(from: number): void {
    const sorted = this.levels(from, this.length).toSorted(
      (a, b) => (a[0] - b[0]) * this.direction,
    );
    for (const [i, level] of sorted.entries()) {
      this.prices[from + i] = level[0];
      this.sizes[from + i] = level[1];
    }
  }

  levels(from: number, to: number): readonly Level[] {
    if (from === to) return NO_LEVELS;
    const levels: Level[] = new Array<Level>(to - from);
    for (let i = from; i < to; i++)
      levels[i - from] = [this.prices[i] as number, this.sizes[i] as number];
    return levels;
  }
}

/**
 * Deltas as columns of numbers, without an object per level, for the recorder and for replays at full speed. Column
 * `x` of delta `i` is `x[i]`; its bids are those of `bids` from `bidEnds[i - 1]` (0 for the first) to before
 * `bidEnds[i]`.
 */
export class DeltaColumns {
  previous = new Float64Array(INITIAL_DELTAS);
  sequence = new Float64Array(INITIAL_DELTAS);
  eventTime = new Float64Array(INITIAL_DELTAS);
  receiveTime = new Float64Array(INITIAL_DELTAS);
  bidEnds = new Float64Array(INITIAL_DELTAS);
  askEnds = new Float64Array(INITIAL_DELTAS);
  readonly bids = new LevelColumns(-1);
  readonly asks = new LevelColumns(1);
  length = 0;

  clear(): void {
    this.length = 0;
    this.bids.length = 0;
    this.asks.length = 0;
  }

  reserve(count: number): void {
    if (count <= this.previous.length) return;
    this.previous = grown(this.previous, count);
    this.sequence = grown(this.sequence, count);
    this.eventTime = grown(this.eventTime, count);
    this.receiveTime = grown(this.receiveTime, count);
    this.bidEnds = grown(this.bidEnds, count);
    this.askEnds = grown(this.askEnds, count);
  }

  /** Completes a delta whose levels were pushed to `bids` and `asks`. */
  close(previous: number, sequence: number, eventTime: EpochMs, receiveTime: EpochMs): void {
    const at = this.length++;
    if (at >= this.previous.length) this.reserve(at + 1);
    this.previous[at] = previous;
    this.sequence[at] = sequence;
    this.eventTime[at] = eventTime;
    this.receiveTime[at] = receiveTime;
    this.bidEnds[at] = this.bids.length;
    this.askEnds[at] = this.asks.length;
  }

  /** Appends a delta, its levels in the given order. */
  add(delta: BookDelta): void {
    for (const level of delta.bids) this.bids.push(level[0], level[1]);
    for (const level of delta.asks) this.asks.push(level[0], level[1]);
    this.close(delta.previous, delta.sequence, delta.eventTime, delta.receiveTime);
  }

  /** Index of the first bid of delta `at`. */
  bidStart(at: number): number {
    return at === 0 ? 0 : (this.bidEnds[at - 1] as number);
  }

  askStart(at: number): number {
    return at === 0 ? 0 : (this.askEnds[at - 1] as number);
  }

  delta(at: number): BookDelta {
    return {
      previous: this.previous[at] as number,
      sequence: this.sequence[at] as number,
      eventTime: this.eventTime[at] as number,
      receiveTime: this.receiveTime[at] as number,
      bids: this.bids.levels(this.bidStart(at), this.bidEnds[at] as number),
      asks: this.asks.levels(this.askStart(at), this.askEnds[at] as number),
    };
  }

  deltas(): BookDelta[] {
    return Array.from({ length: this.length }, (_, at) => this.delta(at));
  }

  /** Number of deltas with `eventTime < before`, which are the first ones: times never decrease within a segment. */
  countBefore(before: EpochMs): number {
    let count = this.length;
    while (count > 0 && (this.eventTime[count - 1] as number) >= before) count--;
    return count;
  }

  /** Applies deltas `from` to before `to`. The sides are independent, so each is applied in one run. */
  applyRange(book: OrderBook, from: number, to: number): void {
    if (to <= from) return;
    const last = to - 1;
    const { bids, asks } = this;
    const bidEnd = this.bidEnds[last] as number;
    const askEnd = this.askEnds[last] as number;
    book.bids.setMany(bids.prices, bids.sizes, this.bidStart(from), bidEnd);
    book.asks.setMany(asks.prices, asks.sizes, this.askStart(from), askEnd);
    book.applyDelta({
      previous: this.previous[last] as number,
      sequence: this.sequence[last] as number,
      eventTime: this.eventTime[last] as number,
      receiveTime: this.receiveTime[last] as number,
      bids: NO_LEVELS,
      asks: NO_LEVELS,
    });
  }
}
