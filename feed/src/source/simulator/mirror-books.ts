import type { MarketEvent, SourceTrade } from '@tapedeck/market/instrument/market-event';
import type { Level } from '@tapedeck/market/number/level';

type Mirror = {
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  pending: SourceTrade[];
};

/**
 * Plain maps that follow a source's events and report what is wrong with them: the slow, obvious counterpart for
 * tests of the simulator.
 */
export class MirrorBooks {
  readonly #books = new Map<string, Mirror>();
  /** How many events left a book crossed or locked. */
  crossed = 0;

  /** Applies an event; returns a text if it does not fit the previous ones. */
  take(event: MarketEvent): string | undefined {
    if (event.type === 'snapshot') {
      const book: Mirror = { bids: new Map(event.bids), asks: new Map(event.asks), pending: [] };
      this.#books.set(event.symbol, book);
      return sortedProblem(event.bids, -1) ?? sortedProblem(event.asks, 1);
    }
    if (event.type !== 'update' && event.type !== 'trade') return undefined;
    const book = this.#books.get(event.symbol);
    if (book === undefined) return `${event.type} of ${event.symbol} before its snapshot`;
    if (event.type === 'trade') return takeTrade(book, event);
    const problem = takeUpdate(book, event.bids, event.asks);
    if (best(book.bids, -1) >= best(book.asks, 1)) this.crossed += 1;
    return problem;
  }

  /** Both sides, best first. */
  levels(symbol: string): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    const book = this.#books.get(symbol);
    return {
      bids: [...(book?.bids ?? [])].toSorted((a, b) => b[0] - a[0]),
      asks: [...(book?.asks ?? [])].toSorted((a, b) => a[0] - b[0]),
    };
  }
}

/** A trade is at a price with a resting size, for at most that size; its update follows at once. */
function takeTrade(book: Mirror, trade: SourceTrade): string | undefined {
  const side = trade.aggressor === 'buy' ? book.asks : book.bids;
  const resting = side.get(trade.priceTicks);
  book.pending.push(trade);
  if (!Number.isSafeInteger(trade.sizeLots) || trade.sizeLots <= 0)
    return `trade of ${trade.sizeLots} lots`;
  if (resting === undefined) return `trade at ${trade.priceTicks}, where nothing rests`;
  if (trade.sizeLots > resting) return `trade of ${trade.sizeLots} where ${resting} rest`;
  return undefined;
}

function takeUpdate(
  book: Mirror,
  bids: readonly Level[],
  asks: readonly Level[],
): string | undefined {
  if (bids.length + asks.length === 0) return 'an empty update';
  for (const trade of book.pending) {
    const [side, levels] = trade.aggressor === 'buy' ? [book.asks, asks] : [book.bids, bids];
    const left = (side.get(trade.priceTicks) ?? 0) - trade.sizeLots;
    const said = levels.find(([price]) => price === trade.priceTicks);
    if (said?.[1] !== left) return `after a trade ${left} rest, the update says ${said?.[1]}`;
  }
  book.pending = [];
  for (const [side, levels] of [
    [book.bids, bids],
    [book.asks, asks],
  ] as const) {
    if (new Set(levels.map(([price]) => price)).size !== levels.length)
      return 'a price twice in an update';
    for (const [price, lots] of levels) {
      if (!Number.isSafeInteger(price) || !Number.isSafeInteger(lots) || lots < 0)
        return `level ${price} ${lots}`;
      if (!Number.isSafeInteger(price * lots)) return `notional of ${price} x ${lots} is not safe`;
      if (lots > 0) side.set(price, lots);
      else if (!side.delete(price)) return `removed ${price}, which was not there`;
    }
  }
  return undefined;
}

function sortedProblem(levels: readonly Level[], direction: 1 | -1): string | undefined {
  for (const [index, [price, lots]] of levels.entries()) {
    const previous = levels[index - 1];
    if (previous !== undefined && (price - previous[0]) * direction <= 0)
      return `snapshot unsorted at ${price}`;
    if (!Number.isSafeInteger(price) || !Number.isSafeInteger(lots) || lots <= 0)
      return `level ${price} ${lots}`;
  }
  return undefined;
}

function best(side: ReadonlyMap<number, number>, direction: 1 | -1): number {
  let found = direction === 1 ? Infinity : -Infinity;
  for (const price of side.keys()) if ((price - found) * direction < 0) found = price;
  return found;
}
