/*
 * One chart, one grid. What a market recorded in finer steps than it has now is answered in these; the whole chart is
 * then drawn in the common grid, so that nothing of it is rounded or at the wrong place.
 */
import { commonGrid, type Grid, gridFactors, regridCandle } from '@tapedeck/market/grid/grid';
import type { Candle } from '@tapedeck/market/tape/candle';

/** A grid that answers for a symbol needed. */
export type FinerGrid = Grid & { readonly symbol: string };

/** The grid of the chart: the live one, or the common one with what answers for this symbol needed. */
export function chartGrid(symbol: string, live: Grid, finer: FinerGrid | undefined): Grid {
  return finer === undefined || finer.symbol !== symbol ? live : commonGrid([live, finer]);
}

/** The candles in the chart's grid; undefined where that is too coarse for them. */
export function candlesIn<T extends Candle>(
  candles: readonly T[],
  from: Grid,
  to: Grid,
): readonly T[] | undefined {
  const factors = gridFactors(from, to);
  return factors && candles.map((candle) => regridCandle(candle, factors));
}
