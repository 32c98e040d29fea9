import type { WireFrame } from '../../wire/codec/wire-frame.ts';

/** A socket of a link, over any transport. */
export interface LinkSocket {
  send(text: string): void;
  /** Closes the socket; no handler is called afterwards. */
  drop(): void;
}

/** Events of a socket. Nothing follows `closed` or `failed`. */
export interface SocketEvents {
  opened(): void;
  frame(frame: WireFrame): void;
  closed(code: number, reason: string): void;
  failed(reason: string): void;
}

/** Starts to open a socket to the feed. Must not throw: errors are reported by `failed`. */
export type Dial = (events: SocketEvents) => LinkSocket;
