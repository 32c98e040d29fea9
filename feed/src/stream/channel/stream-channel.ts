import { isBookless } from '@tapedeck/market/instrument/instrument';
import type { Trade } from '@tapedeck/market/tape/trade';
import { LONG_AGO, type Moment, type MonotonicMs } from '@tapedeck/market/time/clock';
import type { Channel } from '@tapedeck/market/wire/channel';
import type { ChannelStateMessage, DownMessage } from '@tapedeck/market/wire/down';

import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { Delivery, type DeliveryKind } from '../frame/delivery.ts';
import { BINARY_FORM } from '../frame/wire-form.ts';
import type { Subscriber } from './subscriber.ts';

/** Granularity of the flush wheel, ms; every period is a multiple. */
export const WHEEL_MS = 25;
/** Why a channel is asked to flush: something happened, a slice of a replay ends, or this tick of the wheel. */
export type FlushTurn = 'event' | 'slice' | number;

/** Takes one message in its binary form: what pages get, and more than JSON could be encoded wrongly. */
export type FrameTap = (frame: Uint8Array) => void;

/** Where a subscriber wants to go on from (P17). */
export type Since = { readonly epoch: string; readonly sequence: number };
/** What became of that wish. `lost` counts trades that can no longer be brought. */
export type Resume = { readonly resume: 'full' | 'partial' | 'none'; readonly lost?: number };

/**
 * One channel of one hub: made on the first subscriber, kept for a while after the last. What it says waits here until
 * the turn ends; all subscribers then get the very same deliveries, so that each message is encoded once.
 */
export abstract class StreamChannel {
  readonly id: number;
  readonly name: string;
  readonly channel: Channel;
  readonly market: SymbolMarket;
  readonly subscribers = new Set<Subscriber>();
  /** When the last subscriber left; the hub frees the channel some time later. */
  idleSince = LONG_AGO;
  /** When anything was last delivered: a heartbeat tells quiet from lost (P20). */
  lastSentAt = LONG_AGO;

  /** Hears every message that is published, for an audit. */
  tap: FrameTap | undefined;
  /** Told when what waits is to be written at the end of this turn. */
  onWaiting: (channel: StreamChannel) => void = () => {};
  /** The fastest book of the same symbol that anybody follows. */
  leader: StreamChannel | undefined;
  #waiting: Delivery[] = [];
  #isReleased = false;

  constructor(id: number, name: string, channel: Channel, market: SymbolMarket) {
    this.id = id;
    this.name = name;
    this.channel = channel;
    this.market = market;
  }

  /** Last sequence that was sent on this channel; 0 while it has no value (P20). */
  abstract get lastSequence(): number;
  /** Digest of what a subscriber of a book then holds (P14a); undefined for all else. */
  get digest(): number | undefined {
    return undefined;
  }
  /** Whether there is a first full value to send (P7). */
  abstract get ready(): boolean;
  /** The first full value for one new subscriber, as messages (P7). */
  abstract welcome(now: Moment, since: Since | undefined): readonly DownMessage[];
  /** Whether something is said and not written yet: `lastSequence` and `digest` are ahead of every subscriber. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }
  /** Said something lately, and will not say more in this turn. */
  isBusy(now: Moment): boolean {
    return !this.#isReleased && now.at - this.lastSentAt < this.periodMs * 2;
  }
  /** It speaks as often as this while it is busy, ms: a multiple of the wheel's tick. */
  abstract get periodMs(): number;
  /** Whether something has changed that was not said yet. */
  abstract get isDirty(): boolean;

  /** Where its market stands, for its subscribers. A tape misses nothing where there is no book to be had (P28d). */
  stateMessage(): ChannelStateMessage {
    const { since, reason } = this.market;
    const isWhole = isBookless(reason) && this.channel.kind !== 'book';
    const state = isWhole ? 'ok' : this.market.state;
    return { type: 'channel-state', channel: this.id, state, since, reason };
  }

  /** The book changed. */
  bookChanged(): void {}
  /** There is a trade. */
  traded(_trade: Trade): void {}

  /** A candle is over that the source told. */
  toldCandle(): void {}

  /** The market's time has gone on, though nothing may have happened. */
  passed(_now: Moment): void {}

  /** What `welcome` will bring of what was asked for. */
  abstract resume(since: Since | undefined): Resume;
  /** Sends what has changed, if its time has come. */
  abstract flush(now: Moment, turn: FlushTurn): void;
  /** The market began a new life: what was not said yet of the one before, and may not be left out, is said now. */
  finish(_now: Moment): void {}
  /** The market began a new life: forget what was sent. */
  abstract restart(): void;

  /**
   * A quiet channel goes at once. A busy one goes with the wheel, in the same tick as all others of its period, so that
   * a connection gets them in one frame; so does a quiet one whose leader is busy, since its connections get a frame
   * soon in any case.
   */
  protected isDue(now: Moment, flushedAt: MonotonicMs, periodMs: number, turn: FlushTurn): boolean {
    const since = now.at - flushedAt;
    if (turn === 'slice' || periodMs === 0) return true;
    if (turn === 'event') return since >= periodMs * 2 && this.leader?.isBusy(now) !== true;
    return turn % (periodMs / WHEEL_MS) === 0 && since >= periodMs / 2;
  }

  /** Says one message to all, once this turn ends. */
  publish(message: DownMessage, kind: DeliveryKind): void {
    this.hold(message, kind);
    this.release();
  }

  /** Says one message to all, but not before the next `release`. */
  protected hold(message: DownMessage, kind: DeliveryKind): void {
    if (this.subscribers.size === 0) return;
    const delivery = new Delivery(this.id, kind, message);
    this.#waiting.push(delivery);
    this.tap?.(delivery.encoded(BINARY_FORM));
  }

  /** What waits is written when this turn ends. */
  release(): void {
    if (this.#isReleased || this.#waiting.length === 0) return;
    this.#isReleased = true;
    this.onWaiting(this);
  }

  /** Whether something waits for a later turn. */
  protected get isHolding(): boolean {
    return this.#waiting.length > 0 && !this.#isReleased;
  }

  /** What waits, once: whoever takes it writes it. */
  takeWaiting(): readonly Delivery[] {
    this.#isReleased = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
