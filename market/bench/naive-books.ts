import type { BookDelta, BookSnapshot } from '../src/book/book-delta.ts';
import type { Level } from '../src/number/level.ts';

/** The operations that are measured: applying changes, and reading the best levels. */
export interface MeasuredBook {
  applySnapshot(snapshot: BookSnapshot): void;
  applyDelta(delta: BookDelta): void;
  best(): readonly [bid: number, ask: number];
  top(depth: number): readonly [bids: readonly Level[], asks: readonly Level[]];
}

/** The obvious implementation: an array of levels, best first, searched linearly, spliced. */
export class SortedArrayBook implements MeasuredBook {
  #bids: [number, number][] = [];
  #asks: [number, number][] = [];

  applySnapshot(snapshot: BookSnapshot): void {
    this.#bids = snapshot.bids.map(([price, size]) => [price, size]);
    this.#asks = snapshot.asks.map(([price, size]) => [price, size]);
  }

  applyDelta(delta: BookDelta): void {
    for (const [price, size] of delta.bids) setLevel(this.#bids, price, size, -1);
    for (const [price, size] of delta.asks) setLevel(this.#asks, price, size, 1);
  }

  best(): readonly [number, number] {
    return [this.#bids[0]?.[0] ?? 0, this.#asks[0]?.[0] ?? 0];
  }

  top(depth: number): readonly [readonly Level[], readonly Level[]] {
    return [this.#bids.slice(0, depth), this.#asks.slice(0, depth)];
  }
}

function setLevel(
  levels: [number, number][],
  price: number,
  size: number,
  direction: 1 | -1,
): void {
  const at = levels.findIndex((level) => (level[0] - price) * direction >= 0);
  const found = levels[at];
  if (found?.[0] === price) {
    if (size === 0) levels.splice(at, 1);
    else found[1] = size;
  } else if (size !== 0) levels.splice(at < 0 ? levels.length : at, 0, [price, size]);
}

/** As in many client libraries: a map per side, sorted on every read. */
export class MapBook implements MeasuredBook {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  applySnapshot(snapshot: BookSnapshot): void {
    this.#bids.clear();
    this.#asks.clear();
    for (const [price, size] of snapshot.bids) this.#bids.set(price, size);
    for (const [price, size] of snapshot.asks) this.#asks.set(price, size);
  }

  applyDelta(delta: BookDelta): void {
    for (const [price, size] of delta.bids) setEntry(this.#bids, price, size);
    for (const [price, size] of delta.asks) setEntry(this.#asks, price, size);
  }

  best(): readonly [number, number] {
    let bid = 0;
    let ask = Number.MAX_SAFE_INTEGER;
    for (const price of this.#bids.keys()) if (price > bid) bid = price;
    for (const price of this.#asks.keys()) if (price < ask) ask = price;
    return [bid, ask];
  }

  top(depth: number): readonly [readonly Level[], readonly Level[]] {
    return [
      [...this.#bids].toSorted((a, b) => b[0] - a[0]).slice(0, depth),
      [...this.#asks].toSorted((a, b) => a[0] - b[0]).slice(0, depth),
    ];
  }
}

function setEntry(side: Map<number, number>, price: number, size: number): void {
  if (size === 0) side.delete(price);
  else side.set(price, size);
}
