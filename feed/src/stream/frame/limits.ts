/** P20-P23 of one connection as numbers; those of an address: `address-limits.ts`. `hello` tells the client the first three. */
export const LIMITS = {
  messagesPerSecond: 10,
  channels: 128,
  frameBytes: 16_384,
  burst: 30,
  firstSubscribeMs: 10_000,
} as const;

/** A replay is dragged: its viewers may say so much more (P23b). */
export const REPLAY_RATE = 3;

export type Limits = { readonly [K in keyof typeof LIMITS]: number };

/** P20: the feed speaks when a connection was idle for so long. */
export const HEARTBEAT_MS = 15_000;
/**
 * A channel that was silent for so long is mentioned in a heartbeat although its connection is busy: without it a
 * client could not tell a quiet market from a lost message.
 */
export const QUIET_PROOF_MS = 2_000;
/** P21. */
export const PING_MS = 30_000;
/** P22: above it a connection gets no book at all. */
export const SKIP_BYTES = 256 * 1024;
/** How long a slow connection has to take its close frame before its socket is destroyed (P22). */
export const CLOSE_GRACE_MS = 2_000;
/** How many frames or subscriptions over a limit are answered by an error: these are no accidents. */
export const BREACHES = 5;
/** How many offences of one kind are answered by an error before the connection is closed (P23). */
export const PATIENCE = 30;
/** Longest text that is read at all: one over `frameBytes` is answered by an error, one over this by close code 1009. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;
