import type { Instrument } from '@tapedeck/market/instrument';
import type { Level } from '@tapedeck/market/level';
import type { MarketEvent } from '@tapedeck/market/market-event';
import { Random } from '@tapedeck/market/random';

/** Levels a side that each book has at the beginning. */
const LEVELS = 200;
const TRADE_SHARE = 0.15;
const START_TICKS = 100_000;

/** A made-up market of a venue: symbols in turn, each with book changes near the touch and some trades. */
export class FanoutSource {
  readonly symbols: readonly string[];
  readonly #random: Random;
  #next = 0;

  constructor(symbols: number, seed: number) {
    this.symbols = Array.from({ length: symbols }, (_, i) => `S${i}-USD@bench`);
    this.#random = new Random(seed);
  }

  instruments(): readonly Instrument[] {
    return this.symbols.map((symbol) => ({
      symbol,
      venue: 'bench',
      base: symbol.split('-')[0] ?? symbol,
      quote: 'USD',
      tickSize: '0.1',
      lotSize: '0.001',
    }));
  }

  snapshots(now: number): readonly MarketEvent[] {
    const side = (sign: 1 | -1): Level[] =>
      Array.from({ length: LEVELS }, (_, i) => [START_TICKS + sign * (i + 1), this.#size()]);
    return this.symbols.map((symbol) => ({
      type: 'snapshot',
      symbol,
      eventTime: now,
      receiveTime: now,
      bids: side(-1),
      asks: side(1),
    }));
  }

  /** The next event. */
  next(now: number): MarketEvent {
    const symbol = this.symbols[this.#next++ % this.symbols.length] ?? '';
    const times = { eventTime: now, receiveTime: now };
    if (this.#random.chance(TRADE_SHARE))
      return {
        type: 'trade',
        symbol,
        ...times,
        priceTicks: START_TICKS + this.#random.integer(-2, 2),
        sizeLots: this.#size(),
        aggressor: this.#random.chance(0.5) ? 'buy' : 'sell',
      };
    const change = (sign: 1 | -1): Level[] =>
      Array.from({ length: this.#random.integer(0, 2) }, () => [
        START_TICKS + sign * (1 + Math.floor(Math.abs(this.#random.normal()) * 8)),
        this.#size(),
      ]);
    return { type: 'update', symbol, ...times, bids: change(-1), asks: change(1) };
  }

  #size(): number {
    return this.#random.integer(1, 1_000_000);
  }
}
