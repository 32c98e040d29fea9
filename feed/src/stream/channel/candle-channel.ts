import type { EpochMs } from '@tapedeck/market/number/level';
import {
  bucketStart,
  type Candle,
  type CandleInterval,
  INTERVAL_MS,
} from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';
import { LONG_AGO, type Moment } from '@tapedeck/market/time/clock';
import type { Channel } from '@tapedeck/market/wire/channel';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { CandleMessage } from '@tapedeck/market/wire/tape';

import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { type FlushTurn, type Resume, StreamChannel } from './stream-channel.ts';

/** The forming candle is drawn at most ten times a second; a closed one is sent at once. */
const CANDLE_PERIOD_MS = 100;
/** Most candles that one flush closes. */
const MAX_CLOSED = 2_000;

/**
 * `candles:SYMBOL:INTERVAL`: the forming candle and each closed one (P18). A candle is closed by the market's clock,
 * like in `GET /v1/candles`, and not by the next trade, which may take long in a quiet market.
 */
export class CandleChannel extends StreamChannel {
  readonly #interval: CandleInterval;
  readonly #time: () => EpochMs;
  #last: Candle | undefined;
  /** The newest candle that was sent as closed. */
  #closed: Candle | undefined;
  /** Open times of candles changed by a late trade; few, because no source is very late. */
  readonly #corrected = new Set<EpochMs>();
  #dirty = false;
  #flushedAt = LONG_AGO;
  #sent = 0;

  constructor(
    id: number,
    name: string,
    channel: Extract<Channel, { kind: 'candles' }>,
    market: SymbolMarket,
    time: () => EpochMs,
  ) {
    super(id, name, channel, market);
    this.#interval = channel.interval;
    this.#time = time;
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

  override welcome(now: Moment): readonly DownMessage[] {
    const candle = this.market.candles.forming(this.#interval);
    this.lastSentAt = now.at;
    if (candle === undefined) return [];
    const isOver = this.#isOver(candle);
    // A client that resubscribes at the end of an interval followed the previous candle, which was not sent as closed
    // yet.
    const closed = this.#closedBefore(candle);
    if (this.subscribers.size <= 1) {
      this.#last = candle;
      this.#closed = isOver ? candle : undefined;
    }
    return [...closed, this.#message(candle, isOver ? 'closed' : 'forming')];
  }

  override get periodMs(): number {
    return CANDLE_PERIOD_MS;
  }

  override get isDirty(): boolean {
    return this.#dirty;
  }

  override traded({ eventTime }: Trade): void {
    this.#dirty = true;
    const openTime = bucketStart(eventTime, this.#interval);
    if (this.#last !== undefined && openTime < this.#last.openTime) this.#corrected.add(openTime);
  }

  override toldCandle(): void {
    this.#dirty = true;
  }

  override passed(now: Moment): void {
    const last = this.#last;
    // If anything else has changed, that flush closes it.
    if (this.#dirty || last === undefined || last === this.#closed || !this.#isOver(last)) return;
    this.lastSentAt = now.at;
    this.#say(last);
  }

  override flush(now: Moment, turn: FlushTurn): void {
    if (!this.#dirty || !this.isDue(now, this.#flushedAt, this.periodMs, turn)) return;
    this.#dirty = false;
    const candle = this.market.candles.forming(this.#interval);
    if (candle === undefined) return;
    this.#flushedAt = now.at;
    this.lastSentAt = now.at;
    for (const message of [...this.#changed(), ...this.#closedBefore(candle)])
      this.publish(message, 'latest');
    this.#last = candle;
    this.#say(candle);
  }

  override restart(): void {
    // Candles continue on the new grid; after a seek there are none yet.
    const { candles } = this.market;
    const openTime = candles.forming(this.#interval) && this.#last?.openTime;
    const isClosed = this.#last !== undefined && this.#last === this.#closed;
    this.#last = openTime === undefined ? undefined : this.#at(openTime);
    this.#closed = isClosed ? this.#last : undefined;
    this.#corrected.clear();
    this.#dirty = true;
  }

  #at(openTime: EpochMs): Candle | undefined {
    const to = openTime + INTERVAL_MS[this.#interval];
    return this.market.candles.candles(this.#interval, openTime, to, 1)[0];
  }

  /** Closed candles changed by a late trade, complete (P18a). */
  #changed(): readonly CandleMessage[] {
    const openTimes = [...this.#corrected].toSorted((a, b) => a - b);
    this.#corrected.clear();
    return openTimes.flatMap((openTime) => {
      const candle = this.#at(openTime);
      return candle === undefined ? [] : [this.#message(candle, 'closed')];
    });
  }

  /**
   * The candles that ended since the last closed one, up to `candle`. A flush may span several buckets: each is
   * closed with the board's values.
   */
  #closedBefore(candle: Candle): readonly CandleMessage[] {
    const last = this.#last;
    if (last === undefined || last.openTime >= candle.openTime) return [];
    const { candles, tradeSequence } = this.market;
    const closed = candles.candles(this.#interval, last.openTime, candle.openTime, MAX_CLOSED);
    // All trades after a closed candle are in the candles after it: its last trade is counted back from the newest.
    let sequence = tradeSequence - candle.trades;
    const messages: CandleMessage[] = [];
    for (const each of closed.toReversed()) {
      if (!isSame(each, this.#closed))
        messages.push({ ...this.#message(each, 'closed'), sequence: Math.max(0, sequence) });
      sequence -= each.trades;
    }
    return messages.toReversed();
  }

  #isOver({ openTime }: Candle): boolean {
    return openTime + INTERVAL_MS[this.#interval] <= this.#time();
  }

  /** A late trade changed a closed candle: it is sent again. */
  #say(candle: Candle): void {
    const isOver = this.#isOver(candle);
    if (isOver) this.#closed = candle;
    this.publish(this.#message(candle, isOver ? 'closed' : 'forming'), 'latest');
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

function isSame(candle: Candle, other: Candle | undefined): boolean {
  return candle.openTime === other?.openTime && candle.trades === other.trades;
}
