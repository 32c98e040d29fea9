/*
 * What all subscribers of one book channel have (P10-P14a). The view keeps the top N that it sent last; a flush
 * compares it with the current top N, so a delta may span any number of source updates, and a client always has
 * exactly N levels per side, or fewer if the book has fewer (P11): levels that enter the window are sent, those that
 * leave it are removed.
 */
import type { BookSide } from '@tapedeck/market/book/book-side';
import { bookChecksum } from '@tapedeck/market/book/checksum';
import { epochWord, finishDigest, levelWord } from '@tapedeck/market/book/digest';
import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { EpochMs, Level } from '@tapedeck/market/number/level';
import type { BookDeltaMessage, BookSnapshotMessage } from '@tapedeck/market/wire/book';

type SideChange = { readonly top: readonly Level[]; readonly changed: readonly Level[] };

const NOTHING: readonly Level[] = [];
const SECOND_MS = 1_000;

export class BookView {
  readonly #channel: number;
  readonly #book: OrderBook;
  readonly #depth: number;
  #bids: readonly Level[] = NOTHING;
  #asks: readonly Level[] = NOTHING;
  #sequence = 0;
  #eventTime: EpochMs = 0;
  #receiveTime: EpochMs = 0;
  #levelSum = 0;
  #epochWord = 0;
  #checksumSecond = -1;
  #checksumEventSecond = -1;

  constructor(channel: number, book: OrderBook, depth: number) {
    this.#channel = channel;
    this.#book = book;
    this.#depth = depth;
  }

  /** The sequence of every up-to-date subscriber. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Takes the current book as sent: the next delta starts here. */
  sync(epoch: string): void {
    this.#epochWord = epochWord(epoch);
    this.#bids = this.#book.bids.top(this.#depth);
    this.#asks = this.#book.asks.top(this.#depth);
    this.#levelSum = sumOf('bid', this.#bids) + sumOf('ask', this.#asks);
    this.#stamp();
  }

  /** What was sent last, as a snapshot: a new subscriber then follows the same deltas as all others. */
  snapshot(epoch: string, sendTime: EpochMs): BookSnapshotMessage {
    return {
      type: 'book-snapshot',
      channel: this.#channel,
      epoch,
      sequence: this.#sequence,
      eventTime: this.#eventTime,
      receiveTime: this.#receiveTime,
      sendTime,
      bids: this.#bids,
      asks: this.#asks,
      checksum: bookChecksum(this.#asks, this.#bids),
      digest: this.digest,
    };
  }

  /**
   * The change since the last flush, which now counts as sent. Undefined if nothing in the window changed, unless
   * `isExact`: then a delta without levels gives the time until which that is so. A snapshot if that is the smaller
   * message (P12).
   */
  flush(
    epoch: string,
    sendTime: EpochMs,
    isExact = false,
  ): BookDeltaMessage | BookSnapshotMessage | undefined {
    if (this.#book.sequence === this.#sequence) return undefined;
    const bids = changeOf(this.#bids, this.#book.bids, this.#depth, 1);
    const asks = changeOf(this.#asks, this.#book.asks, this.#depth, -1);
    const changes = bids.changed.length + asks.changed.length;
    if (changes === 0 && !isExact) return undefined;
    this.#levelSum += wordChange('bid', this.#bids, bids) + wordChange('ask', this.#asks, asks);
    this.#bids = bids.top;
    this.#asks = asks.top;
    const previous = this.#sequence;
    this.#stamp();
    if (changes > bids.top.length + asks.top.length) return this.snapshot(epoch, sendTime);
    const message: BookDeltaMessage = {
      type: 'book-delta',
      channel: this.#channel,
      previous,
      sequence: this.#sequence,
      merged: this.#sequence - previous,
      eventTime: this.#eventTime,
      sendTime,
      bids: bids.changed,
      asks: asks.changed,
      digest: this.digest,
    };
    // The first delta of a second, by wall time or by market time: in a replay they differ.
    const second = Math.floor(sendTime / SECOND_MS);
    const eventSecond = Math.floor(this.#eventTime / SECOND_MS);
    if (second === this.#checksumSecond && eventSecond === this.#checksumEventSecond)
      return message;
    this.#checksumSecond = second;
    this.#checksumEventSecond = eventSecond;
    return { ...message, checksum: bookChecksum(this.#asks, this.#bids) };
  }

  /** Market time of what was sent last. */
  get eventTime(): EpochMs {
    return this.#eventTime;
  }

  /** Whether what was sent last is crossed or locked (P15). */
  get isCrossed(): boolean {
    const bid = this.#bids[0];
    const ask = this.#asks[0];
    return bid !== undefined && ask !== undefined && bid[0] >= ask[0];
  }

  /** Digest (P14a) of what was sent last. */
  get digest(): number {
    return finishDigest(this.#levelSum + this.#epochWord, this.#sequence, this.#eventTime);
  }

  #stamp(): void {
    this.#sequence = this.#book.sequence;
    this.#eventTime = this.#book.eventTime;
    this.#receiveTime = this.#book.receiveTime;
  }
}

/** Walks the sent levels and the book's best levels in parallel, best first; `sign` is 1 if higher is better. */
function changeOf(sent: readonly Level[], side: BookSide, depth: number, sign: 1 | -1): SideChange {
  const top = side.top(depth);
  let changed: Level[] | undefined;
  let i = 0;
  let j = 0;
  while (i < sent.length || j < top.length) {
    const before = sent[i];
    const now = top[j];
    const order = before === undefined ? 1 : now === undefined ? -1 : (now[0] - before[0]) * sign;
    if (order === 0 && before !== undefined && now !== undefined) {
      if (before[1] !== now[1]) (changed ??= []).push(now);
      i++;
      j++;
    } else if (order > 0 && now !== undefined) {
      (changed ??= []).push(now);
      j++;
    } else if (before !== undefined) {
      (changed ??= []).push([before[0], 0]);
      i++;
    }
  }
  return { top, changed: changed ?? NOTHING };
}

function sumOf(side: 'bid' | 'ask', levels: readonly Level[]): number {
  let sum = 0;
  for (const [price, size] of levels) sum += levelWord(side, price, size);
  return sum;
}

/** How the sum over the levels changes: each changed price loses its old term and gains its new one. */
function wordChange(side: 'bid' | 'ask', sent: readonly Level[], change: SideChange): number {
  let moved = 0;
  const { changed } = change;
  if (changed.length === 0) return moved;
  // The sent levels and the changes are in the same order, so one walk finds each old size.
  let i = 0;
  for (const [price, size] of changed) {
    moved += levelWord(side, price, size);
    while (i < sent.length && isBefore(side, (sent[i] as Level)[0], price)) i++;
    const old = sent[i];
    if (old !== undefined && old[0] === price) moved -= levelWord(side, price, old[1]);
  }
  return moved;
}

function isBefore(side: 'bid' | 'ask', price: number, other: number): boolean {
  return side === 'bid' ? price > other : price < other;
}
