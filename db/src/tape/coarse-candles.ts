import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import { deriveCandles } from '@tapedeck/market/tape/candle-builder';

/**
 * Longer candles that only a source can provide (a year of days), finest first. They are stored in addition to those
 * derived from minutes, and are never split.
 */
const COARSE: readonly CandleInterval[] = ['5m', '15m', '1h', '4h', '1d'];

/**
 * Merges `derived` candles of `interval` with coarse candles from `read`, of this or a shorter interval, for buckets
 * without a derived one: recorded or finer data takes precedence. Oldest first.
 */
export function withCoarse(
  derived: readonly Candle[],
  interval: CandleInterval,
  read: (interval: CandleInterval) => readonly Candle[],
): readonly Candle[] {
  const length = INTERVAL_MS[interval];
  const known = new Set(derived.map((candle) => candle.openTime));
  const added: Candle[] = [];
  for (const coarse of COARSE) {
    if (INTERVAL_MS[coarse] > length || length % INTERVAL_MS[coarse] !== 0) continue;
    for (const candle of deriveCandles(read(coarse), interval)) {
      if (known.has(candle.openTime)) continue;
      known.add(candle.openTime);
      added.push(candle);
    }
  }
  if (added.length === 0) return derived;
  return [...derived, ...added].toSorted((a, b) => a.openTime - b.openTime);
}
