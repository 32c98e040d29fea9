/*
 * The worker's record of one channel beside the link's own: its rhythm, its tape, ticker or forming candle, and its
 * number of users.
 */
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { ChannelPhase, LinkChannel } from '@tapedeck/market/link/link-channel';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { CandleMessage, TickerMessage } from '@tapedeck/market/wire/tape';

import type { TopicHealth } from '../model/deck-port.ts';
import type { TopicSource } from '../model/topic-definition.ts';
import type { CandleUpdate, TickerView } from '../model/view-model.ts';
import { ArrivalRhythm } from './arrival-rhythm.ts';
import { displayInstrument } from './display-instrument.ts';
import { TapeRing } from './tape-ring.ts';

export class ChannelRecord {
  readonly channel: LinkChannel;
  readonly rhythm = new ArrivalRhythm();
  readonly tape = new TapeRing();
  /** Views of all pages that watch it; with none left, the channel is unsubscribed. */
  users = 0;
  #ticker: TickerMessage | undefined;
  #direction = 0;
  #forming: CandleUpdate | undefined;
  #eventTime: EpochMs | undefined;
  #arrivedAt: MonotonicMs | undefined;
  #phase: ChannelPhase;
  #phaseSince: MonotonicMs;

  constructor(channel: LinkChannel, now: MonotonicMs) {
    this.channel = channel;
    this.#phase = channel.phase;
    this.#phaseSince = now;
  }

  /** Data arrived; `eventTime` is the market's, if the message has one. */
  arrived(now: MonotonicMs, eventTime: EpochMs | undefined): void {
    if (this.#phase === 'ok') this.rhythm.add(now);
    this.#arrivedAt = now;
    if (eventTime !== undefined) this.#eventTime = eventTime;
  }

  /** Follows the channel's phase; true if it changed. */
  refresh(now: MonotonicMs): boolean {
    if (this.channel.phase === this.#phase) return false;
    this.#phase = this.channel.phase;
    this.#phaseSince = now;
    // Its pauses while it is not ok are not its normal rhythm: the next outage would go unnoticed for as long.
    if (this.#phase !== 'ok') this.rhythm.pause();
    return true;
  }

  /** The link was cut, or a new epoch began. */
  interrupt(): void {
    this.rhythm.pause();
    this.#forming = undefined;
  }

  health(): TopicHealth {
    const { channel, rhythm } = this;
    const { gap } = channel.mirror ?? {};
    return {
      phase: this.#phase,
      since: this.#phaseSince,
      detail: channel.detail,
      from: gap?.from ?? channel.sequence,
      to: gap?.to ?? channel.sequence,
      eventTime: this.#eventTime,
      arrivedAt: this.#arrivedAt,
      statedSince: channel.statedSince,
      provenAt: channel.provenAt,
      heardAt: channel.heardAt,
      typicalMs: rhythm.typicalMs,
      p99Ms: rhythm.p99Ms,
    };
  }

  takeTicker(message: TickerMessage): void {
    const before = this.#ticker?.last;
    const { last } = message;
    if (typeof before === 'number' && last !== null && before !== last)
      this.#direction = Math.sign(last - before);
    this.#ticker = message;
  }

  /** What its views are made from; undefined before the first value. */
  source(): TopicSource | undefined {
    const { grid, mirror, parsed, hasValue } = this.channel;
    if (grid === undefined || !hasValue) return undefined;
    const instrument = displayInstrument(grid);
    return {
      instrument,
      book: mirror?.isWhole === true ? mirror.book : undefined,
      tape: () => this.tape.view(parsed.symbol, instrument),
      ticker: () => this.#tickerView(instrument),
    };
  }

  #tickerView(instrument: Instrument): TickerView | undefined {
    const ticker = this.#ticker;
    if (ticker === undefined) return undefined;
    return {
      symbol: this.channel.parsed.symbol,
      instrument,
      last: ticker.last ?? undefined,
      bid: ticker.bid ?? undefined,
      ask: ticker.ask ?? undefined,
      open24h: ticker.open24h ?? undefined,
      volume24h: ticker.volume24h,
      eventTime: ticker.eventTime,
      direction: this.#direction,
    };
  }

  /** The candle that is forming now, for a view that begins to follow. */
  get forming(): CandleUpdate | undefined {
    return this.#forming;
  }

  takeCandle(message: CandleMessage): CandleUpdate {
    const { openTime, open, high, low, close, volume, trades, state, sequence } = message;
    const buyVolume = message.buyVolume ?? 0;
    const candle = { openTime, open, high, low, close, volume, buyVolume, trades, state, sequence };
    if (state === 'forming') this.#forming = candle;
    else if (this.#forming !== undefined && this.#forming.openTime <= openTime)
      this.#forming = undefined;
    return candle;
  }
}
