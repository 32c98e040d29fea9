/*
 * The same coin on several venues. Two books that should agree and do not are a sign that one of them is wrong, even
 * if both say ok: nothing else shows a book that its venue sends wrongly.
 */
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { InstrumentBody } from '@tapedeck/market/wire/http';

import type { TickerView, View } from '../../live/live.ts';

/**
 * Mids of one coin that differ by more than this have drifted apart. Buying on one venue and selling on another costs
 * about 20 bp in fees: a larger difference that lasts is not left there by traders.
 */
export const DRIFT_BP = 30;

export type CoinGroup = {
  readonly key: string;
  readonly name: string;
  readonly symbols: readonly string[];
};

export type VenueQuote = {
  readonly symbol: string;
  /** In the quote currency; undefined if the book is not current, one-sided or crossed: it is compared with nothing. */
  readonly mid: number | undefined;
  /** Why there is no mid. */
  readonly why: 'not current' | 'crossed' | 'one-sided' | undefined;
  /** From the median of all current mids. */
  readonly awayBp: number | undefined;
  /** The largest difference from another venue, if it differs from most of them by more than `DRIFT_BP`. */
  readonly driftBp: number | undefined;
};

export type CoinComparison = {
  readonly group: CoinGroup;
  readonly quotes: readonly VenueQuote[];
  /** Best ask minus best bid over all venues; negative if one buys above another's offer. */
  readonly spreadBp: number | undefined;
};

/** Venues on which every instrument is a derivative. */
const DERIVATIVES = new Set([
  'binance-usdm',
  'binance-coinm',
  'bybit-linear',
  'bybit-inverse',
  'deribit',
  'hyperliquid',
]);
const OTHER_NAMES: Readonly<Record<string, string>> = { XBT: 'BTC' };

/** What may be compared: spot with spot, perpetuals with perpetuals. A contract with an expiry has a price of its own. */
function keyOf({ symbol, venue, base, quote }: InstrumentBody): string | undefined {
  const id = symbol.slice(0, symbol.length - venue.length - 1);
  if (base === '' || quote === '' || /\d{6}|\d{1,2}[A-Z]{3}\d{2}/.test(id)) return undefined;
  const isPerpetual = DERIVATIVES.has(venue) || /SWAP|PERP/.test(id);
  return `${OTHER_NAMES[base] ?? base}/${quote}${isPerpetual ? ' perp' : ''}`;
}

/** The coins that are live on more than one venue. */
export function coinGroups(instruments: readonly InstrumentBody[]): readonly CoinGroup[] {
  const symbols = new Map<string, string[]>();
  for (const instrument of instruments) {
    // Only a venue's market can be expected to agree with another's.
    if (instrument.state === 'recorded' || instrument.capability === undefined) continue;
    const key = keyOf(instrument);
    if (key === undefined) continue;
    const of = symbols.get(key) ?? [];
    of.push(instrument.symbol);
    symbols.set(key, of);
  }
  return [...symbols]
    .filter(([, of]) => of.length > 1)
    .map(([key, of]) => ({ key, name: key, symbols: of.toSorted() }))
    .toSorted((a, b) => a.key.localeCompare(b.key));
}

type Sides = { readonly bid: number; readonly ask: number; readonly mid: number };

export function compareCoin(
  group: CoinGroup,
  tickers: ReadonlyMap<string, View<TickerView>>,
): CoinComparison {
  const sides = group.symbols.map((symbol) => sidesOf(tickers.get(symbol)));
  const current = sides.flatMap((side) => side ?? []);
  const centre = median(current.map(({ mid }) => mid));
  const quotes = group.symbols.map((symbol, index): VenueQuote => {
    const mid = sides[index]?.mid;
    const others = sides.flatMap((side, at) =>
      side === undefined || at === index ? [] : side.mid,
    );
    return {
      symbol,
      mid,
      why: mid === undefined ? whyNot(tickers.get(symbol)) : undefined,
      awayBp: mid === undefined || current.length < 2 ? undefined : apartBp(mid, centre),
      driftBp: mid === undefined ? undefined : driftOf(mid, others),
    };
  });
  const bid = Math.max(...current.map((side) => side.bid));
  const ask = Math.min(...current.map((side) => side.ask));
  const spreadBp = current.length < 2 ? undefined : apartBp(ask, bid);
  return { group, quotes, spreadBp };
}

/** Undefined unless the book is current: an old price is compared with nothing. */
function sidesOf(view: View<TickerView> | undefined): Sides | undefined {
  const value = view?.value;
  if (!isCurrent(view) || value?.bid === undefined || value.ask === undefined) return undefined;
  if (value.bid >= value.ask) return undefined;
  const tick = Number(value.instrument.tickSize);
  const [bid, ask] = [value.bid * tick, value.ask * tick];
  return { bid, ask, mid: (bid + ask) / 2 };
}

function isCurrent(view: View<TickerView> | undefined): boolean {
  return view?.state.kind === 'live' || view?.state.kind === 'quiet';
}

function whyNot(view: View<TickerView> | undefined): VenueQuote['why'] {
  if (!isCurrent(view)) return 'not current';
  return view?.value?.bid === undefined || view.value.ask === undefined ? 'one-sided' : 'crossed';
}

function driftOf(mid: number, others: readonly number[]): number | undefined {
  const apart = others.map((other) => Math.abs(apartBp(mid, (mid + other) / 2)) * 2);
  const far = apart.filter((bp) => bp > DRIFT_BP);
  // With most of the others it agrees: then it is not the one that drifts.
  return far.length > others.length / 2 ? Math.max(...far) : undefined;
}

function apartBp(price: number, from: number): number {
  return from === 0 ? 0 : ((price - from) / Math.abs(from)) * 10_000;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? low;
  return (low + high) / 2;
}

/** Shorter differences are those of a price on the move, which does not move everywhere at once. */
const HOLD_MS = 3_000;

/** Leaves out drifts that have not lasted yet. `since`: when each symbol began to drift. */
export function lastingDrifts(
  comparison: CoinComparison,
  since: Map<string, MonotonicMs>,
  now: MonotonicMs,
): CoinComparison {
  const quotes = comparison.quotes.map((quote): VenueQuote => {
    const { symbol, driftBp } = quote;
    if (driftBp === undefined) {
      // While there is nothing to compare with, nobody knows whether it goes on.
      if (quote.awayBp !== undefined) since.delete(symbol);
      return quote;
    }
    const began = since.get(symbol) ?? now;
    since.set(symbol, began);
    return now - began >= HOLD_MS ? quote : { ...quote, driftBp: undefined };
  });
  return { ...comparison, quotes };
}
