import type { EpochMs } from '../number/level.ts';
import { bucketStart, type Candle, type CandleInterval } from './candle.ts';
import type { Trade } from './trade.ts';

/** The candle of one trade. */
export function candleOf(openTime: EpochMs, trade: Trade): Candle {
  const { priceTicks, sizeLots, aggressor } = trade;
  return {
    openTime,
    open: priceTicks,
    high: priceTicks,
    low: priceTicks,
    close: priceTicks,
    volume: sizeLots,
    buyVolume: aggressor === 'buy' ? sizeLots : 0,
    trades: 1,
  };
}

/** `candle` with one more trade, which must belong to its bucket and come after the trades in it. */
export function foldTrade(candle: Candle, trade: Trade): Candle {
  const { priceTicks, sizeLots, aggressor } = trade;
  return {
    openTime: candle.openTime,
    open: candle.open,
    high: Math.max(candle.high, priceTicks),
    low: Math.min(candle.low, priceTicks),
    close: priceTicks,
    volume: candle.volume + sizeLots,
    buyVolume: candle.buyVolume + (aggressor === 'buy' ? sizeLots : 0),
    trades: candle.trades + 1,
  };
}

/** `earlier` and `later` (in time) as one candle that opens at `openTime`: 5 x 1m = 5m. */
export function joinCandles(openTime: EpochMs, earlier: Candle, later: Candle): Candle {
  return {
    openTime,
    open: earlier.open,
    high: Math.max(earlier.high, later.high),
    low: Math.min(earlier.low, later.low),
    close: later.close,
    volume: earlier.volume + later.volume,
    buyVolume: earlier.buyVolume + later.buyVolume,
    trades: earlier.trades + later.trades,
  };
}

/** Candles of a longer interval from those of a shorter one that divides it, oldest first. */
export function* deriveCandles(
  candles: Iterable<Candle>,
  interval: CandleInterval,
): Generator<Candle> {
  let current: Candle | undefined;
  for (const candle of candles) {
    const openTime = bucketStart(candle.openTime, interval);
    if (current !== undefined && current.openTime === openTime) {
      current = joinCandles(openTime, current, candle);
    } else {
      if (current !== undefined) yield current;
      current = { ...candle, openTime };
    }
  }
  if (current !== undefined) yield current;
}
