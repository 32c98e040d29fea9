import type { EpochMs } from '@tapedeck/market/number/level';
import type { Candle } from '@tapedeck/market/tape/candle';

/** What a candle of the history and one of the stream have in common. */
export type ChartCandle = Candle & {
  readonly state: 'forming' | 'closed';
  /** The venue's own, at least in part, from before the feed recorded the market (V14). */
  readonly source?: 'venue' | undefined;
};

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

/** Index of the candle that is open at `time`, or of the last one before it; -1 if all are later. */
export function indexAt(candles: readonly ChartCandle[], time: EpochMs): number {
  let low = 0;
  let high = candles.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((candles[middle]?.openTime ?? 0) <= time) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

/**
 * Where a time is among the candles, in bars: 2.5 is half way from the third to the fourth. Earlier times are at the
 * first, later ones at the last, or with `isBeyond` as many intervals after it as they are. Undefined without candles.
 */
export function placeAt(
  candles: readonly ChartCandle[],
  time: EpochMs,
  lengthMs: number,
  isBeyond: boolean,
): number | undefined {
  if (candles.length === 0) return undefined;
  const index = indexAt(candles, time);
  const [before, after] = [candles[index], candles[index + 1]];
  if (before === undefined) return 0;
  if (after === undefined) return isBeyond ? index + (time - before.openTime) / lengthMs : index;
  return index + (time - before.openTime) / (after.openTime - before.openTime);
}

/** Open time of the first candle of the feed's own after the venue's; undefined if there is no such pair. */
export function seamOf(candles: readonly ChartCandle[]): EpochMs | undefined {
  const last = candles.findLastIndex(({ source }) => source === 'venue');
  return last === -1 ? undefined : candles[last + 1]?.openTime;
}
