import { crossedStanding } from '@tapedeck/market/instrument/crossed-standing';
import type { EpochMs } from '@tapedeck/market/number/level';
import { LONG_AGO, type Moment } from '@tapedeck/market/time/clock';
import type { BookSnapshotMessage } from '@tapedeck/market/wire/book';
import { type Channel, TIER_MS } from '@tapedeck/market/wire/channel';
import type { ChannelStateMessage, DownMessage } from '@tapedeck/market/wire/down';

import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { BookView } from './book-view.ts';
import { type FlushTurn, type Resume, StreamChannel } from './stream-channel.ts';

/**
 * Tier `raw` sends every update, but those of a busy book together: a client draws them at once anyway, and the cost
 * is the number of frames.
 */
const RAW_PERIOD_MS = 25;
/** For a book with many subscribers: forty frames a second to each would take up the whole feed. */
const CROWDED_RAW_PERIOD_MS = 50;
const CROWD = 100;

/** `book:SYMBOL:DEPTH:TIER`: one view for all subscribers, flushed once per tier period. */
export class BookChannel extends StreamChannel {
  readonly depth: number;
  readonly #view: BookView;
  readonly #tierMs: number;
  #flushedAt = LONG_AGO;
  #releasedAt = LONG_AGO;
  #started = false;
  #dirty = false;
  /** Whether the subscribers know that it is crossed. */
  #isFlagged = false;
  #sendLagMs: number | undefined;

  constructor(
    id: number,
    name: string,
    channel: Extract<Channel, { kind: 'book' }>,
    market: SymbolMarket,
  ) {
    super(id, name, channel, market);
    this.#view = new BookView(id, market.book, channel.depth);
    this.depth = channel.depth;
    this.#tierMs = TIER_MS[channel.tier];
  }

  override get periodMs(): number {
    if (!this.isRaw) return this.#tierMs;
    return this.subscribers.size > CROWD ? CROWDED_RAW_PERIOD_MS : RAW_PERIOD_MS;
  }

  /** Whether every source update is sent by itself. */
  get isRaw(): boolean {
    return this.#tierMs === 0;
  }

  override get lastSequence(): number {
    return this.#started ? this.#view.sequence : 0;
  }

  override get digest(): number | undefined {
    return this.#started ? this.#view.digest : undefined;
  }

  override get ready(): boolean {
    return this.market.ready;
  }

  override resume(): Resume {
    return { resume: 'none' };
  }

  override welcome(now: Moment): readonly DownMessage[] {
    // Nobody else follows this view, so it may start from the newest book.
    if (!this.#started || this.subscribers.size <= 1) {
      this.#restartFromBook();
      this.tap = undefined;
    }
    this.lastSentAt = now.at;
    return [this.#view.snapshot(this.market.epoch, now.wall), ...this.#whereItStands()];
  }

  /** What an up-to-date subscriber has; undefined while there is no book. */
  held(now: EpochMs): BookSnapshotMessage | undefined {
    return this.#started ? this.#view.snapshot(this.market.epoch, now) : undefined;
  }

  /** How long the newest update of the last flush had waited here, ms; once per flush. */
  takeSendLag(): number | undefined {
    const lag = this.#sendLagMs;
    this.#sendLagMs = undefined;
    return lag;
  }

  override get isDirty(): boolean {
    return this.#dirty || this.isHolding;
  }

  override bookChanged(): void {
    this.#dirty = true;
  }

  override flush(now: Moment, turn: FlushTurn): void {
    this.#say(now, turn);
    if (!this.isHolding || !this.isDue(now, this.#releasedAt, this.periodMs, turn)) return;
    this.#releasedAt = now.at;
    this.release();
  }

  #say(now: Moment, turn: FlushTurn): void {
    if (!this.#dirty) return;
    if (!this.#started) {
      this.#dirty = false;
      return;
    }
    if (this.subscribers.size === 0) {
      // Nobody has what was sent: the next subscriber starts from the book.
      this.restart();
      return;
    }
    if (!this.isDue(now, this.#flushedAt, this.#tierMs, turn)) return;
    this.#dirty = false;
    // In a replay the book has the time of its last change at any depth, so that its age is the same as after a seek
    // (P28).
    const message = this.#view.flush(this.market.epoch, now.wall, turn === 'slice');
    if (message === undefined) return;
    this.#flushedAt = now.at;
    this.lastSentAt = now.at;
    this.#sendLagMs = Math.max(0, now.wall - this.market.book.receiveTime);
    if (message.type === 'book-snapshot') {
      this.hold(message, 'snapshot');
      for (const each of this.#whereItStands()) this.hold(each, 'control');
    } else {
      this.hold(message, 'book');
      this.#flagChange();
    }
    if (!this.isRaw) this.release();
  }

  /** The full book was replaced: all subscribers get a snapshot (P12). */
  replaced(now: Moment): void {
    this.#restartFromBook();
    this.#flushedAt = now.at;
    this.lastSentAt = now.at;
    this.publish(this.#view.snapshot(this.market.epoch, now.wall), 'snapshot');
    for (const each of this.#whereItStands()) this.publish(each, 'control');
  }

  /**
   * A snapshot implies `ok` (P12): if that is not true, or the book is crossed, a state message follows at once
   * (P16).
   */
  #whereItStands(): readonly ChannelStateMessage[] {
    if (!this.#started) return [];
    this.#isFlagged = this.#view.isCrossed;
    const { state } = this.market;
    // A market that is syncing becomes ok next, with this very book.
    return state === 'syncing' || (state === 'ok' && !this.#isFlagged) ? [] : [this.stateMessage()];
  }

  override restart(): void {
    this.#started = false;
    this.tap = undefined;
    this.#dirty = false;
    this.#isFlagged = false;
  }

  /** P15: a state message with the change that made the book crossed or locked, or ended it. */
  #flagChange(): void {
    if (this.#view.isCrossed === this.#isFlagged) return;
    this.#isFlagged = this.#view.isCrossed;
    this.hold(this.stateMessage(), 'control');
  }

  /**
   * A book that can be trusted and is crossed has that in its state, halted or not (P15); a stale one has its reason.
   */
  override stateMessage(): ChannelStateMessage {
    const message = super.stateMessage();
    if (!this.#started || !this.#view.isCrossed) return message;
    const since = this.market.crossedSince ?? this.#view.eventTime;
    return { ...message, ...crossedStanding(message.state, since) };
  }

  #restartFromBook(): void {
    this.#view.sync(this.market.epoch);
    this.#started = true;
    this.#dirty = false;
  }
}
