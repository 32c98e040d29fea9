import { bucketStart, type Candle, type CandleInterval, INTERVAL_MS } from './candle.ts';
import type { EpochMs } from './level.ts';
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

/**
 * Trades -> the forming candle of one interval and, when its bucket is over, the closed one. Time comes from the
 * trades and from `closeBefore`. A trade that is late by less than one bucket corrects the candle that closed last;
 * one that is later still is counted in `late` and left to the history, which keeps every trade.
 */
export class CandleBuilder {
  readonly interval: CandleInterval;
  #forming: Candle | undefined;
  #lastClosed: Candle | undefined;
  #late = 0;

  constructor(interval: CandleInterval, seed?: Candle) {
    this.interval = interval;
    this.#forming = seed;
  }

  get forming(): Candle | undefined {
    return this.#forming;
  }

  /** Trades that came too late for any candle kept here. */
  get late(): number {
    return this.#late;
  }

  /** Takes a trade; returns the candle that it closed or corrected, if any. */
  add(trade: Trade): Candle | undefined {
    const openTime = bucketStart(trade.eventTime, this.interval);
    const forming = this.#forming;
    if (forming === undefined && openTime !== this.#lastClosed?.openTime) {
      this.#forming = candleOf(openTime, trade);
      return undefined;
    }
    if (forming !== undefined && forming.openTime === openTime) {
      this.#forming = foldTrade(forming, trade);
      return undefined;
    }
    if (forming !== undefined && openTime > forming.openTime) {
      this.#lastClosed = forming;
      this.#forming = candleOf(openTime, trade);
      return forming;
    }
    if (this.#lastClosed?.openTime === openTime) {
      this.#lastClosed = correct(this.#lastClosed, trade);
      return this.#lastClosed;
    }
    this.#late++;
    return undefined;
  }

  /** Closes the forming candle when its bucket ended at or before `time`; returns it. */
  closeBefore(time: EpochMs): Candle | undefined {
    const forming = this.#forming;
    if (forming === undefined || forming.openTime + INTERVAL_MS[this.interval] > time)
      return undefined;
    this.#lastClosed = forming;
    this.#forming = undefined;
    return forming;
  }
}

/** A late trade widens the range and adds volume; the close stays that of the newest trade. */
function correct(candle: Candle, trade: Trade): Candle {
  return { ...foldTrade(candle, trade), close: candle.close };
}
