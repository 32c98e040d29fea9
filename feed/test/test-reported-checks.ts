/*
 * HTTP answers about an imported market, compared with `fixtures/reports`. Each check returns what is wrong, if
 * anything.
 */
import { DecimalScale, plainDecimal } from '@tapedeck/market/number/decimal';

import type { TestFeed } from './test-feed.ts';

type Range = readonly [from: number, to: number];
type TextLevels = readonly (readonly (string | number)[])[];
type Rows = readonly (readonly (string | number)[])[];

/** One check of an `expected.json`. */
export type ReportedCheck = {
  readonly any?: readonly ReportedCheck[];
  readonly book?: string;
  readonly trades?: string;
  readonly candles?: string;
  readonly session?: string;
  readonly verify?: string;
  readonly instruments?: readonly string[];
  readonly absent?: readonly string[];
  readonly at?: number;
  /** Levels in ticks and lots. */
  readonly ticks?: boolean;
  readonly bids?: TextLevels;
  readonly asks?: TextLevels;
  readonly state?: readonly string[];
  readonly uncrossed?: boolean;
  /** For a session the range it must lie in; otherwise a time. */
  readonly from?: number | Range;
  readonly to?: number | Range;
  readonly count?: readonly number[];
  readonly volume?: string;
  readonly lots?: number;
  readonly rows?: Rows;
  readonly interval?: string;
  readonly label?: string;
  readonly coverage?: Range;
  readonly gapsOver?: readonly Range[];
  readonly gapsTouch?: readonly Range[];
  readonly noGap?: boolean;
  readonly crossed?: number;
  readonly gaps?: number;
};

type Grid = { readonly tickSize: string; readonly lotSize: string };
type Gap = { readonly symbol: string; readonly from: number; readonly to: number };
type SessionBody = {
  readonly id: string;
  readonly label: string;
  readonly symbols: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly coverage: number;
  readonly gaps: readonly Gap[];
};

export async function bookFault(
  check: ReportedCheck,
  symbol: string,
  feed: TestFeed,
): Promise<string | undefined> {
  const { at, bids, asks, ticks, uncrossed, state: states } = check;
  const query = at === undefined ? '' : `&at=${at}`;
  const { status, body } = await feed.get(
    `/v1/book?symbol=${encodeURIComponent(symbol)}&depth=0${query}`,
  );
  if (status !== 200 && status !== 404) return `${status}: ${JSON.stringify(body)}`;
  const book = body as {
    readonly state: string;
    readonly bids?: readonly (readonly [number, number])[];
    readonly asks?: readonly (readonly [number, number])[];
    readonly instrument: Grid;
  };
  const state = status === 404 ? 'none' : book.state;
  if (states !== undefined && !states.includes(state)) return `it is ${state}`;
  const { bids: ownBids = [], asks: ownAsks = [] } = book;
  const [bid, ask] = [ownBids[0]?.[0], ownAsks[0]?.[0]];
  if (uncrossed === true && bid !== undefined && ask !== undefined && bid >= ask)
    return `crossed: ${bid} : ${ask}`;
  const scale = ticks === true || status === 404 ? undefined : scaleOf(book.instrument);
  for (const [wanted, own] of [
    [bids, ownBids],
    [asks, ownAsks],
  ] as const) {
    const levels = own.map(([price, size]) => [
      scale?.price.toText(price) ?? price,
      scale?.size.toText(size) ?? size,
    ]);
    if (wanted !== undefined && !isSameRows(levels, wanted)) return JSON.stringify(levels);
  }
  return undefined;
}

export async function tradesFault(
  check: ReportedCheck,
  symbol: string,
  feed: TestFeed,
): Promise<string | undefined> {
  const { from, to, count, volume, lots, rows } = check;
  const { status, body } = await feed.get(
    `/v1/trades?symbol=${encodeURIComponent(symbol)}&from=${String(from)}&to=${String(to)}&limit=5000`,
  );
  if (status !== 200) return `${status}: ${JSON.stringify(body)}`;
  const { trades, instrument } = body as {
    readonly trades: readonly (readonly [number, number, number, number, string])[];
    readonly instrument?: Grid;
  };
  const sum = trades.reduce((total, trade) => total + trade[3], 0);
  if (count !== undefined && !count.includes(trades.length)) return `${trades.length} trades`;
  if (lots !== undefined && sum !== lots) return `${sum} lots`;
  if (volume === undefined && rows === undefined) return undefined;
  if (instrument === undefined) return 'no grid';
  const { price, size } = scaleOf(instrument);
  if (volume !== undefined && plainDecimal(size.toText(sum)) !== plainDecimal(volume))
    return `volume ${size.toText(sum)}`;
  const own = trades.map(([, time, ticks, sizeLots, aggressor]) => [
    time,
    price.toText(ticks),
    size.toText(sizeLots),
    aggressor,
  ]);
  return rows === undefined || isSameRows(own, rows) ? undefined : JSON.stringify(own);
}

