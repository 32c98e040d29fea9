/* Transport between a venue and the feed: real sockets and requests, or a test's. */
import type { Cancel } from '@tapedeck/market/time/clock';

/** How a socket ended: a close code, or the answer that refused the upgrade. */
export type WireEnd = {
  readonly detail: string;
  readonly status?: number | undefined;
  readonly retryAfter?: string | undefined;
};

export type SocketListener = {
  readonly opened: () => void;
  readonly message: (text: string) => void;
  readonly pinged: (payload: Uint8Array) => void;
  readonly ponged: () => void;
  /** Called once, as the last event. */
  readonly ended: (end: WireEnd) => void;
};

export interface WireSocket {
  send(text: string): void;
  ping(): void;
  pong(payload: Uint8Array): void;
  /** Closes it at once; no further events. */
  end(): void;
}

export type WireAnswer =
  | { readonly status: number; readonly text: string; readonly retryAfter: string | undefined }
  | { readonly status: 0; readonly text: string; readonly retryAfter?: undefined };

export type WireRequest = {
  readonly url: string;
  /** JSON, sent with POST; absent for GET. */
  readonly body?: string | undefined;
  readonly timeoutMs: number;
};

export interface Wire {
  dial(url: string, listener: SocketListener): WireSocket;
  /** Calls `done` once, unless cancelled: with status 0 and the reason if there is no answer within the time. */
  ask(request: WireRequest, done: (answer: WireAnswer) => void): Cancel;
}
