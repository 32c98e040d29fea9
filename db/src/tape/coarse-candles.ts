import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import { deriveCandles, layeredCandles } from '@tapedeck/market/tape/candle-builder';

/**
 * Longer candles that only a source can provide (a year of days), finest first. They are stored in addition to those
 * derived from minutes, and are never split.
 */
const COARSE: readonly CandleInterval[] = ['5m', '15m', '1h', '4h', '1d'];

/**
 * Derives `interval` from stored `rows` of the interval `base`, and from coarse candles that `read` returns, where
 * there are no finer ones: a day whose last hours are stored as minutes begins with its hours. Oldest first.
 */
export function withCoarse(
  rows: readonly Candle[],
  base: CandleInterval,
  interval: CandleInterval,
  read: (interval: CandleInterval) => readonly Candle[],
): readonly Candle[] {
  const length = INTERVAL_MS[interval];
  let finest = rows;
  let isOfInterval = base === interval;
  for (const coarse of COARSE) {
    if (INTERVAL_MS[coarse] > length || length % INTERVAL_MS[coarse] !== 0) continue;
    const told = read(coarse);
    if (told.length === 0) continue;
    finest = layeredCandles(finest, told, coarse);
    isOfInterval = coarse === interval;
  }
  return isOfInterval ? finest : [...deriveCandles(finest, interval)];
}
