import { LONG_AGO, type Moment } from '@tapedeck/market/time/clock';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { TickerMessage } from '@tapedeck/market/wire/tape';

import { tickerOf } from '../../engine/ticker.ts';
import { type FlushTurn, type Resume, StreamChannel } from './stream-channel.ts';

const TICKER_PERIOD_MS = 250;

/** `ticker:SYMBOL`: only the latest value counts. */
export class TickerChannel extends StreamChannel {
  #dirty = false;
  #flushedAt = LONG_AGO;
  #sent = 0;

  override get lastSequence(): number {
    return this.#sent;
  }

  override get ready(): boolean {
    return true;
  }

  override resume(): Resume {
    return { resume: 'none' };
  }

  override welcome(now: Moment): readonly DownMessage[] {
    this.lastSentAt = now.at;
    return [this.#message()];
  }

  override get periodMs(): number {
    return TICKER_PERIOD_MS;
  }

  override get isDirty(): boolean {
    return this.#dirty;
  }

  override bookChanged(): void {
    this.#dirty = true;
  }

  override traded(): void {
    this.#dirty = true;
  }

  override toldCandle(): void {
    this.#dirty = true;
  }

  override flush(now: Moment, turn: FlushTurn): void {
    if (!this.#dirty || !this.isDue(now, this.#flushedAt, this.periodMs, turn)) return;
    this.#dirty = false;
    this.#flushedAt = now.at;
    this.lastSentAt = now.at;
    this.publish(this.#message(), 'latest');
  }

  override restart(): void {
    this.#dirty = true;
  }

  #message(): TickerMessage {
    const ticker = tickerOf(this.market);
    this.#sent = ticker.sequence;
    return { type: 'ticker', channel: this.id, ...ticker };
  }
}
