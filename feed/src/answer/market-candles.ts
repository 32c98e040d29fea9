import type { CandleSeries } from '@tapedeck/db/tape/candle-store';
import { commonGrid, type Grid, gridFactors, regridCandle } from '@tapedeck/market/grid/grid';
import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import {
  bucketStart,
  type Candle,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/tape/candle';

import { grainOf } from '../engine/candle-board.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { MarketRouteDeps } from './market-world.ts';

/** More than a market keeps in memory for any interval. */
const MAX_BOARD_CANDLES = 100_000;

type Series = { readonly grid: Grid; readonly candles: readonly Candle[] };
type CandleRequest = {
  readonly interval: CandleInterval;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** The session of a replay. */
  readonly within: string | undefined;
};

/**
 * History up to where the market's own board begins, then the board: one seam, at a whole bucket (P18). All in the
 * market's own grid, or in a finer one if recorded prices fall between its steps. The board is read at once, the
 * history in pieces, yielding between them.
 */
export function* marketCandles(
  { history }: Pick<MarketRouteDeps, 'history'>,
  market: SymbolMarket,
  { interval, from, to = Number.MAX_SAFE_INTEGER, limit, within }: CandleRequest,
): Generator<void, CandleSeries> {
  const { symbol, candles: board, instrument: own } = market;
  const known = board.knownFrom(grainOf(interval));
  const seam = Math.min(to, known === undefined ? to : bucketStart(known, interval));
  function* older(range: {
    readonly from?: EpochMs;
    readonly limit: number;
  }): Generator<void, CandleSeries> {
    if (within === undefined)
      return yield* history.candles.pieces({ symbol, interval, to: seam, ...range }, own);
    return { grid: own, candles: board.candles(interval, range.from ?? 0, seam, range.limit) };
  }
  const nothing: Series = { grid: own, candles: [] };
  const joined = ({ grid: first = own, candles }: CandleSeries, recent: Series): CandleSeries => {
    const grid = commonGrid([first, recent.grid]);
    const fitting = (series: Series): readonly Candle[] => {
      const factors = must(gridFactors(series.grid, grid), 'a common grid');
      return series.candles.map((candle) => regridCandle(candle, factors));
    };
    return { grid, candles: [...fitting({ grid: first, candles }), ...fitting(recent)] };
  };
  if (from === undefined) {
    const recent = known === undefined ? nothing : board.series(interval, seam, to, limit);
    const missing = limit - recent.candles.length;
    return joined(missing > 0 ? yield* older({ limit: missing }) : nothing, recent);
  }
  const start = Math.ceil(from / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  const recent =
    known === undefined
      ? nothing
      : board.series(interval, Math.max(start, seam), to, MAX_BOARD_CANDLES);
  const before: CandleSeries = start < seam ? yield* older({ from: start, limit }) : nothing;
  const fresh = recent.candles.slice(0, Math.max(0, limit - before.candles.length));
  return joined(before, { grid: recent.grid, candles: fresh });
}
