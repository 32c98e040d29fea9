/** How long a peer may take, in milliseconds. Each phase of a connection has a limit, so that none lasts forever. */
export type Deadlines = {
  /** From the connection, or from the first byte of a later request, to the end of the headers. */
  readonly headersMs: number;
  /** Between two requests of one connection. */
  readonly keepAliveMs: number;
  /** Without a byte in either direction: while a body is coming, or while a response is not being read. */
  readonly idleMs: number;
  /** From the headers of an upgrade until its handler takes the socket, or its refusal has been read. */
  readonly upgradeMs: number;
  /** After this time a body must have arrived at `BODY_BYTES_PER_SECOND` on average. */
  readonly bodyGraceMs: number;
  /** How often headers and bodies are checked against their limits. */
  readonly checkMs: number;
};

export const DEADLINES: Deadlines = {
  headersMs: 10_000,
  keepAliveMs: 5_000,
  idleMs: 30_000,
  upgradeMs: 10_000,
  bodyGraceMs: 30_000,
  checkMs: 1_000,
};

/** Slower than any network that can show a market; a body that trickles holds its connection for nothing. */
export const BODY_BYTES_PER_SECOND = 500;
