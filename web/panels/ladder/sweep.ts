import type { Instrument } from '@tapedeck/market/instrument/instrument';

import { notionalOf } from '../../format/market-text.ts';

type Row = { readonly priceTicks: number; readonly sizeLots: number };

/** The result of taking every lot from the best row to a given one. */
export type Sweep = {
  readonly rows: number;
  readonly sizeLots: number;
  /** In the quote currency. */
  readonly notional: number;
  /** In ticks; usually between two ticks. */
  readonly averageTicks: number;
  /** Distance of the average from the mid, against the taker, in basis points; undefined without a mid. */
  readonly slippageBasisPoints: number | undefined;
};

/**
 * Sweeps `rows` (best first) from the first to `index`. Grouped rows have the group's worse price, so on a grouped
 * ladder the result is never better than the market would be.
 */
export function sweep(
  rows: readonly Row[],
  index: number,
  midTicks: number | undefined,
  instrument: Pick<Instrument, 'tickSize' | 'lotSize'>,
): Sweep | undefined {
  if (index < 0 || index >= rows.length) return undefined;
  let sizeLots = 0;
  let weighted = 0;
  for (const row of rows.slice(0, index + 1)) {
    sizeLots += row.sizeLots;
    weighted += row.priceTicks * row.sizeLots;
  }
  if (sizeLots === 0) return undefined;
  const averageTicks = weighted / sizeLots;
  return {
    rows: index + 1,
    sizeLots,
    notional: notionalOf(averageTicks, sizeLots, instrument),
    averageTicks,
    slippageBasisPoints:
      midTicks === undefined || midTicks === 0
        ? undefined
        : (Math.abs(averageTicks - midTicks) / Math.abs(midTicks)) * 10_000,
  };
}
