import { type CandleInterval, type Candle } from '@tapedeck/market/candle';
import type { EpochMs } from '@tapedeck/market/level';
import type { Trade } from '@tapedeck/market/trade';
import type { Channel } from '@tapedeck/market/wire/channel';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type {
  CandleMessage,
  TickerMessage,
  TradesMessage,
  TradeTuple,
} from '@tapedeck/market/wire/tape';

import type { SymbolMarket } from '../engine/symbol-market.ts';
import { tickerOf } from '../engine/ticker.ts';
import { type FlushTurn, type Resume, type Since, StreamChannel } from './stream-channel.ts';
import { resumeTrades, type TradeArchive } from './trade-resume.ts';

/** Trades that a new subscriber gets at once. */
const WELCOME_TRADES = 100;
/** Most trades in one message. */
const MAX_TRADES = 2_000;
/** Most trades of one slice of a replay, which at full speed would have any number. The rest is counted. */
const MAX_SLICE_TRADES = 40_000;
/** Trades of a busy market wait for each other so long at most. */
const TRADES_PERIOD_MS = 50;
/** The forming candle is drawn ten times a second at most; a closed one goes at once. */
const CANDLE_PERIOD_MS = 100;
const TICKER_PERIOD_MS = 250;

/** `trades:SYMBOL`: every trade, in batches, never conflated (P17). */
export class TradesChannel extends StreamChannel {
  readonly #archive: TradeArchive | undefined;
  #pending: Trade[] = [];
  #flushedAt: EpochMs = 0;
  #sent = 0;

  constructor(
    id: number,
    name: string,
    channel: Channel,
    market: SymbolMarket,
    archive: TradeArchive | undefined,
  ) {
    super(id, name, channel, market);
    this.#archive = archive;
    this.#sent = market.tradeSequence;
  }

  override get lastSequence(): number {
    return this.#sent;
  }

  override get ready(): boolean {
    return true;
  }

  override resume(since: Since | undefined): Resume {
    return (
      resumeTrades(this.market, this.#sent, since, this.#archive)?.resume ?? { resume: 'none' }
    );
  }

  override welcome(now: EpochMs, since: Since | undefined): readonly DownMessage[] {
    // What is still pending will come to this subscriber with the next flush, like to all others.
    const trades =
      resumeTrades(this.market, this.#sent, since, this.#archive)?.trades ??
      this.market.trades
        .tail()
        .filter((trade) => trade.sequence <= this.#sent)
        .slice(-WELCOME_TRADES);
    this.lastSentAt = now;
    if (trades.length === 0) return [this.#message([], this.#sent, this.#sent, now, true)];
    const messages: TradesMessage[] = [];
    for (let from = 0; from < trades.length; from += MAX_TRADES) {
      const part = trades.slice(from, from + MAX_TRADES);
      const previous = messages.at(-1)?.sequence ?? (part[0] as Trade).sequence - 1;
      const isLast = from + MAX_TRADES >= trades.length;
      const sequence = isLast ? this.#sent : (part.at(-1) as Trade).sequence;
      messages.push(this.#message(part, previous, sequence, now, from === 0));
    }
    return messages;
  }

  override get isDirty(): boolean {
    return this.#pending.length > 0;
  }

  override traded(trade: Trade): void {
    if (this.subscribers.size > 0) {
      this.#pending.push(trade);
      return;
    }
    // What still waited for those who left is as old as the rest of the ring.
    this.#pending = [];
    this.#sent = trade.sequence;
  }

  override flush(now: EpochMs, turn: FlushTurn): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    if (!this.isDue(now, this.#flushedAt, TRADES_PERIOD_MS, turn)) return;
    this.#flushedAt = now;
    this.#pending = [];
    this.lastSentAt = now;
    const lost = turn === 'slice' ? Math.max(0, pending.length - MAX_SLICE_TRADES) : 0;
    for (let from = lost; from < pending.length; from += MAX_TRADES) {
      const part = pending.slice(from, from + MAX_TRADES);
      const previous = this.#sent;
      this.#sent = (part.at(-1) as Trade).sequence;
      const message = this.#message(part, previous, this.#sent, now, false);
      const isShort = lost > 0 && from === lost;
      this.publish(isShort ? { ...message, lost } : message, 'trades');
    }
  }

  override restart(): void {
    this.#pending = [];
    this.#sent = this.market.tradeSequence;
  }

  /** With `epoch` on the first one: where the stream's life is another one, it replaces what the client had. */
  #message(
    trades: readonly Trade[],
    previous: number,
    sequence: number,
    sendTime: EpochMs,
    isFirst: boolean,
  ): TradesMessage {
    return {
      type: 'trades',
      channel: this.id,
      ...(isFirst ? { epoch: this.market.epoch } : {}),
      previous,
      sequence,
      sendTime,
      trades: trades.map(tupleOf),
    };
  }
}

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

  override get isDirty(): boolean {
    return this.#dirty;
  }

  override traded(): void {
    this.#dirty = true;
  }

  override flush(now: EpochMs, turn: FlushTurn): void {
    if (!this.#dirty || !this.isDue(now, this.#flushedAt, CANDLE_PERIOD_MS, turn)) return;
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
        MAX_TRADES,
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

/** `ticker:SYMBOL`: the latest value wins. */
export class TickerChannel extends StreamChannel {
  #dirty = false;
  #flushedAt: EpochMs = 0;
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

  override welcome(now: EpochMs): readonly DownMessage[] {
    this.lastSentAt = now;
    return [this.#message()];
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

  override flush(now: EpochMs, turn: FlushTurn): void {
    if (!this.#dirty || !this.isDue(now, this.#flushedAt, TICKER_PERIOD_MS, turn)) return;
    this.#dirty = false;
    this.#flushedAt = now;
    this.lastSentAt = now;
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

function tupleOf(trade: Trade): TradeTuple {
  return [trade.sequence, trade.eventTime, trade.priceTicks, trade.sizeLots, trade.aggressor];
}
