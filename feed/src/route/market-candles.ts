import type { CandleSeries } from '@tapedeck/db/candle-store';
import { must } from '@tapedeck/market/assert';
import {
  bucketStart,
  type Candle,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/candle';
import { gridFactors, regridCandle } from '@tapedeck/market/grid';
import type { EpochMs } from '@tapedeck/market/level';

import { grainOf } from '../engine/candle-board.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { MarketRouteDeps } from './market-world.ts';

/** More than a market keeps in memory of any interval. */
const MAX_BOARD_CANDLES = 100_000;

type CandleRequest = {
  readonly interval: CandleInterval;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** The one session of a replay. */
  readonly within: string | undefined;
};

/**
 * History up to where the market's own board begins, then the board: one seam, at a whole bucket (P18). All of it is in the
 * market's own grid, or, where older candles fall between its steps, in a finer one.
 */
export function marketCandles(
  { history }: Pick<MarketRouteDeps, 'history'>,
  market: SymbolMarket,
  { interval, from, to = Number.MAX_SAFE_INTEGER, limit, within }: CandleRequest,
): CandleSeries {
  const { symbol, candles: board, instrument: own } = market;
  const known = board.knownFrom(grainOf(interval));
  const seam = Math.min(to, known === undefined ? to : bucketStart(known, interval));
  const older = (range: { readonly from?: EpochMs; readonly limit: number }): CandleSeries =>
    within === undefined
      ? history.candles.series({ symbol, interval, to: seam, ...range }, own)
      : { grid: own, candles: board.candles(interval, range.from ?? 0, seam, range.limit) };
  const joined = (
    { grid = own, candles }: CandleSeries,
    recent: readonly Candle[],
  ): CandleSeries => {
    const factors = must(gridFactors(own, grid), 'a common grid');
    const fitting = recent.map((candle) => regridCandle(candle, factors));
    return { grid, candles: [...candles, ...fitting] };
  };
  if (from === undefined) {
    const recent = known === undefined ? [] : board.candles(interval, seam, to, limit);
    const missing = limit - recent.length;
    return joined(missing > 0 ? older({ limit: missing }) : { grid: own, candles: [] }, recent);
  }
  const start = Math.ceil(from / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  const before: CandleSeries =
    start < seam ? older({ from: start, limit }) : { grid: own, candles: [] };
  const recent =
    known === undefined
      ? []
      : board.candles(interval, Math.max(start, seam), to, MAX_BOARD_CANDLES);
  return joined(before, recent.slice(0, Math.max(0, limit - before.candles.length)));
}
