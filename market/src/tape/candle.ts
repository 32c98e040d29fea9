import type { EpochMs } from '../number/level.ts';

/** Every interval that a `candles` channel or `GET /v1/candles` supports, shortest first. */
export const CANDLE_INTERVALS = ['1s', '5s', '15s', '1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type CandleInterval = (typeof CANDLE_INTERVALS)[number];

/** Length of each interval in milliseconds. Buckets start at its multiples since the Unix epoch (UTC). */
export const INTERVAL_MS: Readonly<Record<CandleInterval, number>> = {
  '1s': 1_000,
  '5s': 5_000,
  '15s': 15_000,
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
};

/**
 * OHLCV of the trades with `openTime <= eventTime < openTime + interval`: prices in ticks, `volume` in lots,
 * `trades` a count. A bucket without trades has no candle.
 */
export type Candle = {
  readonly openTime: EpochMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Lots bought by takers; takers sold `volume - buyVolume`. */
  readonly buyVolume: number;
  readonly trades: number;
};

/** Start of the bucket of `interval` that contains `time`. */
export function bucketStart(time: EpochMs, interval: CandleInterval): EpochMs {
  const length = INTERVAL_MS[interval];
  return Math.floor(time / length) * length;
}

export function isCandleInterval(text: string): text is CandleInterval {
  return text in INTERVAL_MS;
}
