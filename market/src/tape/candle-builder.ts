import type { EpochMs } from '../number/level.ts';
import { bucketStart, type Candle, type CandleInterval } from './candle.ts';
import type { Trade } from './trade.ts';

/** A candle of a single trade. */
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

/** Adds a trade to `candle`. The trade must be in the candle's bucket and follow the trades already in it. */
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

/** Merges two candles, in order of time, into one that opens at `openTime`: 5 x 1m = 5m. */
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

/**
 * Derives candles of `interval` from candles of a shorter interval that divides it. Input and output oldest first.
 */
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

/**
 * Candles of `interval`: derived from finer ones, and `told` where there is no finer one. Oldest first.
 */
export function layeredCandles(
  finer: readonly Candle[],
  told: readonly Candle[],
  interval: CandleInterval,
): readonly Candle[] {
  const derived = [...deriveCandles(finer, interval)];
  const known = new Set(derived.map(({ openTime }) => openTime));
  const added = told.filter(({ openTime }) => !known.has(openTime));
  return [...derived, ...added].toSorted((a, b) => a.openTime - b.openTime);
}
