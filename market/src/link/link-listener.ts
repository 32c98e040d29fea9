import type { MirrorOutcome } from '../book/book-mirror.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
import type { DownMessage, HelloMessage } from '../wire/down.ts';
import type { CandleMessage, TickerMessage, TradesMessage } from '../wire/tape.ts';
import type { LinkChannel } from './link-channel.ts';
import type { LinkState } from './link-state.ts';
import type { Transport } from './transport/transport-state.ts';

/** Callbacks of a link. All are synchronous and in wire order. */
export interface LinkListener {
  onState(state: LinkState): void;
  /** The link opened on, or moved to, this transport (P32c). */
  onTransport?(transport: Transport): void;
  onHello(message: HelloMessage): void;
  /** Called before the frame's messages, with its size (bytes, or characters of text) and time of receipt. */
  onFrame(bytes: number, messages: number, now: MonotonicMs): void;
  onBook(
    channel: LinkChannel,
    outcome: MirrorOutcome,
    message: BookSnapshotMessage | BookDeltaMessage,
  ): void;
  /**
   * `message.trades` are new to the channel; `lost` trades are gone for good; `isNew`: replace all previous trades.
   */
  onTrades(channel: LinkChannel, message: TradesMessage, lost: number, isNew: boolean): void;
  onTicker(channel: LinkChannel, message: TickerMessage): void;
  onCandle(channel: LinkChannel, message: CandleMessage): void;
  /** The channel's state changed by `subscribed`, a reset, a declared state, a heartbeat or a refusal. */
  onChannel(channel: LinkChannel): void;
  /** Any other message: heartbeat, tier, replay-state, error, pong. */
  onMessage(message: DownMessage): void;
  /** A frame was unreadable. */
  onLostFrame(error: unknown): void;
}
