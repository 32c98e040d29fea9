/** How long a peer may take, in milliseconds. Each part of a connection's life has one, so that none stays for ever. */
export type Deadlines = {
  /** From the connection, or from the first byte of a later request, to the end of the headers. */
  readonly headersMs: number;
  /** Between two requests of one connection. */
  readonly keepAliveMs: number;
  /** Without a byte either way: while a body comes, or while an answer is not taken. */
  readonly idleMs: number;
  /** From the headers of an upgrade until somebody has taken the socket, or its refusal has been read. */
  readonly upgradeMs: number;
  /** After so long a body must have come at `BODY_BYTES_PER_SECOND` on average. */
  readonly bodyGraceMs: number;
  /** How often those of headers and bodies are looked at. */
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

/** Slower than any network that can show a market; a body of one byte now and then holds its connection for nothing. */
export const BODY_BYTES_PER_SECOND = 500;
