import { isBookless, type MarketState, type StateReason } from '../instrument/instrument.ts';
import type { EpochMs, Level } from '../number/level.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
/*
 * A client's copy of one book channel, and whether it may be believed (P9, P12-P14a, P16).
 *
 *              snapshot that checks                        gap, bad checksum or digest, lost frame
 *   syncing ────────────────────────▶ ok ───────────────────────────────────────────▶ stale
 *      ▲  ▲                            ▲ │ channel-state                                 │
 *      │  └──── reset ─────────────────┼─┘ (the feed's own word: stale, halted, syncing) │
 *      └── reset                       └────────────── snapshot that checks ─────────────┘
 *
 * The book keeps its last good or bad content through `stale`, so that a panel can show it dimmed; `state` alone says
 * whether it is right. A gap is never repaired by guessing: only a snapshot that checks leads back to `ok`.
 */
import type { BookDelta } from './book-delta.ts';
import { judge } from './book-sequencer.ts';
import type { BookSide } from './book-side.ts';
import { bookChecksum } from './checksum.ts';
import { epochWord, finishDigest, levelWord } from './digest.ts';
import { OrderBook } from './order-book.ts';

/** What became of a message. After `gap` or `checksum` the owner asks for a resync of the channel. */
export type MirrorOutcome = 'applied' | 'old' | 'dropped' | 'gap' | 'checksum';

/** Which proof did not hold (P9, P14, P14a). */
export type MirrorDoubt = 'gap' | 'checksum' | 'digest';

/** A hole in the chain: the last sequence held, and the first one known to come after the hole. */
export type SequenceGap = { readonly from: number; readonly to: number };

export class BookMirror {
  readonly book = new OrderBook();
  #epoch = '';
  /** Level words and epoch word, modulo 2^32 (P14a). */
  #sum = 0;
  #synced: 'syncing' | 'ok' | 'stale' = 'syncing';
  #declared: MarketState = 'ok';
  #reason: StateReason | undefined;
  #gap: SequenceGap | undefined;
  #doubt: MirrorDoubt | undefined;

  /** `ok` is a promise that `book` equals the feed's view at `book.sequence` (P16). */
  get state(): MarketState {
    return this.#synced === 'ok' ? this.#declared : this.#synced;
  }

  /**
   * Whether `book` is the feed's own, whatever the feed says of the market behind it: of one that is `stale` or halted that
   * is the last book there was, and may be shown as such.
   */
  get isWhole(): boolean {
    return this.#synced === 'ok';
  }

  /** Why it is not `ok`, as far as the feed or the mirror knows. */
  get reason(): StateReason | undefined {
    return this.#reason;
  }

  /** The hole that made it stale, until the next snapshot. */
  get gap(): SequenceGap | undefined {
    return this.#gap;
  }

  /** What made it stale, until the next snapshot that checks. */
  get doubt(): MirrorDoubt | undefined {
    return this.#doubt;
  }

  /** Life of the stream that the last snapshot belongs to (P13). */
  get epoch(): string {
    return this.#epoch;
  }

