import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import { deriveCandles } from '@tapedeck/market/tape/candle-builder';

/**
 * Longer candles that only a source could tell (a year of days), finest first. They stand beside what is derived from
 * minutes and are never taken apart.
 */
const COARSE: readonly CandleInterval[] = ['5m', '15m', '1h', '4h', '1d'];

/**
 * `derived` candles of `interval`, and those that `read` knows of it or of shorter coarse ones for the buckets that have
 * none: what was recorded, or told in more detail, is better than what was told whole. Oldest first.
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
