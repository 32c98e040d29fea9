import type { Delivery } from './delivery.ts';

/** One connection as the hub sees it. */
export interface Subscriber {
  /** Queues a message for the next frame. */
  deliver(delivery: Delivery): void;
  /** Everything of this turn was delivered: write the frame. */
  flush(): void;
}