  /** P12: overwrites whatever was there; believed only if checksum, digest and order hold. */
  applySnapshot(message: BookSnapshotMessage): MirrorOutcome {
    this.#epoch = message.epoch;
    this.book.applySnapshot(message);
    this.#sum = epochWord(message.epoch) + sumOf(this.book.bids) + sumOf(this.book.asks);
    this.#declared = 'ok';
    this.#gap = undefined;
    const whole =
      isOrdered(message.bids, -1) &&
      isOrdered(message.asks, 1) &&
      bookChecksum(message.asks, message.bids) === message.checksum;
    if (!whole) return this.#distrust('checksum');
    if (!this.#digestHolds(message.digest)) return this.#distrust('digest');
    this.#synced = 'ok';
    this.#reason = undefined;
    this.#doubt = undefined;
    return 'applied';
  }

  /** P9: applies a delta that follows; drops all of them while the chain is broken. */
  applyDelta(message: BookDeltaMessage): MirrorOutcome {
    if (this.#synced !== 'ok') return 'dropped';
    const verdict = judge(this.book.sequence, message);
    if (verdict === 'old') return 'old';
    if (verdict === 'gap') return this.#breakAt(message.previous);
    this.#apply(message);
    const { checksum } = message;
    if (!this.#digestHolds(message.digest)) return this.#distrust('digest');
    if (checksum !== undefined && checksum !== this.book.checksum())
      return this.#distrust('checksum');
    return 'applied';
  }

  /** The feed's own word on the market behind the channel. */
  declare(state: MarketState, reason: StateReason): void {
    this.#declared = state;
    // The book of another moment is none of this one (P28d).
    if (state === 'syncing' && isBookless(reason)) this.reset(reason);
    if (this.#synced === 'ok') this.#reason = state === 'ok' ? undefined : reason;
  }

  /** A snapshot will follow; until then the content is not to be believed. */
  reset(reason: StateReason): void {
    this.#synced = 'syncing';
    this.#reason = reason;
  }

  /** A frame was lost or unreadable, or the link was cut: what it held is unknown. */
  lose(): MirrorOutcome {
    return this.#synced === 'ok' ? this.#breakAt(this.book.sequence + 1) : 'dropped';
  }

  /**
   * P20: the last sequence that the feed sent on this channel, and the digest of what it then held. Equal: the market
   * is quiet and nothing was missed. Anything else is a gap.
   */
  heartbeat(last: number, digest?: number): 'quiet' | MirrorOutcome {
    if (this.#synced !== 'ok') return 'dropped';
    if (last !== this.book.sequence) return this.#breakAt(last);
    return this.#digestHolds(digest) ? 'quiet' : this.#distrust('digest');
  }

  #apply(message: BookDeltaMessage): void {
    const { bids, asks } = this.book;
    let sum = this.#sum;
    for (const [price, size] of message.bids) {
      sum += levelWord('bid', price, size) - levelWord('bid', price, bids.set(price, size));
    }
    for (const [price, size] of message.asks) {
      sum += levelWord('ask', price, size) - levelWord('ask', price, asks.set(price, size));
    }
    this.#sum = sum % 4_294_967_296;
    this.book.applyDelta(stampOf(message));
  }

  #digestHolds(digest: number | undefined): boolean {
    return (
      digest === undefined ||
      digest === finishDigest(this.#sum, this.book.sequence, this.book.eventTime)
    );
  }

  #breakAt(to: number): 'gap' {
    this.#gap = { from: this.book.sequence, to };
    this.#synced = 'stale';
    this.#reason = 'upstream-gap';
    this.#doubt = 'gap';
    return 'gap';
  }

  #distrust(doubt: 'checksum' | 'digest'): 'checksum' {
    this.#synced = 'stale';
    this.#reason = 'checksum';
    this.#doubt = doubt;
    return 'checksum';
  }
}

const NO_LEVELS: readonly Level[] = [];

/** The delta without its levels: they are applied already, only sequence and times are left to stamp. */
function stampOf(message: BookDeltaMessage): BookDelta {
  const { previous, sequence, eventTime } = message;
  const receiveTime: EpochMs = message.sendTime;
  return { previous, sequence, eventTime, receiveTime, bids: NO_LEVELS, asks: NO_LEVELS };
}

function sumOf(side: BookSide): number {
  let sum = 0;
  for (let i = 0; i < side.length; i++) {
    sum += levelWord(side.side, side.priceAt(i) as number, side.sizeAt(i));
  }
  return sum % 4_294_967_296;
}

/** Each price strictly beyond the one before in `direction`, each size > 0. */
function isOrdered(levels: readonly Level[], direction: 1 | -1): boolean {
  for (let i = 0; i < levels.length; i++) {
    const [price, size] = levels[i] as Level;
    if (size <= 0) return false;
    if (i > 0 && (price - (levels[i - 1] as Level)[0]) * direction <= 0) return false;
  }
  return true;
}
