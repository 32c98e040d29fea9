/** What kind of message is delivered: flow control may skip `book`, and then owes the channel a snapshot. */
export type DeliveryKind = 'book' | 'snapshot' | 'tape' | 'control';

/** One connection as the hub sees it. */
export interface Subscriber {
  /** Queues one encoded message of a channel for the next frame. */
  deliver(channel: number, text: string, kind: DeliveryKind): void;
  /** Everything of this turn was delivered: write the frame. */
  flush(): void;
}