export async function candlesFault(
  check: ReportedCheck,
  symbol: string,
  feed: TestFeed,
): Promise<string | undefined> {
  const { from, to, interval, rows = [] } = check;
  const { status, body } = await feed.get(
    `/v1/candles?symbol=${encodeURIComponent(symbol)}&interval=${interval}&from=${String(from)}&to=${String(to)}`,
  );
  if (status !== 200) return `${status}: ${JSON.stringify(body)}`;
  type Candle = Readonly<Record<'openTime' | 'open' | 'high' | 'low' | 'close', number>> & {
    readonly volume: number;
    readonly trades: number;
  };
  const { candles, instrument } = body as {
    readonly candles: readonly Candle[];
    readonly instrument?: Grid;
  };
  if (instrument === undefined) return `no grid, ${candles.length} candles`;
  const { price, size } = scaleOf(instrument);
  const own = candles
    .filter(({ openTime }) => openTime < Number(to))
    .map((candle) =>
      [
        candle.openTime,
        ...[candle.open, candle.high, candle.low, candle.close].map((ticks) => price.toText(ticks)),
        size.toText(candle.volume),
        candle.trades,
      ].slice(0, rows[0]?.length),
    );
  return isSameRows(own, rows) ? undefined : JSON.stringify(own);
}

export async function sessionFault(
  check: ReportedCheck,
  name: string,
  feed: TestFeed,
): Promise<string | undefined> {
  const session = (await sessionsOf(feed)).find((each) => holdsName(each.symbols, name));
  if (session === undefined) return 'no session';
  const { label, from, to, coverage } = check;
  const told = JSON.stringify({ ...session, origin: undefined });
  if (label !== undefined && !session.label.includes(label)) return told;
  for (const [range, value] of [
    [from, session.from],
    [to, session.to],
    [coverage, session.coverage],
  ] as const) {
    if (Array.isArray(range) && !(value >= (range[0] ?? 0) && value <= (range[1] ?? 0)))
      return told;
  }
  const gaps = session.gaps
    .filter(({ symbol }) => holdsName([symbol], name))
    .toSorted((a, b) => a.from - b.from);
  if (check.noGap === true && gaps.length > 0) return told;
  const isCovered = ([start, end]: Range): boolean => {
    let reached = start;
    for (const gap of gaps) if (gap.from <= reached) reached = Math.max(reached, gap.to);
    return reached >= end;
  };
  const isTouched = ([start, end]: Range): boolean =>
    gaps.some((gap) => gap.from <= end && gap.to >= start);
  const { gapsOver = [], gapsTouch = [] } = check;
  return gapsOver.every(isCovered) && gapsTouch.every(isTouched) ? undefined : told;
}

function scaleOf({ tickSize, lotSize }: Grid) {
  return { price: new DecimalScale(tickSize), size: new DecimalScale(lotSize) };
}

function isSameRows(own: Rows, wanted: Rows): boolean {
  const plain = (rows: Rows): string =>
    JSON.stringify(
      rows.map((row) =>
        row.map((each) => (/^-?[\d.]+$/.test(String(each)) ? plainDecimal(String(each)) : each)),
      ),
    );
  return plain(own) === plain(wanted);
}

export async function sessionsOf(feed: TestFeed): Promise<readonly SessionBody[]> {
  const { body } = await feed.get('/v1/sessions');
  return (body as { readonly sessions: readonly SessionBody[] }).sessions;
}

export async function symbolsOf(feed: TestFeed): Promise<readonly string[]> {
  const { body } = await feed.get('/v1/instruments');
  const { instruments } = body as { readonly instruments: readonly { symbol: string }[] };
  return instruments.map(({ symbol }) => symbol);
}

/** A name without a venue matches at any venue. */
export async function symbolOf(feed: TestFeed, name: string): Promise<string> {
  const known = await symbolsOf(feed);
  return known.find((symbol) => holdsName([symbol], name)) ?? name;
}

export function holdsName(symbols: readonly string[], name: string): boolean {
  return symbols.some((symbol) => symbol === name || symbol.split('@')[0] === name);
}
