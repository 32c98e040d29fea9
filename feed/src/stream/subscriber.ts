import type { DownMessage } from '@tapedeck/market/wire/down';

/** What flow control may do with a message: skip books and owe a snapshot, count trades, or nothing at all (P22). */
export type DeliveryKind = 'book' | 'snapshot' | 'trades' | 'latest' | 'control';

/** One message of a channel, encoded once for all of its subscribers. */
export type Delivery = {
  readonly channel: number;
  readonly kind: DeliveryKind;
  readonly message: DownMessage;
  readonly text: string;
};

/** One connection as the hub sees it. */
export interface Subscriber {
  /** Queues a message for the next frame. */
  deliver(delivery: Delivery): void;
  /** Everything of this turn was delivered: write the frame. */
  flush(): void;
}
