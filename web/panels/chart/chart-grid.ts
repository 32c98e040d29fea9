/*
 * One chart, one grid. Candles recorded in finer steps than the market has now come in those steps; the whole chart
 * is then drawn in the common grid, so that nothing is rounded or misplaced.
 */
import { commonGrid, type Grid, gridFactors, regridCandle } from '@tapedeck/market/grid/grid';
import type { Candle } from '@tapedeck/market/tape/candle';

/** A grid that responses for a symbol needed. */
export type FinerGrid = Grid & { readonly symbol: string };

/** The chart's grid: the live one, or the common one that a response for this symbol needed. */
export function chartGrid(symbol: string, live: Grid, finer: FinerGrid | undefined): Grid {
  return finer === undefined || finer.symbol !== symbol ? live : commonGrid([live, finer]);
}

/** The candles in the chart's grid; undefined if it is too coarse for them. */
export function candlesIn<T extends Candle>(
  candles: readonly T[],
  from: Grid,
  to: Grid,
): readonly T[] | undefined {
  const factors = gridFactors(from, to);
  return factors && candles.map((candle) => regridCandle(candle, factors));
}
