import type { Frame } from './frame.ts';

/** What a connection needs of a websocket. */
export interface Socket {
  send(frame: Frame): void;
  close(code: number, reason: string): void;
  /** Ends it without waiting for the other side. */
  terminate(): void;
  /** Bytes that were handed over and not taken by the network yet. */
  readonly bufferedAmount: number;
}
