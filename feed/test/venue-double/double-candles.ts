/* Candles of the double, from before its recording: made from their open time, so that a test can make them again. */
import type { EpochMs } from '@tapedeck/market/number/level';

/** Paths of all venues' requests for candles. */
export const CANDLE_REQUEST = /kline|ohlc|candles|chart_data/i;

export type DoubleCandle = {
  readonly openTime: EpochMs;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly buyVolume: string;
  readonly trades: number;
};

/** The candle of `lengthMs` that opens then: each closes where the next one opens. */
export function doubleCandle(openTime: EpochMs, lengthMs: number): DoubleCandle {
  const count = openTime / lengthMs;
  const price = (at: number): number => 2_000 + (at % 97);
  const [open, close] = [price(count), price(count + 1)];
  return {
    openTime,
    open: open.toFixed(1),
    high: (Math.max(open, close) + 0.5).toFixed(1),
    low: (Math.min(open, close) - 0.5).toFixed(1),
    close: close.toFixed(1),
    volume: `${1 + (count % 5)}.25`,
    buyVolume: `${1 + (count % 5)}.0`,
    trades: 3 + (count % 7),
  };
}

/** Those within `from <= openTime <= to`, the one that forms at `now` last, if it is among them. */
export function doubleCandles(
  lengthMs: number,
  now: EpochMs,
  from: EpochMs,
  to: EpochMs,
): readonly DoubleCandle[] {
  const candles: DoubleCandle[] = [];
  const last = Math.min(now, to);
  for (let at = Math.ceil(from / lengthMs) * lengthMs; at <= last; at += lengthMs)
    candles.push(doubleCandle(at, lengthMs));
  return candles;
}
