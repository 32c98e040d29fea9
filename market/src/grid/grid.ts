/*
 * Conversion between grids. Ticks and lots count steps of a grid (P1), and a market may have several grids over time,
 * after a change of tick size or from two imports. Data from several grids is converted to their greatest common
 * step, so that every value stays a whole number of steps and nothing is rounded.
 */
import type { BookSnapshot } from '../book/book-delta.ts';
import { decimalPlaces, plainDecimal } from '../number/decimal.ts';
import type { Level } from '../number/level.ts';
import type { Candle } from '../tape/candle.ts';
import type { Trade } from '../tape/trade.ts';

/** The steps of prices and sizes, as decimal text. */
export type Grid = { readonly tickSize: string; readonly lotSize: string };

/** How many steps of a finer (or equal) grid make one step of a coarser grid; whole numbers. */
export type GridFactors = { readonly price: number; readonly size: number };

/** A number exceeds the safe integers in the target grid. */
export class GridError extends Error {
  override readonly name = 'GridError';
}

/** The coarsest grid that represents every given grid exactly; the first one if all are equal. */
export function commonGrid([first, ...others]: readonly [Grid, ...Grid[]]): Grid {
  let { tickSize, lotSize } = first;
  for (const other of others) {
    tickSize = commonStep(tickSize, other.tickSize);
    lotSize = commonStep(lotSize, other.lotSize);
  }
  return { tickSize, lotSize };
}

/** Factors that convert from `from` to `to`; undefined if a step of `from` is not a whole number of steps of `to`. */
export function gridFactors(from: Grid, to: Grid): GridFactors | undefined {
  const price = wholeFactor(from.tickSize, to.tickSize);
  const size = wholeFactor(from.lotSize, to.lotSize);
  return price === undefined || size === undefined ? undefined : { price, size };
}

/** Whether both grids have the same text: a change of the text is a change of the instrument (P13). */
export function isWrittenAlike(a: Grid, b: Grid): boolean {
  return a.tickSize === b.tickSize && a.lotSize === b.lotSize;
}

/** Whether both grids have the same steps, however they are written (`0.1`, `0.10`). */
export function isSameGrid(a: Grid, b: Grid): boolean {
  const factors = gridFactors(a, b);
  return factors?.price === 1 && factors.size === 1;
}

/** @throws GridError for numbers beyond the safe integers. */
export function regridTrade(trade: Trade, { price, size }: GridFactors): Trade {
  if (price === 1 && size === 1) return trade;
  const { priceTicks, sizeLots } = trade;
  return { ...trade, priceTicks: times(priceTicks, price), sizeLots: times(sizeLots, size) };
}

/** @throws GridError for numbers beyond the safe integers. */
export function regridCandle<T extends Candle>(candle: T, { price, size }: GridFactors): T {
  if (price === 1 && size === 1) return candle;
  return {
    ...candle,
    open: times(candle.open, price),
    high: times(candle.high, price),
    low: times(candle.low, price),
    close: times(candle.close, price),
    volume: times(candle.volume, size),
    buyVolume: times(candle.buyVolume, size),
  };
}

/** @throws GridError for numbers beyond the safe integers. */
export function regridBook<T extends Pick<BookSnapshot, 'bids' | 'asks'>>(
  book: T,
  { price, size }: GridFactors,
): T {
  if (price === 1 && size === 1) return book;
  const levels = (side: readonly Level[]): readonly Level[] =>
    side.map(([ticks, lots]) => [times(ticks, price), times(lots, size)]);
  return { ...book, bids: levels(book.bids), asks: levels(book.asks) };
}

/**
 * Converts candles to a grid whose steps are larger by these factors; undefined if any number falls off that grid.
 */
export function coarserCandles(
  candles: readonly Candle[],
  { price, size }: GridFactors,
): readonly Candle[] | undefined {
  if (price === 1 && size === 1) return candles;
  const isWhole = candles.every(
    ({ open, high, low, close, volume, buyVolume }) =>
      [open, high, low, close].every((ticks) => ticks % price === 0) &&
      [volume, buyVolume].every((lots) => lots % size === 0),
  );
  return isWhole ? nearestCandles(candles, { price, size }) : undefined;
}

/** Converts candles to a grid whose steps are larger by these factors, rounding each number to the nearest step. */
export function nearestCandles(
  candles: readonly Candle[],
  { price, size }: GridFactors,
): readonly Candle[] {
  if (price === 1 && size === 1) return candles;
  return candles.map((candle) => ({
    ...candle,
    open: Math.round(candle.open / price),
    high: Math.round(candle.high / price),
    low: Math.round(candle.low / price),
    close: Math.round(candle.close / price),
    volume: Math.round(candle.volume / size),
    buyVolume: Math.round(candle.buyVolume / size),
  }));
}

function times(value: number, factor: number): number {
  const product = value * factor;
  if (!Number.isSafeInteger(product))
    throw new GridError(`${value} has too many digits in steps that are ${factor} times finer`);
  return product;
}

function wholeFactor(from: string, to: string): number | undefined {
  if (from === to) return 1;
  const [coarse, fine] = mantissas(from, to);
  return coarse % fine === 0n ? Number(coarse / fine) : undefined;
}

function commonStep(a: string, b: string): string {
  if (a === b) return a;
  const [first, second, places] = mantissas(a, b);
  let [greater, rest] = [first, second];
  while (rest !== 0n) [greater, rest] = [rest, greater % rest];
  if (greater === first) return a;
  if (greater === second) return b;
  return plainDecimal(`${greater}e-${places}`);
}

/** Both steps as integers over the same power of ten, and that power. */
function mantissas(a: string, b: string): readonly [bigint, bigint, number] {
  const places = Math.max(decimalPlaces(a), decimalPlaces(b));
  const mantissa = (step: string): bigint =>
    BigInt(plainDecimal(step).replace('.', '')) * 10n ** BigInt(places - decimalPlaces(step));
  return [mantissa(a), mantissa(b), places];
}
