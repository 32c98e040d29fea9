import type { MirrorOutcome } from '../book/book-mirror.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
import type { DownMessage, HelloMessage } from '../wire/down.ts';
import type { CandleMessage, TickerMessage, TradesMessage } from '../wire/tape.ts';
import type { LinkChannel } from './link-channel.ts';
import type { LinkState } from './link-state.ts';
import type { Transport } from './transport/transport-state.ts';

/** What the owner of a link is told. Every call is synchronous, in the order of the wire. */
export interface LinkListener {
  onState(state: LinkState): void;
  /** The link has opened on, or moved to, this way (P32c). */
  onTransport?(transport: Transport): void;
  onHello(message: HelloMessage): void;
  /** Before its messages: how much came (bytes, or characters of text, which are ASCII but for names), and when. */
  onFrame(bytes: number, messages: number, now: MonotonicMs): void;
  onBook(
    channel: LinkChannel,
    outcome: MirrorOutcome,
    message: BookSnapshotMessage | BookDeltaMessage,
  ): void;
  /** `message.trades` are new to the channel; `lost` could not be had; `isNew` replaces what was there. */
  onTrades(channel: LinkChannel, message: TradesMessage, lost: number, isNew: boolean): void;
  onTicker(channel: LinkChannel, message: TickerMessage): void;
  onCandle(channel: LinkChannel, message: CandleMessage): void;
  /** `subscribed`, a reset, the feed's word, a heartbeat or a refusal changed where the channel stands. */
  onChannel(channel: LinkChannel): void;
  /** What else came: heartbeats, tier, replay-state, errors, pongs. */
  onMessage(message: DownMessage): void;
  /** A frame was unreadable. */
  onLostFrame(error: unknown): void;
}
