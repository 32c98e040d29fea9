/*
 * The feed audits itself: for a few seconds of each minute every book view is rebuilt from the frames it sends, by
 * the same code as a client's, and compared with what it believes it sent. A difference is our bug, whatever the
 * clients noticed (P16).
 */
import { BookMirror } from '@tapedeck/market/book/book-mirror';
import type { Level } from '@tapedeck/market/number/level';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { FrameError } from '@tapedeck/market/wire/down-frame';

import type { BookChannel } from './book-channel.ts';
import type { FrameTap } from './stream-channel.ts';

const PERIOD_MS = 60_000;
/** How long the frames are recorded. */
const LISTEN_MS = 5_000;

type Listening = {
  readonly channel: BookChannel;
  readonly mirror: BookMirror;
  readonly tap: FrameTap;
};

export class ViewAudit {
  readonly #clock: Clock;
  readonly #channels: () => Iterable<BookChannel>;
  readonly #onMismatch: (symbol: string, message: string) => void;
  readonly #cancel: Cancel;
  #listening: Listening[] = [];
  #audits = 0;
  #mismatches = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly channels: () => Iterable<BookChannel>;
    readonly onMismatch: (symbol: string, message: string) => void;
  }) {
    this.#clock = options.clock;
    this.#channels = options.channels;
    this.#onMismatch = options.onMismatch;
    this.#cancel = this.#clock.every(PERIOD_MS, () => {
      this.#begin();
      this.#clock.after(LISTEN_MS, () => this.#end());
    });
  }

  /** Number of views compared. */
  get audits(): number {
    return this.#audits;
  }

  /** Views that did not match their frames. Must stay 0. */
  get mismatches(): number {
    return this.#mismatches;
  }

  close(): void {
    this.#cancel();
    for (const { channel } of this.#listening.splice(0)) channel.tap = undefined;
  }

  #begin(): void {
    const now = this.#clock.now();
    for (const channel of this.#channels()) {
      const held = channel.held(now);
      if (held === undefined || channel.subscribers.size === 0) continue;
      const mirror = new BookMirror();
      mirror.applySnapshot(held);
      const tap: FrameTap = (frame) => take(mirror, frame);
      channel.tap = tap;
      this.#listening.push({ channel, mirror, tap });
    }
  }

  #end(): void {
    const now = this.#clock.now();
    for (const { channel, mirror, tap } of this.#listening.splice(0)) {
      // The view restarted without a frame, because nobody else had what it had sent.
      if (channel.tap !== tap) continue;
      channel.tap = undefined;
      const held = channel.held(now);
      if (held === undefined) continue;
      this.#audits++;
      const { book } = mirror;
      const isEqual =
        mirror.state === 'ok' &&
        mirror.epoch === held.epoch &&
        book.sequence === held.sequence &&
        sameLevels(book.bids.top(), held.bids) &&
        sameLevels(book.asks.top(), held.asks) &&
        isTheMarket(channel, held);
      if (isEqual) continue;
      this.#mismatches++;
      this.#onMismatch(
        channel.market.symbol,
        `${channel.name} is not what its frames say: ${mirror.state} at ${book.sequence}, view at ${held.sequence}`,
      );
    }
  }
}

/** A view as new as the market must equal the top of the market's book. */
function isTheMarket(
  { market, depth }: BookChannel,
  held: {
    readonly sequence: number;
    readonly bids: readonly Level[];
    readonly asks: readonly Level[];
  },
): boolean {
  const { book } = market;
  return (
    book.sequence !== held.sequence ||
    (sameLevels(book.bids.top(depth), held.bids) && sameLevels(book.asks.top(depth), held.asks))
  );
}

function sameLevels(some: readonly Level[], others: readonly Level[]): boolean {
  return (
    some.length === others.length &&
    some.every(([price, size], i) => price === others[i]?.[0] && size === others[i][1])
  );
}

function take(mirror: BookMirror, frame: Uint8Array): void {
  for (const message of readOrLose(mirror, frame)) {
    if (message.type === 'book-snapshot') mirror.applySnapshot(message);
    else if (message.type === 'book-delta') mirror.applyDelta(message);
    else if (message.type === 'reset') mirror.reset(message.reason);
    // `channel-state` is the market's state, not the copy's.
  }
}

/** An unreadable frame of ours is a difference like any other. */
function readOrLose(mirror: BookMirror, frame: Uint8Array): readonly DownMessage[] {
  try {
    return readBinaryFrame(frame);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    mirror.lose();
    return [];
  }
}
