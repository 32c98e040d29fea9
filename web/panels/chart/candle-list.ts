import type { Candle } from '@tapedeck/market/tape/candle';

/** What a candle of the history and one of the stream have in common. */
export type ChartCandle = Candle & { readonly state: 'forming' | 'closed' };

/**
 * `older` in front of `newer`, oldest first, each open time once; if both have one, `newer` wins. Keeps at most
 * `limit`, the newest.
 */
export function prependCandles(
  older: readonly ChartCandle[],
  newer: readonly ChartCandle[],
  limit: number,
): readonly ChartCandle[] {
  const first = newer[0]?.openTime ?? Infinity;
  const joined = [...older.filter((candle) => candle.openTime < first), ...newer];
  return joined.length > limit ? joined.slice(-limit) : joined;
}

/**
 * How a live candle fits: it replaces the last one, follows it, or is older and must not reach the chart, which would
 * throw.
 */
export function placeOf(
  candles: readonly ChartCandle[],
  candle: ChartCandle,
): 'replace' | 'append' | 'older' {
  const last = candles.at(-1);
  if (last === undefined || candle.openTime > last.openTime) return 'append';
  return candle.openTime === last.openTime ? 'replace' : 'older';
}
