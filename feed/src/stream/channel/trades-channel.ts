import type { EpochMs } from '@tapedeck/market/number/level';
import type { Trade } from '@tapedeck/market/tape/trade';
import { LONG_AGO, type Moment } from '@tapedeck/market/time/clock';
import type { Channel } from '@tapedeck/market/wire/channel';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { TradesMessage, TradeTuple } from '@tapedeck/market/wire/tape';

import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { type FlushTurn, type Resume, type Since, StreamChannel } from './stream-channel.ts';
import { resumeTrades, type TradeArchive } from './trade-resume.ts';

/** Trades that a new subscriber gets at once. */
const WELCOME_TRADES = 100;
/** Most trades in one message. */
const MAX_TRADES = 2_000;
/** Most trades of one replay slice, which could have any number at full speed. The rest is counted. */
const MAX_SLICE_TRADES = 40_000;
/** How long a busy market's trades wait for each other if nobody follows its book, ms. */
const TRADES_PERIOD_MS = 50;
/** With a book they wait for its flush, but no longer than this: the tape is drawn ten times a second. */
const MAX_TRADES_PERIOD_MS = 100;

/** `trades:SYMBOL`: every trade, in batches, never conflated (P17). */
export class TradesChannel extends StreamChannel {
  readonly #archive: TradeArchive | undefined;
  #pending: Trade[] = [];
  #flushedAt = LONG_AGO;
  #sent = 0;
  /** The epoch of what was sent, and of what waits. */
  #epoch: string;
  #hasRestarted = false;

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
    this.#epoch = market.tapeEpoch;
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

  override welcome(now: Moment, since: Since | undefined): readonly DownMessage[] {
    // What is still pending reaches this subscriber with the next flush, like all others.
    const trades =
      resumeTrades(this.market, this.#sent, since, this.#archive)?.trades ??
      this.market.trades
        .tail()
        .filter((trade) => trade.sequence <= this.#sent)
        .slice(-WELCOME_TRADES);
    this.lastSentAt = now.at;
    if (trades.length === 0) return [this.#message([], this.#sent, this.#sent, now.wall, true)];
    const messages: TradesMessage[] = [];
    for (let from = 0; from < trades.length; from += MAX_TRADES) {
      const part = trades.slice(from, from + MAX_TRADES);
      const previous = messages.at(-1)?.sequence ?? (part[0] as Trade).sequence - 1;
      const isLast = from + MAX_TRADES >= trades.length;
      const sequence = isLast ? this.#sent : (part.at(-1) as Trade).sequence;
      messages.push(this.#message(part, previous, sequence, now.wall, from === 0));
    }
    return messages;
  }

  override get periodMs(): number {
    return Math.min(this.leader?.periodMs ?? TRADES_PERIOD_MS, MAX_TRADES_PERIOD_MS);
  }

  override get isDirty(): boolean {
    return this.#pending.length > 0;
  }

  override traded(trade: Trade): void {
    if (this.subscribers.size > 0) {
      this.#pending.push(trade);
      return;
    }
    // What was pending for subscribers that left is no newer than the rest of the ring.
    this.#pending = [];
    this.#sent = trade.sequence;
  }

  override flush(now: Moment, turn: FlushTurn): void {
    if (this.#pending.length === 0) return;
    if (!this.isDue(now, this.#flushedAt, this.periodMs, turn)) return;
    const { length } = this.#pending;
    this.#send(now, turn === 'slice' ? Math.max(0, length - MAX_SLICE_TRADES) : 0);
  }

  /** Pending trades belong to the epoch that ended, on its grid, and cannot be requested afterwards. */
  override finish(now: Moment): void {
    if (this.#pending.length > 0) this.#send(now, 0);
  }

  override restart(): void {
    this.#pending = [];
    this.#sent = this.market.tradeSequence;
    this.#epoch = this.market.tapeEpoch;
    this.#hasRestarted = true;
  }

  /** Sends everything pending except the first `lost` trades, which are counted. */
  #send(now: Moment, lost: number): void {
    const pending = this.#pending;
    this.#flushedAt = now.at;
    this.#pending = [];
    this.lastSentAt = now.at;
    for (let from = lost; from < pending.length; from += MAX_TRADES) {
      const part = pending.slice(from, from + MAX_TRADES);
      const previous = this.#sent;
      this.#sent = (part.at(-1) as Trade).sequence;
      const message = this.#message(part, previous, this.#sent, now.wall, false);
      const isShort = lost > 0 && from === lost;
      this.publish(isShort ? { ...message, lost } : message, 'trades');
    }
  }

  /** `epoch` on the first message: if it is a new one, these trades replace what the client had. */
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
      ...(isFirst ? { epoch: this.#epoch } : {}),
      // After its first reset each message names its epoch: if the reset were lost, two tapes would run into one
      // (P17b).
      ...(this.#hasRestarted && !isFirst ? { life: this.#epoch } : {}),
      previous,
      sequence,
      sendTime,
      trades: trades.map(tupleOf),
    };
  }
}

function tupleOf(trade: Trade): TradeTuple {
  return [trade.sequence, trade.eventTime, trade.priceTicks, trade.sizeLots, trade.aggressor];
}
