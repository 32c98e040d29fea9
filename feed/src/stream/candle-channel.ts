import type { Candle, CandleInterval } from '@tapedeck/market/candle';
import type { EpochMs } from '@tapedeck/market/level';
import type { Channel } from '@tapedeck/market/wire/channel';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { CandleMessage } from '@tapedeck/market/wire/tape';

import type { SymbolMarket } from '../engine/symbol-market.ts';
import { type FlushTurn, type Resume, StreamChannel } from './stream-channel.ts';

/** The forming candle is drawn ten times a second at most; a closed one goes at once. */
const CANDLE_PERIOD_MS = 100;
/** Most candles that one flush closes. */
const MAX_CLOSED = 2_000;

/** `candles:SYMBOL:INTERVAL`: the forming candle and each closed one (P18). */
export class CandleChannel extends StreamChannel {
  readonly #interval: CandleInterval;
  #last: Candle | undefined;
  #dirty = false;
  #flushedAt: EpochMs = 0;
  #sent = 0;

  constructor(
    id: number,
    name: string,
    channel: Extract<Channel, { kind: 'candles' }>,
    market: SymbolMarket,
  ) {
    super(id, name, channel, market);
    this.#interval = channel.interval;
  }

  override get lastSequence(): number {
    return this.#sent;
  }

  override get ready(): boolean {
    return true;
  }

  override resume(): Resume {
    return { resume: 'none' };
  }

  override welcome(now: EpochMs): readonly DownMessage[] {
    const candle = this.market.candles.forming(this.#interval);
    this.lastSentAt = now;
    if (candle === undefined) return [];
    if (this.subscribers.size <= 1) this.#last = candle;
    return [this.#message(candle, 'forming')];
  }

  override get periodMs(): number {
    return CANDLE_PERIOD_MS;
  }

  override get isDirty(): boolean {
    return this.#dirty;
  }

  override traded(): void {
    this.#dirty = true;
  }

  override flush(now: EpochMs, turn: FlushTurn): void {
    if (!this.#dirty || !this.isDue(now, this.#flushedAt, this.periodMs, turn)) return;
    this.#dirty = false;
    const candle = this.market.candles.forming(this.#interval);
    if (candle === undefined) return;
    this.#flushedAt = now;
    this.lastSentAt = now;
    const last = this.#last;
    if (last !== undefined && last.openTime < candle.openTime) {
      // A flush may span several buckets: each of them closed with what the board says it holds.
      const closed = this.market.candles.candles(
        this.#interval,
        last.openTime,
        candle.openTime,
        MAX_CLOSED,
      );
      // All trades after a closed candle are in those that follow it: its last trade is counted back from the newest.
      let sequence = this.market.tradeSequence - candle.trades;
      const sequences = closed
        .toReversed()
        .map((each) => {
          const last = sequence;
          sequence -= each.trades;
          return last;
        })
        .toReversed();
      closed.forEach((each, index) => {
        this.publish(
          { ...this.#message(each, 'closed'), sequence: sequences[index] ?? 0 },
          'latest',
        );
      });
    }
    this.#last = candle;
    this.publish(this.#message(candle, 'forming'), 'latest');
  }

  override restart(): void {
    this.#last = undefined;
    this.#dirty = true;
  }

  #message(candle: Candle, state: 'forming' | 'closed'): CandleMessage {
    this.#sent = this.market.tradeSequence;
    return {
      type: 'candle',
      channel: this.id,
      ...candle,
      state,
      sequence: this.#sent,
    };
  }
}
