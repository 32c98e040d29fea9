/*
 * A client's copy of one book channel, and whether it can be trusted (P9, P12-P14a, P16).
 *
 *              valid snapshot                              gap, bad checksum or digest, lost frame
 *   syncing ────────────────────────▶ ok ───────────────────────────────────────────▶ stale
 *      ▲  ▲                            ▲ │ channel-state                                 │
 *      │  └──── reset ─────────────────┼─┘ (declared by the feed: stale, halted, syncing)│
 *      └── reset                       └────────────── valid snapshot ───────────────────┘
 *
 * While `stale`, the book keeps its last content, right or wrong, so that a panel can show it dimmed; only `state`
 * says whether it is correct. A gap is never repaired by guessing: only a valid snapshot leads back to `ok`.
 */
import { isBookless, type MarketState, type StateReason } from '../instrument/instrument.ts';
import type { EpochMs, Level } from '../number/level.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
import type { BookDelta } from './book-delta.ts';
import { judge } from './book-sequencer.ts';
import type { BookSide } from './book-side.ts';
import { bookChecksum } from './checksum.ts';
import { epochWord, finishDigest, levelWord } from './digest.ts';
import { OrderBook } from './order-book.ts';

/** The result of applying a message. After `gap` or `checksum` the owner must request a resync of the channel. */
export type MirrorOutcome = 'applied' | 'old' | 'dropped' | 'gap' | 'checksum';

/** Which check failed (P9, P14, P14a). */
export type MirrorDoubt = 'gap' | 'checksum' | 'digest';

/** A gap in the sequence: the last sequence applied, and the first one known to follow the gap. */
export type SequenceGap = { readonly from: number; readonly to: number };

export class BookMirror {
  readonly book = new OrderBook();
  #epoch = '';
  /** Sum of the level hashes and the epoch hash, modulo 2^32 (P14a). */
  #sum = 0;
  #synced: 'syncing' | 'ok' | 'stale' = 'syncing';
  #declared: MarketState = 'ok';
  #reason: StateReason | undefined;
  #gap: SequenceGap | undefined;
  #doubt: MirrorDoubt | undefined;

  /** `ok` guarantees that `book` equals the feed's view at `book.sequence` (P16). */
  get state(): MarketState {
    return this.#synced === 'ok' ? this.#declared : this.#synced;
  }

  /**
   * Whether `book` equals the feed's book, even if the feed reports the market as `stale` or `halted`. In that case
   * it is the last known book and may be shown as such.
   */
  get isWhole(): boolean {
    return this.#synced === 'ok';
  }

  /** Why the state is not `ok`, as far as the feed or the mirror knows. */
  get reason(): StateReason | undefined {
    return this.#reason;
  }

  /** The gap that made the book stale; cleared by the next snapshot. */
  get gap(): SequenceGap | undefined {
    return this.#gap;
  }

  /** The failed check that made the book stale; cleared by the next valid snapshot. */
  get doubt(): MirrorDoubt | undefined {
    return this.#doubt;
  }

  /** Epoch of the last snapshot (P13). */
  get epoch(): string {
    return this.#epoch;
  }

  /** Replaces the whole book (P12); trusted only if checksum, digest and level order are valid. */
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

  /** Applies the next delta in sequence (P9); drops every delta while the book is not in sync. */
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

  /** Takes the market state that the feed reports for the channel. */
  declare(state: MarketState, reason: StateReason): void {
    this.#declared = state;
    // A replay has moved to a time without a book: the book held belongs to another time (P28d).
    if (state === 'syncing' && isBookless(reason)) this.reset(reason);
    if (this.#synced === 'ok') this.#reason = state === 'ok' ? undefined : reason;
  }

  /** A snapshot will follow; the content is untrusted until then. */
  reset(reason: StateReason): void {
    this.#synced = 'syncing';
    this.#reason = reason;
  }

  /** A frame was lost or unreadable, or the link was cut: updates may be missing. */
  lose(): MirrorOutcome {
    return this.#synced === 'ok' ? this.#breakAt(this.book.sequence + 1) : 'dropped';
  }

  /**
   * Compares with the last sequence that the feed sent on this channel and the digest of its book (P20). If both
   * match, the market is quiet and nothing was missed.
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

/** The delta without its levels, which are already applied: only sequence and times remain to be set. */
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

/** Whether prices are strictly monotonic in `direction` and every size is > 0. */
function isOrdered(levels: readonly Level[], direction: 1 | -1): boolean {
  for (let i = 0; i < levels.length; i++) {
    const [price, size] = levels[i] as Level;
    if (size <= 0) return false;
    if (i > 0 && (price - (levels[i - 1] as Level)[0]) * direction <= 0) return false;
  }
  return true;
}
