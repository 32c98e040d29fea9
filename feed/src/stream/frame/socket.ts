import type { Frame } from './frame.ts';

/** What a connection needs of a WebSocket. */
export interface Socket {
  send(frame: Frame): void;
  close(code: number, reason: string): void;
  /** Ends it without waiting for the other side. */
  terminate(): void;
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedAmount: number;
}
