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
/** Why a channel is asked to flush: an event, the end of a replay slice, or this tick of the wheel. */
export type FlushTurn = 'event' | 'slice' | number;

/** Receives each message in binary form: that is what pages get, and it has more to get wrong than JSON. */
export type FrameTap = (frame: Uint8Array) => void;

/** Where a subscriber wants to resume (P17). */
export type Since = { readonly epoch: string; readonly sequence: number };
/** The result. `lost` counts trades that can no longer be sent. */
export type Resume = { readonly resume: 'full' | 'partial' | 'none'; readonly lost?: number };

/**
 * One channel of one hub: created for the first subscriber, kept for a while after the last. Its messages wait here
 * until the turn ends; all subscribers then get the very same deliveries, so that each message is encoded once.
 */
export abstract class StreamChannel {
  readonly id: number;
  readonly name: string;
  readonly channel: Channel;
  readonly market: SymbolMarket;
  readonly subscribers = new Set<Subscriber>();
  /** When the last subscriber left; the hub frees the channel some time later. */
  idleSince = LONG_AGO;
  /** When anything was last delivered: a heartbeat distinguishes quiet from lost (P20). */
  lastSentAt = LONG_AGO;

  /** Receives every published message, for an audit. */
  tap: FrameTap | undefined;
  /** Called when messages are to be written at the end of this turn. */
  onWaiting: (channel: StreamChannel) => void = () => {};
  /** The fastest book of the same symbol that has subscribers. */
  leader: StreamChannel | undefined;
  #waiting: Delivery[] = [];
  #isReleased = false;

  constructor(id: number, name: string, channel: Channel, market: SymbolMarket) {
    this.id = id;
    this.name = name;
    this.channel = channel;
    this.market = market;
  }

  /** Last sequence sent on this channel; 0 before its first value (P20). */
  abstract get lastSequence(): number;
  /** Digest of the book that a subscriber has after it (P14a); undefined for other channels. */
  get digest(): number | undefined {
    return undefined;
  }
  /** Whether there is a first full value to send (P7). */
  abstract get ready(): boolean;
  /** The first full value for one new subscriber, as messages (P7). */
  abstract welcome(now: Moment, since: Since | undefined): readonly DownMessage[];
  /**
   * Whether messages are published and not written yet: `lastSequence` and `digest` are ahead of every subscriber.
   */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }
  /** Sent something recently, and will not send more in this turn. */
  isBusy(now: Moment): boolean {
    return !this.#isReleased && now.at - this.lastSentAt < this.periodMs * 2;
  }
  /** How often it sends while busy, ms: a multiple of the wheel's tick. */
  abstract get periodMs(): number;
  /** Whether a change has not been sent yet. */
  abstract get isDirty(): boolean;

  /** The market's state for its subscribers. Without any book to get, a tape is still complete (P28d). */
  stateMessage(): ChannelStateMessage {
    const { since, reason } = this.market;
    const isWhole = isBookless(reason) && this.channel.kind !== 'book';
    const state = isWhole ? 'ok' : this.market.state;
    return { type: 'channel-state', channel: this.id, state, since, reason };
  }

  /** The book changed. */
  bookChanged(): void {}
  /** A trade happened. */
  traded(_trade: Trade): void {}

  /** A candle from the source is closed. */
  toldCandle(): void {}

  /** The market's time advanced, even if nothing happened. */
  passed(_now: Moment): void {}

  /** What `welcome` will return of the trades requested. */
  abstract resume(since: Since | undefined): Resume;
  /** Sends what has changed, if it is due. */
  abstract flush(now: Moment, turn: FlushTurn): void;
  /** The market's epoch ends: sends what must not be lost of it. */
  finish(_now: Moment): void {}
  /** A new epoch began: forgets what was sent. */
  abstract restart(): void;

  /**
   * A quiet channel sends at once. A busy one sends with the wheel, in the same tick as all others of its period, so
   * that a connection gets them in one frame; so does a quiet one whose leader is busy, because its connections get a
   * frame soon anyway.
   */
  protected isDue(now: Moment, flushedAt: MonotonicMs, periodMs: number, turn: FlushTurn): boolean {
    const since = now.at - flushedAt;
    if (turn === 'slice' || periodMs === 0) return true;
    if (turn === 'event') return since >= periodMs * 2 && this.leader?.isBusy(now) !== true;
    return turn % (periodMs / WHEEL_MS) === 0 && since >= periodMs / 2;
  }

  /** Sends one message to all subscribers at the end of this turn. */
  publish(message: DownMessage, kind: DeliveryKind): void {
    this.hold(message, kind);
    this.release();
  }

  /** Sends one message to all, but not before the next `release`. */
  protected hold(message: DownMessage, kind: DeliveryKind): void {
    if (this.subscribers.size === 0) return;
    const delivery = new Delivery(this.id, kind, message);
    this.#waiting.push(delivery);
    this.tap?.(delivery.encoded(BINARY_FORM));
  }

  /** Held messages are written when this turn ends. */
  release(): void {
    if (this.#isReleased || this.#waiting.length === 0) return;
    this.#isReleased = true;
    this.onWaiting(this);
  }

  /** Whether messages are held for a later turn. */
  protected get isHolding(): boolean {
    return this.#waiting.length > 0 && !this.#isReleased;
  }

  /** The waiting messages, once: the caller writes them. */
  takeWaiting(): readonly Delivery[] {
    this.#isReleased = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
