import type { EpochMs, Level } from '../number/level.ts';
import type { BookDelta, BookSnapshot } from './book-delta.ts';
import { BookSide } from './book-side.ts';
import { bookChecksum } from './checksum.ts';

/**
 * A two-sided book and the sequence of its last update. Feed, browser mirror and replay all use this class. It
 * applies whatever it is given; `judge` decides whether a delta may be applied.
 *
 * @example
 * const book = new OrderBook();
 * book.applySnapshot(snapshot);
 * if (judge(book.sequence, delta) === 'apply') book.applyDelta(delta);
 */
export class OrderBook {
  readonly bids = new BookSide('bid');
  readonly asks = new BookSide('ask');
  #sequence = 0;
  #eventTime: EpochMs = 0;
  #receiveTime: EpochMs = 0;

  /** Sequence of the last source update in this book. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Market time of that update. */
  get eventTime(): EpochMs {
    return this.#eventTime;
  }

  /** When this process received that update. */
  get receiveTime(): EpochMs {
    return this.#receiveTime;
  }

  /** Replaces the whole book with the snapshot (P12). Levels of size 0 are skipped. */
  applySnapshot(snapshot: BookSnapshot): void {
    this.bids.clear();
    this.asks.clear();
    // Worst first, so that each level is appended at the end of its array.
    fill(this.bids, snapshot.bids);
    fill(this.asks, snapshot.asks);
    this.#stamp(snapshot);
  }

  /** Applies every level of the delta: sizes are absolute, 0 removes, and removing an unknown level is fine (P8). */
  applyDelta(delta: BookDelta): void {
    for (const [price, size] of delta.bids) this.bids.set(price, size);
    for (const [price, size] of delta.asks) this.asks.set(price, size);
    this.#stamp(delta);
  }

  /** The best `depth` levels per side (all by default), with sequence and times. */
  snapshot(depth?: number): BookSnapshot {
    return {
      sequence: this.#sequence,
      eventTime: this.#eventTime,
      receiveTime: this.#receiveTime,
      bids: this.bids.top(depth),
      asks: this.asks.top(depth),
    };
  }

  get bestBid(): Level | undefined {
    return this.bids.top(1)[0];
  }

  get bestAsk(): Level | undefined {
    return this.asks.top(1)[0];
  }

  /** Best bid above best ask: flagged and counted, never repaired (P15). */
  get crossed(): boolean {
    const bid = this.bids.priceAt(0);
    const ask = this.asks.priceAt(0);
    return bid !== undefined && ask !== undefined && bid > ask;
  }

  /** Best bid equals best ask (P15). */
  get locked(): boolean {
    const bid = this.bids.priceAt(0);
    return bid !== undefined && bid === this.asks.priceAt(0);
  }

  /** CRC-32 of the top ten levels of each side (P14). */
  checksum(): number {
    return bookChecksum(this.asks.top(10), this.bids.top(10));
  }

  /** Empties the book, as before the first snapshot. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.#stamp({ sequence: 0, eventTime: 0, receiveTime: 0 });
  }

  #stamp(at: Pick<BookSnapshot, 'sequence' | 'eventTime' | 'receiveTime'>): void {
    this.#sequence = at.sequence;
    this.#eventTime = at.eventTime;
    this.#receiveTime = at.receiveTime;
  }
}

function fill(side: BookSide, levels: readonly Level[]): void {
  for (let i = levels.length - 1; i >= 0; i--) {
    const [price, size] = levels[i] as Level;
    side.set(price, size);
  }
}
