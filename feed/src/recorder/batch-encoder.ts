/*
 * Market events as one array of numbers: transferred to the worker, not copied, and without an object per level.
 * A record is its kind, the market's number, and:
 *   SNAPSHOT  sequence eventTime receiveTime nBids nAsks (price size)...
 *   DELTA     previous sequence eventTime receiveTime nBids nAsks (price size)...
 *   TRADE     sequence eventTime priceTicks sizeLots buys(1|0)
 *   STATE     time state reason since crossedSince(-1); state and reason as indexes into the protocol's lists
 */
import type { DeltaNumbers } from '@tapedeck/db/segment/segment-builder';
import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { MARKET_STATES, STATE_REASONS } from '@tapedeck/market/instrument/instrument';
import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';
import { must } from '@tapedeck/market/number/assert';
import type { Level } from '@tapedeck/market/number/level';
import type { Trade } from '@tapedeck/market/tape/trade';

const SNAPSHOT = 1;
const DELTA = 2;
const TRADE = 3;
const STATE = 4;
const INITIAL_VALUES = 16_384;

/** Collects records; `take` hands them over. */
export class BatchEncoder {
  #values = new Float64Array(INITIAL_VALUES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  snapshot(market: number, book: BookSnapshot): void {
    this.#reserve(7 + 2 * (book.bids.length + book.asks.length));
    this.#put(SNAPSHOT, market, book.sequence);
    this.#put(book.eventTime, book.receiveTime, book.bids.length);
    this.#values[this.#length++] = book.asks.length;
    this.#levels(book.bids);
    this.#levels(book.asks);
  }

  delta(market: number, delta: BookDelta): void {
    this.#reserve(8 + 2 * (delta.bids.length + delta.asks.length));
    this.#put(DELTA, market, delta.previous);
    this.#put(delta.sequence, delta.eventTime, delta.receiveTime);
    this.#values[this.#length++] = delta.bids.length;
    this.#values[this.#length++] = delta.asks.length;
    this.#levels(delta.bids);
    this.#levels(delta.asks);
  }

  trade(market: number, trade: Trade): void {
    this.#reserve(7);
    this.#put(TRADE, market, trade.sequence);
    this.#put(trade.eventTime, trade.priceTicks, trade.sizeLots);
    this.#values[this.#length++] = trade.aggressor === 'buy' ? 1 : 0;
  }

  state(market: number, { time, state, reason, since, crossedSince }: RecordedState): void {
    this.#reserve(7);
    this.#put(STATE, market, time);
    this.#put(MARKET_STATES.indexOf(state), STATE_REASONS.indexOf(reason), since);
    this.#values[this.#length++] = crossedSince ?? -1;
  }

  /** Everything collected, in an array of its own, ready to be transferred. */
  take(): Float64Array<ArrayBuffer> {
    const taken = this.#values.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #put(a: number, b: number, c: number): void {
    this.#values[this.#length++] = a;
    this.#values[this.#length++] = b;
    this.#values[this.#length++] = c;
  }

  #levels(levels: readonly Level[]): void {
    for (const level of levels) {
      this.#values[this.#length++] = level[0];
      this.#values[this.#length++] = level[1];
    }
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#values.length) return;
    const larger = new Float64Array(Math.max(this.#values.length * 2, this.#length + count));
    larger.set(this.#values);
    this.#values = larger;
  }
}

/** Receives the records of a batch, in order. A delta's levels stay in place: `numbers` says where. */
export type BatchSink = {
  readonly snapshot: (market: number, book: BookSnapshot) => void;
  readonly delta: (
    market: number,
    head: Omit<BookDelta, 'bids' | 'asks'>,
    numbers: DeltaNumbers,
  ) => void;
  readonly trade: (market: number, trade: Trade) => void;
  readonly state: (market: number, state: RecordedState) => void;
};

/** Decodes what a `BatchEncoder` collected. */
export function decodeBatch(values: Float64Array, sink: BatchSink): void {
  let at = 0;
  const next = (): number => values[at++] as number;
  const levels = (count: number): readonly Level[] => {
    const result: Level[] = new Array<Level>(count);
    for (let i = 0; i < count; i++, at += 2)
      result[i] = [values[at] as number, values[at + 1] as number];
    return result;
  };
  while (at < values.length) {
    const kind = next();
    const market = next();
    if (kind === TRADE) {
      const sequence = next();
      const eventTime = next();
      const priceTicks = next();
      const sizeLots = next();
      const aggressor = next() === 1 ? 'buy' : 'sell';
      sink.trade(market, { sequence, eventTime, priceTicks, sizeLots, aggressor });
      continue;
    }
    if (kind === STATE) {
      const time = next();
      const state = must(MARKET_STATES[next()], 'a state');
      const reason = must(STATE_REASONS[next()], 'a reason');
      const since = next();
      const crossedSince = next();
      const known = crossedSince < 0 ? undefined : crossedSince;
      sink.state(market, { time, state, reason, since, crossedSince: known });
      continue;
    }
    const previous = kind === DELTA ? next() : 0;
    const sequence = next();
    const eventTime = next();
    const receiveTime = next();
    const bidCount = next();
    const askCount = next();
    if (kind === DELTA) {
      const head = { previous, sequence, eventTime, receiveTime };
      sink.delta(market, head, { values, at, bidCount, askCount });
      at += 2 * (bidCount + askCount);
      continue;
    }
    const bids = levels(bidCount);
    const asks = levels(askCount);
    sink.snapshot(market, { sequence, eventTime, receiveTime, bids, asks });
  }
}
