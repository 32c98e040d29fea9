/**
 * Limits of P20-P23 for one connection; for those of an address see `address-limits.ts`. `hello` has the first three.
 */
export const LIMITS = {
  messagesPerSecond: 10,
  channels: 128,
  frameBytes: 16_384,
  burst: 30,
  firstSubscribeMs: 10_000,
} as const;

/** Dragging a replay sends many messages: its viewers may send this many times more (P23b). */
export const REPLAY_RATE = 3;

export type Limits = { readonly [K in keyof typeof LIMITS]: number };

/** P20: a connection that was idle this long gets a heartbeat. */
export const HEARTBEAT_MS = 15_000;
/**
 * A channel silent for this long is listed in a heartbeat even on a busy connection: otherwise a client could not
 * distinguish a quiet market from a lost message.
 */
export const QUIET_PROOF_MS = 2_000;
/** P21. */
export const PING_MS = 30_000;
/** P22: beyond this a connection gets no books at all. */
export const SKIP_BYTES = 256 * 1024;
/** How long a slow connection has to take its close frame before its socket is destroyed (P22). */
export const CLOSE_GRACE_MS = 2_000;
/** How many oversized frames or subscriptions get an error before the close: these are not accidents. */
export const BREACHES = 5;
/** How many offences of one kind get an error before the connection is closed (P23). */
export const PATIENCE = 30;
/** Longest frame that is read at all: one over `frameBytes` gets an error, one over this is closed with 1009. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;
