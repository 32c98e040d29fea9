import { changeOf } from '../format/market-text.ts';
import type { TickerView, View } from '../live/live.ts';

export const WATCH_COLUMNS = ['symbol', 'last', 'change', 'volume', 'spread', 'age'] as const;
export type WatchColumn = (typeof WATCH_COLUMNS)[number];
export type WatchSort = { readonly column: WatchColumn; readonly descending: boolean };

/** A sort from an address, `change` or `-change`; null if it is invalid. */
export function sortFrom(text: string): WatchSort | null {
  const descending = text.startsWith('-');
  const column = WATCH_COLUMNS.find((each) => each === text.slice(descending ? 1 : 0));
  return column === undefined ? null : { column, descending };
}

export function sortText({ column, descending }: WatchSort): string {
  return descending ? `-${column}` : column;
}

/** What a column sorts by; undefined goes last in both directions. */
function keyOf(
  column: WatchColumn,
  symbol: string,
  view: View<TickerView> | undefined,
): number | string | undefined {
  const value = view?.value;
  switch (column) {
    case 'symbol':
      return symbol;
    case 'last':
      return value?.last === undefined ? undefined : value.last * Number(value.instrument.tickSize);
    case 'change':
      return changeOf(value?.last, value?.open24h);
    case 'volume':
      // In quote units: lots of different symbols cannot be compared.
      return value?.last === undefined
        ? undefined
        : value.volume24h *
            Number(value.instrument.lotSize) *
            Math.abs(value.last) *
            Number(value.instrument.tickSize);
    case 'spread':
      return spreadBasisPoints(value);
    case 'age':
      return view !== undefined && 'ageMs' in view.state ? view.state.ageMs : undefined;
  }
}

export function spreadBasisPoints(value: TickerView | undefined): number | undefined {
  if (value?.bid === undefined || value.ask === undefined || value.bid === 0) return undefined;
  return ((value.ask - value.bid) / Math.abs(value.bid)) * 10_000;
}

/** Symbols in the order of a sort; equal keys keep their alphabetical order. */
export function sortSymbols(
  symbols: readonly string[],
  tickers: ReadonlyMap<string, View<TickerView>>,
  sort: WatchSort,
): readonly string[] {
  const keys = new Map(
    symbols.map((symbol) => [symbol, keyOf(sort.column, symbol, tickers.get(symbol))]),
  );
  const sign = sort.descending ? -1 : 1;
  return symbols.toSorted((a, b) => {
    const left = keys.get(a);
    const right = keys.get(b);
    if (left === undefined || right === undefined) {
      if (left === right) return a.localeCompare(b);
      return left === undefined ? 1 : -1;
    }
    if (left === right) return a.localeCompare(b);
    return (left < right ? -1 : 1) * sign;
  });
}
