/* What carries bytes between a venue and us: real sockets, or those of a test. */
import type { Cancel } from '@tapedeck/market/time/clock';

/** How a socket ended: a close code, or the answer to an upgrade that was refused. */
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
  /** Once, and nothing after it. */
  readonly ended: (end: WireEnd) => void;
};

export interface WireSocket {
  send(text: string): void;
  ping(): void;
  pong(payload: Uint8Array): void;
  /** Ends it at once; the listener hears nothing more. */
  end(): void;
}

export type WireAnswer =
  | { readonly status: number; readonly text: string; readonly retryAfter: string | undefined }
  | { readonly status: 0; readonly text: string; readonly retryAfter?: undefined };

export interface Wire {
  dial(url: string, listener: SocketListener): WireSocket;
  /** `done` is called once, with status 0 and why where there is no answer within the time; not after it is cancelled. */
  get(url: string, timeoutMs: number, done: (answer: WireAnswer) => void): Cancel;
}
