import type { WireFrame } from '../../wire/codec/wire-frame.ts';

/** A websocket as the link sees it, whatever made it. */
export interface LinkSocket {
  send(text: string): void;
  /** Ends it; its handlers are not called any more. */
  drop(): void;
}

/** What a socket tells. After `closed` or `failed` nothing more comes. */
export interface SocketEvents {
  opened(): void;
  frame(frame: WireFrame): void;
  closed(code: number, reason: string): void;
  failed(reason: string): void;
}

/** Begins to open a socket to the feed. It may throw nothing: what goes wrong is told by `failed`. */
export type Dial = (events: SocketEvents) => LinkSocket;
